#!/usr/bin/env python3
# Lets single system calls of a start fail, or who makes them be killed or stopped, and judges what is
# left: tests/fault/launcher.t and engine.t run it in an arena as root.
#   faults.py SEED COUNT PROCESSES     COUNT of all faults (0: all), chosen by SEED, in the processes
#                                      PROCESSES ("0-3"); prints what went wrong, then one line a kind:
#                                      "KIND: FAULTS, FAILED-STARTS failed"; status 1 when anything did
# Environment: FAULT (the program fault), LAUNCHER, USER_ID.
import difflib
import os
import random
import re
import signal
import subprocess
import sys
import time

ERRORS = ["EPERM", "ENOMEM", "EINTR", "EMFILE", "ENOSPC"]
KINDS = ERRORS + ["kill", "stop"]
FAULT, LAUNCHER, UID = os.environ["FAULT"], os.environ["LAUNCHER"], os.environ["USER_ID"]
OURS = ("/usr/local/libexec/berth/berth-launcher", "/usr/local/libexec/berth/berth-engine")
PLACES = ["/run/berth", f"/var/lib/berth/{UID}"]
GROUP = "/sys/fs/cgroup/berth"
SETTLE = 3  # seconds, for what ends by itself
# What a start that died may leave, and the next one repairs: B10, runtime_dir.c.
HALF_MADE = re.compile(r"^s [67][0-7]{2} (0:0|1000:1000) /run/berth/1000/engine\.sock\.new$")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def calls_by_number():
    names = {}
    for line in read("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").splitlines():
        match = re.match(r"#define __NR_(\w+) (\d+)", line)
        if match:
            names[int(match.group(2))] = match.group(1)
    return names


def ours():
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith(OURS):
                pids.append(int(pid))
        except OSError:
            pass
    return sorted(pids)


def describe(pid):
    """What privilege is made of; nothing for one that is gone meanwhile."""
    keep = re.compile(r"^(Name|Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):")
    try:
        status = [line for line in read(f"/proc/{pid}/status").splitlines() if keep.match(line)]
        maps = read(f"/proc/{pid}/uid_map") + read(f"/proc/{pid}/gid_map")
        return "\n".join(status) + "\n" + maps
    except OSError:
        return ""


def running():
    return "".join(describe(pid) for pid in ours())


def made():
    """Files of the runtime directories: type, mode, owner, path."""
    found = set()
    for top in PLACES:
        for folder, names, leaves in os.walk(top):
            for path in [folder] + [os.path.join(folder, name) for name in names + leaves]:
                try:
                    info = os.lstat(path)
                except FileNotFoundError:
                    continue  # a sweeper is at it
                kind = {0o04: "d", 0o10: "f", 0o14: "s"}.get(info.st_mode >> 12, "?")
                found.add(f"{kind} {info.st_mode & 0o7777:o} {info.st_uid}:{info.st_gid} {path}")
    return found


def groups():
    """Cgroups of starts: (all, those in which something runs)."""
    user = f"{GROUP}/{UID}"
    starts = [name for name in (os.listdir(user) if os.path.isdir(user) else [])
              if os.path.isdir(f"{user}/{name}")]
    return len(starts), sum("populated 1" in read(f"{user}/{name}/cgroup.events") for name in starts)


def until(condition):
    end = time.monotonic() + SETTLE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.003)
    return True


def end_all():
    for pid in ours():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(lambda: not ours())


