#!/usr/bin/env python3
"""A client of the engine that says whatever it is told to. SPDX-License-Identifier: ISC

varlink.py [--socket PATH] [--as EUID] VERB ARGS...
  hello                 greets; prints the engine's answer, or "closed" when there is none
  call METHOD JSON      greets, calls, prints the answers until the connection ends or pauses
  more METHOD JSON      the same, called with "more"
  exec JSON CMD...      Exec of CMD on this program's own three streams; JSON has the job, and what is
                        put over the parameters
  open JSON             Open; prints what is in the directory that comes, or the answer
  run JSON CMD...       Run of CMD in the image host on this program's own three streams; what JSON
                        has is put over the parameters; its mounts get their descriptors here: of a
                        secret one of the kind that its member "is" names (see secret), a bind one of "opened". Prints the answers
  raw HEX               sends these bytes, prints the answers
  frames FILE           reads lines "NAME<TAB>HEX"; each is sent on a connection of its own, and
                        what came back is printed: "NAME<TAB>error name, reply, closed or timeout"
  fds N ROUNDS          N descriptors with one message, ROUNDS times on one connection
  hold N SECONDS        N connections that say nothing for so long; with the name of a file until it is there
  give PATH             connects, then passes the connection to whoever connects to PATH
  take PATH             serves PATH, greets the engine over the connection that it is given
  vanish N              connects N times and leaves at once
"""
import array
import json
import os
import socket
import struct
import sys
import time

PATH = "/run/berth/1000/engine.sock"
INTERFACE = "io.berth.Engine."
PATIENCE = 30  # seconds, for an answer
HELLO = {"method": INTERFACE + "Hello", "parameters": {"client": "test"}}


def connect(path=None, tries=1):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    sock.connect(path or PATH)
    return sock


def frame(message):
    return json.dumps(message).encode() + b"\0"


def send(sock, data, fds=()):
    if fds:
        sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    else:
        sock.sendall(data)


def answers(sock, seconds=PATIENCE):
    """Every answer, then "closed", "reset" or "timeout"."""
    sock.settimeout(seconds)
    data = b""
    while True:
        try:
            more = sock.recv(65536)
        except TimeoutError:
            yield "timeout"
            return
        except ConnectionError:
            yield "reset"
            return
        if not more:
            yield "closed"
            return
        data += more
        while b"\0" in data:
            one, data = data.split(b"\0", 1)
            yield json.loads(one)


def show(answer):
    print(answer if isinstance(answer, str) else json.dumps(answer, sort_keys=True), flush=True)


def is_final(answer):
    return isinstance(answer, str) or not answer.get("continues")


def blob(args, env=()):
    data = struct.pack("=4I", 0x626A6F62, 1, len(args), len(env))
    data += b"".join(os.fsencode(word) + b"\0" for word in [*args, *env])
    fd = os.memfd_create("job", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(fd, data)
    import fcntl
    fcntl.fcntl(fd, 1033, 2 | 4 | 8)  # F_ADD_SEALS: shrink, grow, write
    return fd


def secret(kind):
    """What could be sent as a secret; "sealed" alone is one."""
    import fcntl
    if kind in ("path", "directory", "file", "device"):
        name = {"path": "/etc/passwd", "directory": "/", "file": "/etc/passwd", "device": "/dev/zero"}[kind]
        return os.open(name, os.O_PATH if kind == "path" else os.O_RDONLY)
    if kind == "pipe":
        return os.pipe()[0]
    if kind == "socket":
        return socket.socket(socket.AF_UNIX).detach()
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.write(fd, b"x" * (524289 if kind == "large" else 7))
    if kind != "open":
        fcntl.fcntl(fd, 1033, {"growing": 2 | 8, "shrinking": 4 | 8, "writable": 2 | 4}.get(kind, 2 | 4 | 8))
    return fd


def run_call(more, args, fds=(0, 1, 2)):
    params = {"blob": 0, "stdin": 1, "stdout": 2, "stderr": 3, "image": {"kind": "host"}}
    params.update(more)
    fds = [blob(args), *fds]
    for mount in params.get("mounts", []):
        if "is" in mount:
            mount["fd"] = len(fds)
            fds.append(secret(mount.pop("is")))
        elif mount.get("type") != "secret" and "source" in mount and "fd" not in mount:
            mount["fd"] = len(fds)
            fds.append(os.open(mount.pop("opened", mount["source"]), os.O_PATH))
    return {"method": INTERFACE + "Run", "parameters": params, "more": True}, fds


def verb_hello():
    try:
        sock = connect()
        send(sock, frame(HELLO))
    except PermissionError:
        print("no permission")
        return
    except ConnectionError:
        print("closed")
        return
    for answer in answers(sock):
        show("closed" if answer == "reset" else answer)
        return


def verb_call(method, text, more=False):
    sock = connect()
    call = {"method": method, "parameters": json.loads(text)}
    if more:
        call["more"] = True
    send(sock, frame(HELLO) + frame(call))
    for number, answer in enumerate(answers(sock)):
        if number > 0 or isinstance(answer, str):
            show(answer)
        if number > 0 and is_final(answer):
            return


def verb_run(text, *args):
    sock = connect()
    call, fds = run_call(json.loads(text), args)
    send(sock, frame(HELLO) + frame(call), fds)
    for number, answer in enumerate(answers(sock)):
        if number > 0 or isinstance(answer, str):
            show(answer)
        if number > 0 and is_final(answer):
            return


def verb_more(method, text):
    verb_call(method, text, True)


def verb_exec(text, *args):
    sock = connect()
    params = {"blob": 0, "stdin": 1, "stdout": 2, "stderr": 3}
    params.update(json.loads(text))
    call = {"method": INTERFACE + "Exec", "parameters": params, "more": True}
    send(sock, frame(HELLO) + frame(call), [blob(args), 0, 1, 2])
    for number, answer in enumerate(answers(sock)):
        if number > 0 or isinstance(answer, str):
            show(answer)
        if number > 0 and is_final(answer):
            return


def verb_open(text):
    sock = connect()
    send(sock, frame(HELLO) + frame({"method": INTERFACE + "Open", "parameters": json.loads(text)}))
    sock.settimeout(PATIENCE)
    data, fds = b"", []
    while data.count(b"\0") < 2:
        more, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(16))
        for _, _, what in ancillary:
            fds += array.array("i", what)
        data += more
        if not more:
            print("closed")
            return
    answer = json.loads(data.split(b"\0")[1])
    if fds:
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fds[0])
        print(*sorted(os.listdir(fd)))
    else:
        show(answer)


