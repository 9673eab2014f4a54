#!/usr/bin/env python3
"""A FUSE file system that answers nothing. SPDX-License-Identifier: ISC

fuse_mute.py DIR UID READY [owned]   mounts it on DIR for UID and for everybody (allow_other), creates READY.
It answers the greeting and that anybody may enter its root directory, with "owned" also that this is a
directory of UID's; whatever comes after that, it lets wait for ever. Ended by SIGTERM; the mount is then dead, and to be unmounted by the caller.
"""
import ctypes
import os
import struct
import sys

FUSE_GETATTR, FUSE_INIT, FUSE_ACCESS = 3, 26, 34
ENOSYS = 38


def main(where, uid, ready, *owned):
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40755,user_id={uid},group_id={uid},allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"mute", where.encode(), b"fuse", 2 | 4, options.encode()) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    while True:
        request = os.read(fd, 1 << 20)
        _, opcode, unique = struct.unpack_from("=IIQ", request)
        if opcode == FUSE_INIT:
            major, minor, readahead = struct.unpack_from("=III", request, 40)
            body = struct.pack("=IIIIHHIIHHI28x", 7, min(minor, 31), readahead, 0, 12, 10, 4096, 1, 0, 0, 0)
            os.write(fd, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
            open(ready, "w").close()
        elif opcode == FUSE_GETATTR and owned:
            body = struct.pack("=QII6Q10I", 3600, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, int(uid), int(uid), 0,
                               4096, 0)
            os.write(fd, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
        elif opcode == FUSE_ACCESS:
            os.write(fd, struct.pack("=IiQ", 16, -ENOSYS, unique))


main(*sys.argv[1:])
