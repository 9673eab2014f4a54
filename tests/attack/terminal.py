#!/usr/bin/env python3
"""The terminal of a caller, as an attack sees it. SPDX-License-Identifier: ISC

terminal.py CMD...   runs CMD in a session of its own on a new terminal, and copies what it prints to
standard output. Then what somebody has typed into that terminal is read as the caller's shell would
read it. The last two lines are "status N" of CMD and "typed N", the number of bytes.
"""
import fcntl
import os
import select
import sys
import termios
import tty


def main():
    words = sys.argv[1:]
    master, slave = os.openpty()
    tty.setraw(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.execvp(words[0], words)
    printed = b""
    ended = False
    while True:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            printed += os.read(master, 65536)
            continue
        if ended:
            break
        done, status = os.waitpid(pid, os.WNOHANG)
        ended = done == pid
    typed = b""
    while select.select([slave], [], [], 0.2)[0]:
        typed += os.read(slave, 4096)
    sys.stdout.write(printed.decode(errors="replace").replace("\r\n", "\n"))
    print("status", os.waitstatus_to_exitcode(status))
    print("typed", len(typed))


main()
