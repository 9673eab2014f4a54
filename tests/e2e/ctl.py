#!/usr/bin/env python3
"""A client of a job's supervisor, which does over the job's socket what the engine does there.
SPDX-License-Identifier: ISC

ctl.py SOCKET VERB ARGS...
  call METHOD JSON [more]  hands a call on; prints the answers until the last one, and how it ends.
                           The first descriptor that comes is listed when it is a directory
  exec JSON CMD...         Exec of CMD on this program's own streams; JSON is put over the parameters.
                           With tty: writes what the terminal says to stdout, sends it stdin before.
                           Ends with the status. {"signal": N} in JSON: sent when it has started;
                           {"detach_after": true}: Detach then; {"hold": "FILE"}: keeps the connection
                           until FILE is there, then closes it
  hang METHOD JSON FILE    hands a call on, keeps the end that it gave away and fills it; when FILE is
                           there, it makes that end wait, and reads nothing
  raw HEX [FDS]            sends these bytes with FDS descriptors of /dev/null ("sock": a client's first)
"""
import array
import errno
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../attack"))
sys.argv[1:], ARGS = ["fds", "0", "0"], sys.argv[1:]
HERE = {"__name__": "varlink"}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../attack/varlink.py")) as source:
    text = source.read().rsplit("\nmain(", 1)[0]
exec(compile(text, "varlink.py", "exec"), HERE)
frame, blob, INTERFACE = HERE["frame"], HERE["blob"], HERE["INTERFACE"]


def hand(path, message, fds=(), pair=None):
    """The client's end of a connection whose call was handed on."""
    mine, theirs = pair or socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(path)
    HERE["send"](engine, frame(message), [theirs.fileno(), *fds])
    engine.close()
    if pair is None:
        theirs.close()
    return mine


def answers(sock, seconds=100):
    """(answer, descriptors), one after the other; a text when it ends."""
    sock.settimeout(seconds)
    data, fds = b"", []
    while True:
        try:
            more, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4 * 16))
        except TimeoutError:
            yield "timeout", []
            return
        except ConnectionError:
            yield "reset", []
            return
        for item in ancillary:
            fds += array.array("i", item[2][: len(item[2]) // 4 * 4])
        if not more:
            yield "closed", []
            return
        data += more
        while b"\0" in data:
            one, data = data.split(b"\0", 1)
            yield json.loads(one), fds
            fds = []


def kind(fd):
    try:
        return " ".join(sorted(os.listdir(fd))[:400])
    except OSError as error:
        return errno.errorcode[error.errno]


def verb_call(path, method, params, more=""):
    sock = hand(path, {"method": INTERFACE + method, "parameters": json.loads(params),
                       "more": bool(more)})
    for answer, fds in answers(sock):
        print(answer if isinstance(answer, str) else json.dumps(answer, sort_keys=True), flush=True)
        for fd in fds:
            print(f"descriptor: {kind(os.open(f'/proc/self/fd/{fd}', os.O_RDONLY | os.O_NONBLOCK))}", flush=True)
        if isinstance(answer, str) or not answer.get("continues"):
            return


def drain(terminal):
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        if not data:
            return
        os.write(1, data)


def verb_exec(path, more, *args):
    more = json.loads(more)
    extra = {key: more.pop(key, None) for key in ("signal", "detach_after", "hold", "env")}
    params = {"job": "x", "blob": 0}
    if not more.get("tty") and not more.get("detach"):
        params.update({"stdin": 1, "stdout": 2, "stderr": 3})
    params.update(more)
    fds = [blob(args, extra["env"] or ())]
    if "stdin" in params:
        fds += [0, 1, 2]
    sock = hand(path, {"method": INTERFACE + "Exec", "parameters": params, "more": True}, fds)
    terminal = None
    for answer, came in answers(sock):
        event = answer if isinstance(answer, str) else answer.get("error") or answer["parameters"]["event"]
        if event == "started":
            if extra["signal"]:
                sock.sendall(frame({"method": INTERFACE + "Signal", "oneway": True,
                                    "parameters": {"signal": extra["signal"]}}))
            if extra["detach_after"]:
                sock.sendall(frame({"method": INTERFACE + "Detach", "oneway": True}))
                continue
            if extra["hold"]:
                print("started", flush=True)
                while not os.path.exists(extra["hold"]):
                    time.sleep(0.02)
                return 0
            if came:
                terminal = came[0]
                os.set_blocking(terminal, True)
                os.write(terminal, sys.stdin.buffer.read())
            elif not answer.get("continues"):
                return 0
            continue
        if event == "exited":
            if terminal is not None:
                drain(terminal)
            if answer["parameters"]["reason"] != "exited":
                print(answer["parameters"]["reason"], answer["parameters"]["why"], file=sys.stderr)
            return answer["parameters"]["status"]
        print(json.dumps(answer), file=sys.stderr)
        return 0 if event == "detached" else 125
    return 125


def verb_hang(path, method, params, told):
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    hand(path, {"method": INTERFACE + method, "parameters": json.loads(params)}, pair=pair)
    try:
        while True:
            pair[1].send(bytes(4096), socket.MSG_DONTWAIT)
    except BlockingIOError:
        print("full", flush=True)
    while not os.path.exists(told):
        time.sleep(0.02)
    os.set_blocking(pair[1].fileno(), True)
    print("waits", flush=True)
    time.sleep(1000)


def verb_raw(path, text, count="0"):
    engine = socket.socket(socket.AF_UNIX)
    engine.settimeout(100)
    engine.connect(path)
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    fds = [theirs.fileno()] if count == "sock" else []
    fds += [os.open("/dev/null", os.O_RDWR) for _ in range(0 if count == "sock" else int(count))]
    HERE["send"](engine, bytes.fromhex(text), fds)
    theirs.close()
    try:
        left = engine.recv(1)
    except TimeoutError:
        left = b"?"
    except ConnectionError:
        left = b""
    # What it was handed it closes, behind its answer if there is one.
    mine.settimeout(100)
    said = b""
    try:
        while more := mine.recv(65536):
            said += more
    except ConnectionError:
        pass
    except TimeoutError:
        said += b"nothing"
    print("kept" if left else "closed", said.rstrip(b"\0").decode() or "end")


if __name__ == "__main__":
    sys.exit(globals()["verb_" + ARGS[1]](ARGS[0], *ARGS[2:]))
