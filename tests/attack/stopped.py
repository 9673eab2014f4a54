#!/usr/bin/env python3
# stopped.py UID GID ROUNDS NAMESPACE DIR LAUNCHER VERB [WORD...]
# As UID, who was granted nothing: calls the launcher, stops it and whatever it has made at one moment after
# another of the call, as the caller of a setuid program can, lets the launcher alone go on, and looks for who
# stays behind when it has ended. Each round has a moment of its own, from the first of the program to
# beyond its end; on one processor, where a child comes second. Prints who stays behind, and then
# "stopped N of ROUNDS"; there are more of them while hardly any was stopped.
import fcntl
import os
import signal
import socket
import sys
import time

uid, gid, rounds = map(int, sys.argv[1:4])
command = sys.argv[6:]
namespace = os.open(sys.argv[4], os.O_RDONLY)
os.setgroups([])
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)
directory = os.open(sys.argv[5], os.O_PATH)
ours, reply = socket.socketpair()
given = [reply.fileno()] if command[1] == "once" else [namespace, directory, reply.fileno()]


def call():
    """Returns at the first moment of the program."""
    begun, begins = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        fds = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 60) for fd in given]
        fcntl.fcntl(begins, fcntl.F_DUPFD_CLOEXEC, 70)
        os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
        for at, fd in enumerate(fds):
            os.dup2(fd, 3 + at)
        os.closerange(3 + len(fds), 60)
        os.execv(command[0], command)
    os.close(begins)
    os.read(begun, 1)
    os.close(begun)
    return pid


def members(group):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(pid)) == group:
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    yield pid, " ".join(line.strip() for line in file if line.startswith(("State", "Uid", "CapPrm")))
        except OSError:
            pass


def measure():
    began = time.monotonic()
    os.waitpid(call(), 0)
    return time.monotonic() - began


longest = min(sorted(measure() for _ in range(9))[4], 0.02) * 1.1
stopped = turns = 0
while turns < rounds or (stopped < 5 and turns < 20 * rounds):
    turn = turns % rounds
    turns += 1
    launcher = call()
    until = time.monotonic() + longest * turn / rounds
    while time.monotonic() < until:
        time.sleep(0)
    try:
        os.killpg(launcher, signal.SIGSTOP)
    except PermissionError:
        pass
    _, status = os.waitpid(launcher, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        stopped += 1
        os.kill(launcher, signal.SIGCONT)
        os.waitpid(launcher, 0)
    for pid, status in members(launcher):
        print(f"round {turn}: {pid} {status}")
        try:
            os.kill(int(pid), signal.SIGCONT)
        except OSError:
            pass
print(f"stopped {stopped} of {turns}")
