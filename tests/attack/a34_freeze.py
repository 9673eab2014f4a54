#!/usr/bin/env python3
# Freezes the cgroup of whoever calls the launcher, at one moment after another of a call, as its owner can:
#   a34_freeze.py start|once|kill CAGE ROUNDS UID OTHER-UID
# Frozen, others must be served; thawed, the call must end as it should. With "once" each second grant is
# revoked while the call is frozen. "kill" is cgroup.kill instead. Prints what went wrong, then "caught N": how often a
# launcher was in the cage. Environment: LAUNCHER, ENGINE.
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

VERB, CAGE, ROUNDS, UID, OTHER = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
LAUNCHER, ENGINE = os.environ["LAUNCHER"], os.environ["ENGINE"]
POLICY = f"/etc/berth/allow/uid-{UID}.conf"
wrong, caught = [], 0


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def write(name, text):
    """As the owner of the cage."""
    os.seteuid(UID)
    with open(f"{CAGE}/{name}", "w", encoding="ascii") as file:
        file.write(text)
    os.seteuid(0)


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def ours():
    return [pid for pid in filter(str.isdigit, os.listdir("/proc")) if link(f"/proc/{pid}/exe").startswith((LAUNCHER, ENGINE))]


def engine_of(uid):
    return any(f"\nUid:\t{uid}\t" in read(f"/proc/{pid}/status") for pid in ours() if link(f"/proc/{pid}/exe") == ENGINE)


def as_user(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def call(verb):
    """In the cage; the process, and our end of its request."""
    here, there = socket.socketpair()
    pid = os.fork()
    if pid:
        there.close()
        return pid, here
    with open(f"{CAGE}/session/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")
    null = os.open("/dev/null", os.O_RDWR)
    # Who made the pair is who must call.
    as_user(UID)
    here, there = socket.socketpair()
    keep = os.dup(there.fileno())
    os.dup2(null, 2)
    os.dup2(keep, 3)
    os.set_inheritable(3, True)
    os.execv(LAUNCHER, [LAUNCHER, verb])


def start_of(uid):
    end = subprocess.run([LAUNCHER, "start"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                         preexec_fn=lambda: as_user(uid), env={})
    return end.returncode


def removed(path):
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def clear():
    for pid in ours():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(lambda: not ours())
    shutil.rmtree("/run/berth", ignore_errors=True)
    until(lambda: all(removed(path) for path in glob.glob("/sys/fs/cgroup/berth/[0-9]*/*/")))


def look(name):
    """What the cage holds of the launcher's."""
    global caught
    inside = [pid for pid in read(f"{CAGE}/session/cgroup.procs").split() if link(f"/proc/{pid}/exe") == LAUNCHER]
    caught += bool(inside)
    if VERB == "start" and len(inside) > 1:
        wrong.append(f"{name}: {len(inside)} processes of the launcher are in its caller's cgroup")
    for pid in inside:
        for fd in glob.glob(f"/proc/{pid}/fd/*"):
            if link(fd).startswith("/run/berth"):
                wrong.append(f"{name}: a process in its caller's cgroup holds {link(fd)}")


def served(name):
    """Another user, and the same from elsewhere."""
    for uid in (OTHER, UID) if VERB == "start" else (OTHER,):
        status = start_of(uid)
        if status not in ((0, 69) if uid == UID else (0,)):
            wrong.append(f"{name}: meanwhile uid {uid} gets {status}")
        if not until(lambda: engine_of(uid)):
            wrong.append(f"{name}: meanwhile there is no engine of uid {uid}")


def one(number):
    name, policy = f"{VERB} {number}", read(POLICY)
    revoked = VERB == "once" and number % 2 == 1
    pid, request = call("once" if VERB == "once" else "start")
    until(lambda: read(f"/proc/{pid}/comm") == "berth-launcher\n")
    time.sleep(number / ROUNDS * 0.02)
    if VERB == "kill":
        write("cgroup.kill", "1")
        os.waitpid(pid, 0)
        if start_of(UID) not in (0, 69) or not until(lambda: engine_of(UID)):
            wrong.append(f"{name}: the next call finds no engine and starts none")
        clear()
        return
    write("cgroup.freeze", "1")
    if not until(lambda: "frozen 1" in read(f"{CAGE}/cgroup.events")):
        wrong.append(f"{name}: it does not freeze")
    look(name)
    served(name)
    if revoked:
        with open(POLICY, "w", encoding="ascii") as file:
            file.write(re.sub(r"(?m)^entitlements.*$", "revoked = 2026-01-01T00:00:00Z", policy))
    write("cgroup.freeze", "0")
    # 0 with a revocation: decided before, and started an engine that decides for each job itself.
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in ({0, 69} if VERB == "start" else {0, 77} if revoked else {0}):
        wrong.append(f"{name}: thawed, it ends with {status}")
    request.close()
    clear()
    with open(POLICY, "w", encoding="ascii") as file:
        file.write(policy)


number = 0
# Where none was caught at these moments, once more.
while number < ROUNDS or (VERB != "kill" and caught == 0 and number < 20 * ROUNDS):
    one(number % ROUNDS)
    number += 1
print("".join(f"wrong: {line}\n" for line in wrong), end="")
print(f"caught {caught}")