def start(*fault):
    """(status, what it said); status -1 when it hangs."""
    command = [FAULT, "run", UID, *map(str, fault), LAUNCHER, "start"] if fault else \
        ["setpriv", f"--reuid={UID}", f"--regid={UID}", f"--groups={UID}", LAUNCHER, "start"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as process:
        try:
            said = process.communicate(timeout=SETTLE)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return -1, ""
        return process.returncode, said.decode(errors="replace")


def is_half_state(line, golden):
    """Is this what no start leaves, not even one that dies?"""
    kind, mode, owner, path = line.split(" ", 3)
    if HALF_MADE.match(line):
        return False
    # What the engine makes in its state root is its own; its next start goes over it.
    if path.startswith(PLACES[1] + "/"):
        return owner != f"{UID}:{UID}"
    for good in golden:
        good_kind, good_mode, good_owner, good_path = good.split(" ", 3)
        if (kind, path) == (good_kind, good_path):
            # Root's until it is given away, closed until it is opened.
            return owner not in (good_owner, "0:0") or \
                (int(mode, 8) & ~int(good_mode, 8)) & 0o022 != 0
    return True


class Judge:
    def __init__(self):
        end_all()
        status, said = start()
        if status != 0:
            sys.exit(f"a start without a fault ends with {status}: {said}")
        # The init drops what it has left when the engine may be ready already.
        until(lambda: "Cap" in running() and "NoNewPrivs:\t1" in running())
        time.sleep(0.2)
        self.processes, self.files = running(), made()
        self.mounts = read("/proc/1/mountinfo")
        end_all()

    def difference(self):
        lines = difflib.unified_diff(self.processes.splitlines(), running().splitlines(), n=0, lineterm="")
        return " | ".join(list(lines)[2:10])

    def settled(self):
        now = running()
        return now in ("", self.processes)

    def after(self, kind, call, status, said):
        """What is wrong behind a start with a fault."""
        if status == -1:
            yield "hangs"
        if not until(self.settled):
            yield "what runs is neither nothing nor an engine as it should be: " + self.difference()
        # libc's own start, before main(), ends itself like that when it gets no memory.
        before_main = call in ("brk", "arch_prctl", "mprotect") and status in (127, 134, 139)
        if kind in ERRORS and status not in (0, 64, 69, 70, 71, 77, 78) and not before_main:
            yield f"ends with status {status}"
        for line in made():
            if is_half_state(line, self.files):
                yield f"half-made: {line}"
        if read("/proc/1/mountinfo") != self.mounts:
            yield "mounts differ"
        if kind in ERRORS and said and not said.startswith("berth: ") and not before_main:
            yield f"says: {said}"

    def next_start(self):
        end = time.monotonic() + SETTLE
        status = 69
        # As a client does: one that is leaving holds the lock for a moment.
        kept = False
        while status == 69 and time.monotonic() < end:
            status, said = start()
            if status == 69 and running() == self.processes:
                time.sleep(0.02)
                if running() == self.processes:
                    status, kept = 0, True
        # It took the fault and serves: what it could not do is for the next.
        if kept:
            end_all()
            status, said = start()
        if status != 0:
            yield f"the next start ends with {status}: {said}"
        if not until(lambda: running() == self.processes):
            yield "the next start: what runs differs: " + self.difference()
        if not until(lambda: made() == self.files):
            yield f"the next start repairs not all: {sorted(made() ^ self.files)}"
        # One may be about to end; none outlives the next start.
        if not until(lambda: groups()[1] == 1) or groups()[0] > 2:
            yield f"cgroups of starts, of them in use: {groups()}"


def faults(processes):
    names = calls_by_number()
    _, said = start(0, 0, "none")
    end_all()
    for line in said.splitlines():
        _, who, number, call, result = line.split()
        # What never returns cannot fail.
        if int(who) in processes and names.get(int(call)) not in ("exit_group", "exit", "pause"):
            for kind in KINDS:
                yield kind, int(who), int(number), names.get(int(call), call), int(result)


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    first, last = map(int, sys.argv[3].split("-"))
    judge = Judge()
    chosen = list(faults(range(first, last + 1)))
    total = len(chosen)
    if count:
        chosen = random.Random(seed).sample(chosen, min(count, total))
    tally = {kind: [0, 0] for kind in KINDS}
    bad = 0
    for kind, who, number, call, _ in chosen:
        status, said = start(who, number, kind)
        if status == 98:
            # A process made one call less than in the list: another fault's place. Its engine serves,
            # and would be the only one that the starts behind it find.
            end_all()
            continue
        tally[kind][0] += 1
        tally[kind][1] += status != 0
        wrong = list(judge.after(kind, call, status, said)) + list(judge.next_start())
        end_all()
        if wrong:
            bad += 1
            print(f"{kind} at {call}, call {number} of process {who} (status {status}): " + "; ".join(wrong))
    for kind in KINDS:
        print(f"{kind}: {tally[kind][0]} faults, {tally[kind][1]} failed the start")
    print(f"all: {sum(n for n, _ in tally.values())} of {total}")
    sys.exit(1 if bad else 0)


main()
