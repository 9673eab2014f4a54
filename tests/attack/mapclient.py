#!/usr/bin/env python3
"""A client that is asked for mounts, and answers what it likes. SPDX-License-Identifier: ISC

mapclient.py [--socket PATH] [--start JOB] HOW [, HOW]... -- JSON CMD...
Runs CMD in the image host as varlink.py's run does (JSON has the mounts), or starts JOB once more, and answers
each event "map" with the next HOW; the last one is for all that follow. Prints the event without what is a
number of a descriptor, and the last answer; a launcher that fails, with its words.
  honest      runs the launcher with what came
  other DIR   with DIR, relative to the directory that came, opened in its mount namespace
  ids U G     with the ids U and G
  twice       runs it twice
  quit        ends at once, without an answer
  quit-after  ends when the launcher has sent the mount
  close       closes its descriptors
  orphan      ends at once, and leaves a process that has them for 60 seconds
  later N     runs it after N seconds
  plain       sends the directory's descriptor itself
  file        sends a descriptor of /etc/passwd
  own         a clone of the directory, mounted in namespaces of its own user
  path PATH   a descriptor of PATH
  planted AT DIR  the launcher's mount, which it has attached at AT meanwhile, with DIR mounted on sub in it
  shared AT   that, shared and without DIR
  keep        the launcher's mount, which it keeps as well
  strip       takes the flags from the one that was kept, and makes it shared; then as honest
  byte        one byte without a descriptor
  none        that, and then as honest
  two         two descriptors, the second one the directory's
  many        ten
"""
import array
import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import varlink  # noqa: E402

LAUNCHER = "/usr/local/libexec/berth/berth-launcher"
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
SOCK = None
KEPT = -1
MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 1 << 12, 1 << 14, 1 << 18, 1 << 20
MOVE_MOUNT, OPEN_TREE, MOUNT_SETATTR = 429, 428, 442


def launch(uid, gid, namespace, directory, reply):
    # Above those that they become.
    fds = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (namespace, directory, reply)]
    said, text = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(text, 1)
        os.dup2(text, 2)
        for number, fd in enumerate(fds):
            os.dup2(fd, 3 + number)
        os.execve(LAUNCHER, [LAUNCHER, "mount", str(uid), str(gid)], {})
    for fd in (*fds, text):
        os.close(fd)
    words = b""
    while more := os.read(said, 4096):
        words += more
    os.close(said)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        print(f"launcher {status}: {words.decode().strip()}", flush=True)


def give(reply, data, fds):
    sock = socket.socket(fileno=os.dup(reply))
    varlink.send(sock, data, fds)
    sock.close()


def own_clone(path):
    """A detached clone, made where this user has every capability."""
    parent, child = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        parent.close()
        uid, gid = os.getuid(), os.getgid()
        if libc.unshare(0x10000000 | 0x20000) != 0:
            os._exit(1)
        for name, text in (("setgroups", "deny"), ("uid_map", f"101 {uid} 1"), ("gid_map", f"101 {gid} 1")):
            open(f"/proc/self/{name}", "w").write(text)
        fd = libc.syscall(428, -100, path.encode(), 1 | 0x80000)  # open_tree, OPEN_TREE_CLONE
        if fd < 0:
            os._exit(2)
        varlink.send(child, b"x", [fd])
        child.recv(1)
        os._exit(0)
    child.close()
    _, ancillary, _, _ = parent.recvmsg(1, socket.CMSG_SPACE(4))
    return array.array("i", ancillary[0][2])[0], parent


def received(sock):
    _, ancillary, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(4))
    return array.array("i", ancillary[0][2])[0]


def launched(uid, gid, namespace, directory):
    """The launcher's mount, for itself."""
    mine, theirs = socket.socketpair()
    launch(uid, gid, namespace, directory, theirs.fileno())
    return received(mine)


def own_namespaces():
    uid, gid = os.getuid(), os.getgid()
    did("unshare", libc.unshare(0x10000000 | 0x20000))
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        open(f"/proc/self/{name}", "w").write(text)


def did(what, result):
    if result < 0:
        print(what, os.strerror(ctypes.get_errno()), flush=True)
        os._exit(1)
    return result