def verb_raw(text):
    sock = connect()
    send(sock, bytes.fromhex(text))
    for answer in answers(sock, 1):
        show(answer)


def verdict(data):
    sock = connect()
    try:
        send(sock, data)
        sock.shutdown(socket.SHUT_WR)
    except ConnectionError:
        pass
    words = []
    for answer in answers(sock):
        if isinstance(answer, str):
            words.append("closed" if answer == "reset" else answer)
        else:
            words.append(answer["error"] if "error" in answer else "reply")
    return " ".join(words)


def verb_frames(file):
    for line in open(file):
        name, text = line.rstrip("\n").split("\t")
        print(name, verdict(bytes.fromhex(text)), sep="\t", flush=True)


def verb_fds(count, rounds):
    sock = connect()
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(count))]
    try:
        for _ in range(int(rounds)):
            # A message that is not complete: the engine has to keep them until it is.
            send(sock, b" ", fds)
        send(sock, frame(HELLO))
    except ConnectionError:
        print("closed")
        return
    for answer in answers(sock):
        show("closed" if answer == "reset" else answer)
        return


def verb_hold(count, seconds):
    socks = []
    for number in range(int(count)):
        sock = connect()
        # Half of them half a message.
        if number % 2:
            send(sock, frame(HELLO)[:-1])
        socks.append(sock)
    print("held", flush=True)
    if seconds.startswith("/"):
        while not os.path.exists(seconds):
            time.sleep(0.05)
    else:
        time.sleep(float(seconds))


def verb_give(path):
    mine = connect()
    other = connect(path)
    send(other, b"x", [mine.fileno()])
    other.recv(1)


def verb_take(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path + ".new")
    os.chmod(path + ".new", 0o777)
    server.listen()
    os.rename(path + ".new", path)
    other, _ = server.accept()
    _, ancillary, _, _ = other.recvmsg(1, socket.CMSG_SPACE(4))
    sock = socket.socket(fileno=array.array("i", ancillary[0][2])[0])
    os.unlink(path)
    try:
        send(sock, frame(HELLO))
    except ConnectionError:
        print("closed")
        return
    for answer in answers(sock):
        show("closed" if answer == "reset" else answer)
        return


def verb_vanish(count):
    for _ in range(int(count)):
        try:
            sock = connect()
            send(sock, frame(HELLO))
            sock.close()
        except ConnectionError:
            pass


def main(words):
    global PATH
    while words and words[0].startswith("--"):
        if words[0] == "--socket":
            PATH = words[1]
        elif words[0] == "--as":
            os.setresuid(-1, int(words[1]), -1)
        else:
            sys.exit(__doc__)
        words = words[2:]
    if not words or "verb_" + words[0] not in globals():
        sys.exit(__doc__)
    globals()["verb_" + words[0]](*words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
