#!/usr/bin/env python3
"""A FUSE file system whose one file, "file", is not done with being closed, or asked. SPDX-License-Identifier: ISC

fuse_held.py DIR UID READY   mounts it on DIR for UID and for everybody, creates READY. Each FUSE_FLUSH,
which is what close(2) waits for, and each FUSE_POLL (READY.flush and READY.poll are created when one comes)
is answered only while /run/arena/go is there.
"""
import ctypes
import os
import select
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, STATFS, RELEASE, FLUSH, INIT, POLL = 1, 2, 3, 14, 17, 18, 25, 26, 40
ENOSYS = 38


def attr(node):
    mode = 0o40755 if node == 1 else 0o100666
    return struct.pack("=QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, UID, UID, 0, 512, 0)


def reply(fd, unique, body=b"", error=0):
    os.write(fd, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)


def answer(fd, opcode, unique, node, request):
    if opcode == INIT:
        major, minor, readahead = struct.unpack_from("=III", request, 40)
        reply(fd, unique, struct.pack("=IIIIHHIIHHI28x", 7, min(minor, 31), readahead, 0, 12, 10, 4096, 1, 0, 0, 0))
        open(READY, "w").close()
    elif opcode == LOOKUP:
        reply(fd, unique, struct.pack("=QQQQII", 2, 0, 3600, 3600, 0, 0) + attr(2))
    elif opcode == GETATTR:
        reply(fd, unique, struct.pack("=QII", 3600, 0, 0) + attr(node))
    elif opcode == OPEN:
        reply(fd, unique, struct.pack("=QII", 1, 1, 0))
    elif opcode == STATFS:
        reply(fd, unique, bytes(80))
    elif opcode == RELEASE:
        reply(fd, unique)
    elif opcode != FORGET:
        reply(fd, unique, error=ENOSYS)


def main():
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40755,user_id={UID},group_id={UID},allow_other"
    if ctypes.CDLL(None, use_errno=True).mount(b"held", WHERE.encode(), b"fuse", 2 | 4, options.encode()) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    held = []
    while True:
        if os.path.exists("/run/arena/go"):
            for unique, body in held:
                reply(fd, unique, body)
            held = []
        if not select.select([fd], [], [], 0.05)[0]:
            continue
        request = os.read(fd, 1 << 20)
        _, opcode, unique, node = struct.unpack_from("=IIQQ", request)
        if opcode == FLUSH:
            held.append((unique, b""))
            open(READY + ".flush", "w").close()
        elif opcode == POLL:
            held.append((unique, struct.pack("=II", 0, 0)))
            open(READY + ".poll", "w").close()
        else:
            answer(fd, opcode, unique, node, request)


WHERE, UID, READY = sys.argv[1], int(sys.argv[2]), sys.argv[3]
main()
