#!/usr/bin/env python3
"""A caller of an engine for one call, who is to be ended. SPDX-License-Identifier: ISC

once_gone.py PROGRAM FILE   runs PROGRAM once with a socket as descriptor 3, whose other end a process in
a session of its own has as well: the request stays open whatever becomes of us. FILE: our pid, then its.
"""
import os
import signal
import socket
import sys

ours, theirs = socket.socketpair()
holder = os.fork()
if holder == 0:
    os.setsid()
    theirs.close()
    while True:
        signal.pause()
if os.fork() == 0:
    os.dup2(theirs.fileno(), 3) if theirs.fileno() != 3 else os.set_inheritable(3, True)
    os.closerange(4, 64)
    os.execv(sys.argv[1], [sys.argv[1], "once"])
theirs.close()
with open(sys.argv[2] + ".new", "w") as said:
    print(os.getpid(), holder, file=said)
os.rename(sys.argv[2] + ".new", sys.argv[2])
while True:
    signal.pause()