def attached(fd, point, planted):
    """A clone of the mount, shared, after it was attached in namespaces of its own user."""
    parent, child = socket.socketpair()
    if os.fork() == 0:
        own_namespaces()
        point = point.encode()
        did("private", libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
        did("attach", libc.syscall(MOVE_MOUNT, fd, b"", -100, point, 4))
        if planted:
            did("plant", libc.mount(planted.encode(), point + b"/sub", None, MS_BIND | MS_REC, None))
        did("share", libc.mount(b"none", point, None, MS_REC | MS_SHARED, None))
        tree = did("open_tree", libc.syscall(OPEN_TREE, -100, point, 1 | 0x80000 | 0x8000))
        varlink.send(child, b"x", [tree])
        os._exit(0)
    child.close()
    fd = received(parent)
    os.wait()
    return fd


def strip(fd):
    if os.fork() == 0:
        own_namespaces()
        attr = struct.pack("QQQQ", 0, 1 | 2 | 4, MS_SHARED, 0)
        did("strip", libc.syscall(MOUNT_SETATTR, fd, b"", 0x1000, attr, 32))
        print("stripped", flush=True)
        os._exit(0)
    os.wait()


def answer(how, event, fds):
    global KEPT
    namespace, directory, reply = (fds[event[name]] for name in ("namespace", "directory", "reply"))
    uid, gid = event["uid"], event["gid"]
    if how[0] == "honest":
        launch(uid, gid, namespace, directory, reply)
    elif how[0] == "other":
        launch(uid, gid, namespace, os.open(how[1], os.O_PATH, dir_fd=directory), reply)
    elif how[0] == "ids":
        launch(how[1], how[2], namespace, directory, reply)
    elif how[0] == "twice":
        launch(uid, gid, namespace, directory, reply)
        launch(uid, gid, namespace, directory, reply)
    elif how[0] == "quit":
        os._exit(0)
    elif how[0] == "orphan":
        if os.fork() == 0:
            SOCK.close()
            for number in range(3):
                os.dup2(os.open("/dev/null", os.O_RDWR), number)
            time.sleep(60)
        os._exit(0)
    elif how[0] == "quit-after":
        launch(uid, gid, namespace, directory, reply)
        os._exit(0)
    elif how[0] == "later":
        time.sleep(float(how[1]))
        launch(uid, gid, namespace, directory, reply)
    elif how[0] == "plain":
        give(reply, b"x", [directory])
    elif how[0] == "file":
        give(reply, b"x", [os.open("/etc/passwd", os.O_RDONLY)])
    elif how[0] == "own":
        fd, _keep = own_clone(event["source"])
        give(reply, b"x", [fd])
    elif how[0] == "path":
        give(reply, b"x", [os.open(how[1], os.O_PATH)])
    elif how[0] in ("planted", "shared"):
        give(reply, b"x", [attached(launched(uid, gid, namespace, directory), how[1], "".join(how[2:]))])
    elif how[0] == "keep":
        KEPT = launched(uid, gid, namespace, directory)
        give(reply, b"x", [KEPT])
    elif how[0] == "strip":
        strip(KEPT)
        launch(uid, gid, namespace, directory, reply)
    elif how[0] == "byte":
        give(reply, b"x", [])
    elif how[0] == "none":
        give(reply, b"x", [])
        launch(uid, gid, namespace, directory, reply)
    elif how[0] == "two":
        give(reply, b"x", [directory, directory])
    elif how[0] == "many":
        give(reply, b"x", [directory] * 10)
    elif how[0] != "close":
        sys.exit(__doc__)


def messages(sock):
    """Each message, with the descriptors that have come: a list that who uses them empties."""
    data, fds = b"", []
    sock.settimeout(90)
    while True:
        try:
            more, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4 * 250))
        except ConnectionError:
            more, ancillary = b"", []
        for _, _, what in ancillary:
            fds += array.array("i", what)
        if not more:
            yield "closed", []
            return
        data += more
        while b"\0" in data:
            one, data = data.split(b"\0", 1)
            yield json.loads(one), fds


def main(words):
    global SOCK
    start = None
    hows = [[]]
    while words and words[0] != "--":
        if words[0] == "--start":
            start = words[1]
            del words[:2]
        elif words[0] == "--socket":
            varlink.PATH = words[1]
            del words[:2]
        elif words[0] == ",":
            hows.append([])
            del words[0]
        else:
            hows[-1].append(words.pop(0))
    del words[0]
    sock = SOCK = varlink.connect()
    if start is not None:
        call, fds = {"method": varlink.INTERFACE + "StartJob", "parameters": {"job": start}, "more": True}, []
    else:
        call, fds = varlink.run_call(json.loads(words[0]), words[1:])
    varlink.send(sock, varlink.frame(varlink.HELLO) + varlink.frame(call), fds)
    for number, (message, came) in enumerate(messages(sock)):
        event = message.get("parameters", {}) if isinstance(message, dict) else {}
        if number > 0 and event.get("event") == "map":
            print("map", event["source"], event["uid"], event["gid"], len(came), flush=True)
            answer(hows[0], event, came)
            while came:
                os.close(came.pop())
            if len(hows) > 1:
                del hows[0]
        elif number > 0:
            varlink.show(message)
            if varlink.is_final(message):
                return


main(sys.argv[1:])
