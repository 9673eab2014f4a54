# What faults.py, verbs.py and kills.py share: the program fault, and what is looked at behind it.
import fcntl
import os
import random
import re
import signal
import subprocess
import time

FAULT = os.environ["FAULT"]
ERRORS = ["EPERM", "EACCES", "ENOMEM", "EINTR", "EMFILE", "ENOSPC"]
KINDS = ERRORS + ["kill", "stop"]
NEVER_HAPPENED = 98  # status of fault: that process made less calls than that
PATIENCE = 30  # seconds, for a command that must not hang, and for what ends by itself
PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
# What never returns cannot fail.
ENDLESS = ("exit_group", "exit", "pause")
# libc's own start, before main(), ends itself like that when it gets no memory.
BEFORE_MAIN = ("brk", "arch_prctl", "mprotect", "set_tid_address", "set_robust_list", "rseq", "prlimit64")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def call_names():
    names = {}
    for line in read("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").splitlines():
        match = re.match(r"#define __NR_(\w+) (\d+)", line)
        if match:
            names[int(match.group(2))] = match.group(1)
    return names


def until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.004)
    return True


def environment(user):
    home = "/root" if user == "root" else f"/home/{user}"
    return {"HOME": home, "USER": user, "LOGNAME": user, "PATH": PATH}


def become(user):
    """The words before a command that make it that user's."""
    if user == "root":
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--inh-caps=-all"]


def run(command, user):
    """(status, output, what it said); status -1 when it hangs."""
    with subprocess.Popen(command, env=environment(user), cwd=environment(user)["HOME"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            out, said = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return -1, "", ""
    return process.returncode, out.decode(errors="replace"), said.decode(errors="replace")


def listed(said):
    """The calls in what fault has said: [(who, number, call, result, first argument)]."""
    calls = []
    for line in said.splitlines():
        words = line.split()
        if words[:1] == ["fault:"] and len(words) == 6 and words[1].isdigit():
            calls.append(tuple(map(int, words[1:])))
    return calls


def counted(calls):
    """The same, each with its number among those that are the same call of that process, as "WHAT:CALL" wants it."""
    seen, found = {}, []
    for who, _, call, *more in calls:
        seen[who, call] = seen.get((who, call), 0) + 1
        found.append((who, seen[who, call], call, *more))
    return found


def wanted(words, seed):
    """A filter by "CALL,CALL*N,...": all of the first one, N of the second; of all calls without a word."""
    limits = dict((word.partition("*")[0], int(word.partition("*")[2] or 0)) for word in words.split(",") if word)

    def choose(faults):
        """faults: [(kind, who, number, call, ...)]"""
        kept = [fault for fault in faults if not limits or fault[3] in limits]
        for call, limit in limits.items():
            of_call = [fault for fault in kept if fault[3] == call]
            if 0 < limit < len(of_call):
                chosen = random.Random(seed).sample(of_call, limit)
                kept = [fault for fault in kept if fault[3] != call or fault in chosen]
        return kept
    return choose


def sample(faults, kinds, count, seed, perform):
    """Performs as many of each kind, count in all; all of them with count 0. The kind comes first in a fault.
    perform(fault) says if it happened: for one that did not, since a process made less calls than in the list,
    comes another one of its kind, a few times."""
    if count == 0:
        for fault in faults:
            perform(fault)
        return
    chance, few = random.Random(seed), -(-count // len(kinds))
    for kind in kinds:
        of_kind, happened = [fault for fault in faults if fault[0] == kind], 0
        for fault in chance.sample(of_kind, min(few * 6, len(of_kind))):
            if happened < few:
                happened += perform(fault)


def with_spare():
    """Waits until the engine, if there is one that stays, has made a supervisor ahead."""
    until(lambda: named("berth-spare") or not named("berth-engine"))


def without_spare():
    """Ends what the engine has made ahead: the next job's supervisor is a child that it makes then. An
    engine at rest has one, or is about to have it: a moment later it has, or sleeps without."""
    moment = time.monotonic() + 0.1
    until(lambda: named("berth-spare") or (time.monotonic() > moment and all_asleep("berth-engine")), 5)
    for pid in named("berth-spare"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        until(lambda gone=f"/proc/{pid}": not os.path.exists(gone))


class Attached:
    """fault on a process that runs, while something is done."""

    def __init__(self, pid, who, number, kind):
        without_spare()
        self.process = subprocess.Popen([FAULT, "attach", str(pid), str(who), str(number), kind],
                                        stderr=subprocess.PIPE, text=True)
        # Nobody reads what it lists before its end: it must not wait for that.
        fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, 1 << 20)
        self.process.stderr.readline()

    def happened(self):
        """Before end() it may be about to."""
        return self.process.poll() == 0

    def over(self):
        """It has happened, or can no more."""
        return self.process.poll() is not None

    def end(self):
        """What it has said. Nothing happens after that."""
        self.process.terminate()
        return self.process.communicate()[1]


def processes():
    """(pid, name, state) of those that live."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = read(f"/proc/{pid}/stat")
        except OSError:
            continue
        name, state = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2]
        if state not in "ZX":
            yield int(pid), name, state


def named(*names):
    """pid: name, of living processes that have one of these names."""
    return {pid: name for pid, name, _ in processes() if name in names}


def all_asleep(*names):
    return all(state == "S" for _, name, state in processes() if name in names)


class Tally:
    """How many faults of each kind there were, how many had an effect, and what went wrong."""

    def __init__(self, kinds):
        self.counts = {kind: [0, 0] for kind in kinds}
        self.bad = 0

    def add(self, kind, failed, where, wrong):
        self.counts[kind][0] += 1
        self.counts[kind][1] += failed
        if wrong:
            self.bad += 1
            print(f"{kind} at {where}: " + "; ".join(wrong), flush=True)

    def tell(self, scene, total):
        for kind, (faults, failed) in self.counts.items():
            print(f"{scene}: {kind}: {faults} faults, {failed} failed it")
        print(f"{scene}: all: {sum(n for n, _ in self.counts.values())} of {total}, {self.bad} wrong", flush=True)
