#!/usr/bin/env python3
"""Everything that a process can do to another one, at pid argv[1]: prints what worked. SPDX-License-Identifier: ISC"""
import ctypes
import os
import resource
import signal
import sys

pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
done = []


def attempt(name, call):
    try:
        if call() != -1:
            done.append(name)
    except OSError:
        pass


fd = libc.syscall(434, pid, 0)
for number in range(8):
    attempt("pidfd_getfd", lambda: libc.syscall(438, fd, number, 0))
attempt("attach", lambda: libc.ptrace(16, pid, 0, 0))
attempt("seize", lambda: libc.ptrace(0x4206, pid, 0, 0))
attempt("process_vm_readv", lambda: libc.process_vm_readv(pid, (ctypes.c_long * 2)(
    ctypes.addressof(ctypes.create_string_buffer(8)), 8), 1, (ctypes.c_long * 2)(0x400000, 8), 1, 0))
for name in range(16):
    attempt("prlimit", lambda: resource.prlimit(pid, name, (0, 0)) or True)
attempt("setpriority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) or True)
attempt("affinity", lambda: os.sched_setaffinity(pid, {0}) or True)
attempt("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) or True)
attempt("ioprio", lambda: libc.syscall(251, 1, pid, 3 << 13))
attempt("migrate_pages", lambda: libc.syscall(256, pid, 8, ctypes.byref(ctypes.c_long(1)),
    ctypes.byref(ctypes.c_long(1))))
attempt("setpgid", lambda: os.setpgid(pid, 0) or True)
attempt("setns", lambda: libc.setns(fd, 0x10000000))
attempt("process_madvise", lambda: libc.syscall(440, fd, (ctypes.c_long * 2)(0x400000, 4096), 1, 21, 0))
for name in ("mem", "environ", "maps", "auxv", "io", "syscall", "stack", "personality", "pagemap",
             "timers", "smaps", "clear_refs", "exe", "cwd", "root", "fd/3", "fd/4", "ns/net"):
    attempt(f"read {name}", lambda: len(os.read(os.open(f"/proc/{pid}/{name}", os.O_RDONLY), 64)) + 1)
for name in ("mem", "oom_score_adj", "oom_adj", "clear_refs", "comm", "coredump_filter", "autogroup",
             "timerslack_ns", "sched", "attr/exec", "make-it-fail", "loginuid", "uid_map", "setgroups"):
    attempt(f"write {name}", lambda: os.write(os.open(f"/proc/{pid}/{name}", os.O_WRONLY), b"1"))
for number in list(range(64, 0, -1)):
    if number not in (32, 33):
        attempt(f"signal {number}", lambda: os.kill(pid, number) or True)
# Of 1 it would be everybody else (kill(2)).
if pid != 1:
    attempt("killpg", lambda: os.killpg(pid, signal.SIGKILL) or True)
attempt("sigqueue", lambda: libc.sigqueue(pid, 9, 0))
attempt("pidfd signal", lambda: libc.syscall(424, fd, 9, None, 0))
print(" ".join(done))
