#!/usr/bin/env python3
"""A caller whose launcher has a stderr that is held when it is closed last. SPDX-License-Identifier: ISC

held_caller.py FILE BEGIN PROGRAM VERB   stderr is a pipe in an epoll set, and a helper of ours is in
epoll_ctl(2) for the same set with FILE, which does not say whether it is ready: who closes the pipe's
end as the last one waits for the set's mutex as long as the helper does (epoll(7); no signal ends that).
When BEGIN is there, PROGRAM is run with VERB, and a socket as descriptor 3; waits until it is killed.
"""
import os
import select
import signal
import socket
import sys
import time

FILE, BEGIN, PROGRAM, VERB = sys.argv[1:]


def hold(held):
    """In a child, which has no copy of the pipe."""
    fd = os.open(FILE, os.O_RDWR)
    held.register(fd, select.EPOLLIN)
    os._exit(0)


def launch(end, request):
    os.dup2(end, 100)
    os.dup2(request.fileno(), 101)
    os.closerange(2, 100)
    os.dup2(100, 2)
    os.dup2(101, 3)
    os.closerange(4, 102)
    os.execv(PROGRAM, [PROGRAM, VERB])


held = select.epoll()
read_end, write_end = os.pipe()
ours, theirs = socket.socketpair()
held.register(write_end, select.EPOLLOUT)
if os.fork() == 0:
    os.close(write_end)
    hold(held)
while not os.path.exists(BEGIN):
    time.sleep(0.05)
if os.fork() == 0:
    launch(write_end, theirs)
os.close(write_end)
theirs.close()
while True:
    signal.pause()
