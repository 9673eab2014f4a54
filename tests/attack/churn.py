#!/usr/bin/env python3
"""Takes process ids again as soon as they are free. SPDX-License-Identifier: ISC

churn.py FIRST COUNT UID...   as root, in a pid namespace of the test's own: keeps COUNT processes of
the UIDs in turn alive, each with the lowest number from FIRST on that is free, so that the number of
whoever ends there is another process's a moment later. None of them does anything or is known to
anybody: one that is signalled was taken for another. Ends at SIGTERM; prints how many numbers were
taken and how many processes were signalled.
"""
import os
import select
import signal
import sys

ended = False


def end(*_):
    global ended
    ended = True


def fork(first, uid, hold):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(first - 1))
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # Nothing to read comes: the write end is closed when the parent is over.
        os.close(hold[1])
        os.read(hold[0], 1)
        os._exit(0)
    return pid


def main(first, count, *uids):
    first, count = int(first), int(count)
    hold = os.pipe()
    alive, taken, hit = set(), 0, 0
    signal.signal(signal.SIGTERM, end)
    while not ended:
        while len(alive) < count:
            alive.add(fork(first, int(uids[taken % len(uids)]), hold))
            taken += 1
        # Its oldest give their numbers up, and take others.
        pid = alive.pop()
        fd = os.pidfd_open(pid)
        signal.pidfd_send_signal(fd, signal.SIGUSR1)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGUSR1:
            hit += 1
        os.close(fd)
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG) if alive else (0, 0)
            if pid == 0:
                break
            alive.discard(pid)
            hit += 1
        select.select([], [], [], 0.0005)
    os.close(hold[1])
    for pid in alive:
        hit += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0
    print(taken, hit)


main(*sys.argv[1:])
