#!/usr/bin/env python3
# Lets single system calls of a start or of a job fail, or "succeed" without effect, or who makes them be
# killed or stopped, and judges what is left: the tests that name a scene run it in an arena as root.
#   faults.py SCENE SEED COUNT [KIND,... [CALL,...]]
#       COUNT of all faults (0: all), chosen by SEED, of these kinds (EPERM EACCES ENOMEM EINTR EMFILE
#       ENOSPC zero kill stop) at these calls (CALL*N: at N of them); prints what went wrong, then a line
#       a kind, "SCENE: KIND: FAULTS faults, FAILED failed it", and one for all; status 1 when anything did
# Scenes: see SCENES at the end. Environment: FAULT (the program fault), LAUNCHER.
import difflib
import os
import re
import signal
import subprocess
import sys
import time

from faultlib import (BEFORE_MAIN, ENDLESS, ERRORS, FAULT, KINDS, NEVER_HAPPENED, PATIENCE, Tally, all_asleep,
                      become, call_names, counted, listed, named, read, run, sample, until, wanted, with_spare,
                      without_spare)

LAUNCHER = os.environ["LAUNCHER"]
OURS = ("/usr/local/libexec/berth/berth-launcher", "/usr/local/libexec/berth/berth-engine")
GROUP = "/sys/fs/cgroup/berth"
SETTLE = 20  # seconds, for what ends by itself
NAMES = call_names()
NUMBERS = {name: number for number, name in NAMES.items()}
# What a start that died may leave, and the next one repairs: B10, runtime_dir.c.
HALF_MADE = re.compile(r"^s [67][0-7]{2} (0:0|1000:1000) /run/berth/1000/engine\.sock\.new$")
# "zero" at one that only asks, whose answer is 0 anyway, is no fault: prctl(2), prctl(PR_CAPBSET_READ)...
QUESTIONS = {("prctl", 3), ("prctl", 23), ("prctl", 47)}


def ours():
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith(OURS):
                pids.append(int(pid))
        except OSError:
            pass
    return sorted(pids)


def end_all():
    for pid in named("berth-job", "berth-engine", "berth-launcher", "berth"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(lambda: not ours() and not named("berth-job"))


def difference(wanted, got):
    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), n=0, lineterm="")
    return " | ".join(list(lines)[2:10])


def descriptors(pid):
    folder = f"/proc/{pid}/fd"
    return [f"fd {fd} {re.sub('[0-9]{3,}', 'N', os.readlink(f'{folder}/{fd}'))}"
            for fd in sorted(os.listdir(folder), key=int)]


def belongings(pid):
    """What a process has besides its ids: session, terminal, signals, limits, namespaces, descriptors."""
    stat = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    lines = [f"leads its session: {stat[3] == str(pid)}, terminal {stat[4]}, nice {stat[16]}"]
    # Not Umask: umask(2) cannot fail, the launcher gives each file its mode, the engine has an own one.
    keep = re.compile(r"^(SigBlk|Seccomp_filters|Cpus_allowed_list):")
    lines += [line for line in read(f"/proc/{pid}/status").splitlines() if keep.match(line)]
    lines += [f"{name} as pid 1's: {os.readlink(f'/proc/{pid}/ns/{name}') == os.readlink(f'/proc/1/ns/{name}')}"
              for name in ("user", "pid", "mnt", "cgroup", "ipc", "uts", "net")]
    lines += read(f"/proc/{pid}/limits").splitlines()
    lines += [f"oom {read(f'/proc/{pid}/oom_score_adj').strip()}", f"environ {read(f'/proc/{pid}/environ')!r}"]
    lines += [f"{name} {os.readlink(f'/proc/{pid}/{name}')}" for name in ("cwd", "root")]
    return lines + descriptors(pid)


def describe(pid, deep):
    """What privilege is made of; nothing for one that is gone meanwhile."""
    keep = re.compile(r"^(Name|Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):")
    try:
        lines = [line for line in read(f"/proc/{pid}/status").splitlines() if keep.match(line)]
        lines += (read(f"/proc/{pid}/uid_map") + read(f"/proc/{pid}/gid_map")).splitlines()
        lines.append(f"owner {os.stat(f'/proc/{pid}/stat').st_uid}")
        if deep:
            lines += belongings(pid)
        return "\n".join(lines) + "\n"
    except OSError:
        return ""


class Start:
    """A start of an engine by the launcher, which is called as alice does it without a client."""

    status_of_failures = (64, 69, 70, 71, 77, 78)

    def __init__(self, victims, deep):
        self.victims, self.deep = victims, deep
        self.places = ["/run/berth", "/var/lib/berth/1000"]

    def running(self):
        return "".join(describe(pid, self.deep) for pid in ours())

    def made(self):
        """Files of the runtime directories: type, mode, owner, path."""
        found = set()
        for top in self.places:
            for folder, names, leaves in os.walk(top):
                for path in [folder] + [os.path.join(folder, name) for name in names + leaves]:
                    try:
                        info = os.lstat(path)
                    except FileNotFoundError:
                        continue  # a sweeper is at it
                    kind = {0o04: "d", 0o10: "f", 0o14: "s"}.get(info.st_mode >> 12, "?")
                    found.add(f"{kind} {info.st_mode & 0o7777:o} {info.st_uid}:{info.st_gid} {path}")
        return found

    @staticmethod
    def groups():
        """Cgroups of starts: (all, those in which something runs)."""
        user = f"{GROUP}/1000"
        starts = [name for name in (os.listdir(user) if os.path.isdir(user) else [])
                  if os.path.isdir(f"{user}/{name}")]
        return len(starts), sum("populated 1" in read(f"{user}/{name}/cgroup.events") for name in starts)

    @staticmethod
    def start(*fault):
        """(status, what it said); status -1 when it hangs."""
        command = [FAULT, "run", "1000", *map(str, fault), LAUNCHER, "start"] if fault else \
            ["setpriv", "--reuid=1000", "--regid=1000", "--groups=1000", LAUNCHER, "start"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env={}, cwd="/") as process:
            try:
                said = process.communicate(timeout=SETTLE)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                return -1, ""
            return process.returncode, said.decode(errors="replace")

    def started(self):
        """What runs after a start, when that changes no more: the init drops what it has left when the engine
        may be ready already, and that makes a supervisor ahead."""
        end_all()
        status, said = self.start()
        if status != 0:
            sys.exit(f"a start without a fault ends with {status}: {said}")
        until(lambda: "Cap" in self.running() and "NoNewPrivs:\t1" in self.running())
        before, end = "", time.monotonic() + SETTLE
        while before != self.running() or not all_asleep("berth-launcher", "berth-engine", "berth-spare"):
            if time.monotonic() > end:
                sys.exit("what a start leaves does not come to rest: " + self.running())
            before = self.running()
            time.sleep(0.1)
        return before

    def prepare(self):
        # Two that are the same: not one that was looked at too early.
        before, self.processes = "", self.started()
        end = time.monotonic() + PATIENCE
        while self.processes != before:
            if time.monotonic() > end:
                sys.exit("no two starts are the same: " + difference(before, self.processes))
            before, self.processes = self.processes, self.started()
        self.files, self.mounts = self.made(), read("/proc/1/mountinfo")
        end_all()

    def calls(self):
        said = self.start(0, 0, "none")[1]
        end_all()
        return [call for call in listed(said) if call[0] in self.victims]

    def perform(self, who, number, kind):
        status, said = self.start(who, number, kind)
        if status == NEVER_HAPPENED:
            # Its engine serves, and would be the only one that the starts behind it find.
            end_all()
        return status, said, ""

    def is_half_state(self, line):
        """Is this what no start leaves, not even one that dies?"""
        kind, mode, owner, path = line.split(" ", 3)
        if HALF_MADE.match(line):
            return False
        # What the engine makes in its state root is its own; its next start goes over it.
        if path.startswith(self.places[1] + "/"):
            return owner != "1000:1000"
        for good in self.files:
            good_kind, good_mode, good_owner, good_path = good.split(" ", 3)
            if (kind, path) == (good_kind, good_path):
                # Root's until it is given away, closed until it is opened.
                return owner not in (good_owner, "0:0") or (int(mode, 8) & ~int(good_mode, 8)) & 0o022 != 0
        return True

    def judge(self, kind, call, status, said, _):
        if status == -1:
            yield "hangs"
        if not until(lambda: self.running() in ("", self.processes), SETTLE):
            yield "what runs is neither nothing nor an engine as it should be: " + \
                difference(self.processes, self.running())
        before_main = call in BEFORE_MAIN and status in (127, 134, 139)
        if kind in ERRORS and status not in (0, *self.status_of_failures) and not before_main:
            yield f"ends with status {status}"
        yield from (f"half-made: {line}" for line in self.made() if self.is_half_state(line))
        if read("/proc/1/mountinfo") != self.mounts:
            yield "mounts differ"
        if kind in ERRORS and said and not said.startswith("berth: ") and not before_main:
            yield f"says: {said}"
        yield from self.next_start()
        end_all()

    def next_start(self):
        end = time.monotonic() + SETTLE
        status = 69
        # As a client does: one that is leaving holds the lock for a moment.
        kept = False
        while status == 69 and time.monotonic() < end:
            status, said = self.start()
            if status == 69 and self.running() == self.processes:
                time.sleep(0.02)
                if self.running() == self.processes:
                    status, kept = 0, True
        # It took the fault and serves: what it could not do is for the next.
        if kept:
            return
        if status != 0:
            yield f"the next start ends with {status}: {said}"
        if not until(lambda: self.running() == self.processes, SETTLE):
            yield "the next start: what runs differs: " + difference(self.processes, self.running())
        if not until(lambda: self.made() == self.files, SETTLE):
            yield f"the next start repairs not all: {sorted(self.made() ^ self.files)}"
        # One may be about to end; none outlives the next start.
        if not until(lambda: self.groups()[1] == 1, SETTLE) or self.groups()[0] > 2:
            yield f"cgroups of starts, of them in use: {self.groups()}"


# All that a command has, said by itself: what a job must never have more of.
# A supervisor is under the filter of its job, and then without CAP_SYS_ADMIN, a moment after the command
# began; one that could not give it up ends the job. The kernel lists mounts as they were made, and a job for which a supervisor was made ahead has its own in another order: by their places,
# then, and at one place as they lie upon each other.
LOOK = r"""
filters() { grep '^Seccomp_filters' "$1"; }
may_mount() { [ $((0x$(sed -n 's/^CapEff:[^0-9a-f]*//p' "$1") >> 21 & 1)) = 1 ]; }
until [ "$(filters /proc/1/status)" = "$(filters /proc/self/status)" ] && ! may_mount /proc/1/status; do sleep 0.01; done
grep -hE '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp.*|SigBlk|SigIgn|Umask):' /proc/self/status /proc/1/status
cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups /proc/self/cgroup /proc/self/oom_score_adj
cut -d' ' -f5-8,19 /proc/self/stat; cat /proc/self/limits; pwd; hostname; env | sort
readlink /proc/self/fd/* | sed 's/[0-9][0-9][0-9]*/N/g'
sed 's/^[0-9]* [0-9]* [0-9:]* //;s/master:[0-9]*/M/;s|jobs/[^,/ ]*|ID|g' /proc/self/mountinfo | sort -s -k2,2
cat /proc/net/dev | wc -l; ls -l /dev | wc -l
stat -c '%a %u:%g %s' /run/secrets/* 2>/dev/null && cat /run/secrets/*
echo end
"""


class Job:
    """A call of berth run, whose command says what it has."""

    def __init__(self, user, words, victims, cold=False, look=""):
        self.user, self.victims, self.cold = user, victims, cold
        self.command = ["/usr/local/bin/berth", "run", "-q", *words, "--hostname", "h", "host", "sh", "-c",
                        look + LOOK]
        self.state = f"/home/{user}/state" if user == "alice" else f"/home/{user}/.local/state/berth"
        self.uid = "1000" if user == "alice" else "1002"

    def comparable(self, out):
        """Without what may be less: the home of /etc/passwd, if that cannot be read; without a grant the
        user's range of ids, if newuidmap(1) cannot give it, and what goes with it: the groups that one id
        alone may not drop."""
        out = re.sub(r"^HOME=/.*", "HOME", out, flags=re.M)
        if not self.cold:
            return out
        less = re.compile(r"^(Groups:.*| +1 +\d+ +65536|allow|deny)\n", re.M)
        return re.sub(r",gid=\d+(,mode=\d+)?|,mode=\d+(,ptmxmode)", r"\2", less.sub("", out))

    def plain(self):
        return run([*become(self.user), *self.command], self.user)

    def prepare(self):
        end_all()
        self.plain()
        _, out, said = self.plain()
        self.golden = self.comparable(out)
        if not out.endswith("end\n"):
            sys.exit(f"a job without a fault says: {out}{said}")
        # With a supervisor made ahead and without one: who comes right behind another job has none yet.
        for settle in (with_spare, without_spare):
            settle()
            again = self.comparable(self.plain()[1])
            if again != self.golden:
                sys.exit("two jobs differ: " + difference(self.golden, again))

    def perform(self, who, number, kind):
        if self.cold:
            end_all()
        status, out, said = run([FAULT, "run", self.uid, str(who), str(number), kind, *self.command], self.user)
        return status, said, out

    def calls(self):
        """Each victim's until its last execve: what is behind that is a program of the user's."""
        every = listed(self.perform(0, 0, "none")[1])
        found = []
        for victim in self.victims:
            who = victim
            if isinstance(victim, str):
                # Who is known by a call that only this one makes.
                who = min((w for w, _, call, _, _ in every if w > 3 and NAMES.get(call) == victim), default=-1)
            calls = [call for call in every if call[0] == who]
            last = max((n for _, n, call, result, _ in calls if NAMES.get(call) in ("execve", "execveat")),
                       default=0)
            is_command = victim == "setresgid"
            found += [call for call in calls if not is_command or call[1] <= last]
        return found

    def nothing_left(self):
        if named("berth-job"):
            return False
        try:
            return not os.listdir(f"{self.state}/jobs")
        except FileNotFoundError:
            return True

    def judge(self, kind, call, status, said, out):
        if status == -1:
            yield "hangs"
            end_all()
        out = self.comparable(out)
        if out not in ("", self.golden) and not (status != 0 and kind in ("kill", "stop") and
                                                 self.golden.startswith(out)):
            yield "the command has something else: " + difference(self.golden, out)
        if status == 0 and out != self.golden:
            yield "it says that it has ended well, and it has not run"
        if kind in ERRORS and status not in (0, 125, 126, 127, 134, 139) and call not in BEFORE_MAIN:
            yield f"ends with status {status}: {said}"
        # What has had no effect is nothing that a later call could find.
        if kind == "zero":
            return
        again, out, said = self.plain()
        out = self.comparable(out)
        if again != 0 or out != self.golden:
            yield f"the next call ends with {again}: {said}" + difference(self.golden, out)
        if not until(self.nothing_left):
            yield f"left: {named('berth-job')} {os.listdir(self.state + '/jobs')}"
        if not until(lambda: len(named("berth-engine")) <= 1):
            yield f"runs: {named('berth-engine')}"


# A directory of the user's, mounted with other ids: whose is it, and what is in it?
MAPPED = ["-u", "101:102", "-v", "/home/alice/m/d:/d:uid=101,gid=102"]
OWNERS = "rm -f /d/new; stat -c '%n %u:%g' /d /d/*; echo new >/d/new; stat -c '%u:%g' /d/new; "
SCENES = {
    # Who was called and follows, the one that works, the init, and the engine after its start.
    "start": Start(range(0, 4), True),
    # The engine itself until it is ready.
    "engine": Start([3], False),
    # On a grant with an end there is a watcher too.
    "until": Start(range(0, 5), True),
    # The launcher, the init and the engine of one call.
    "once": Job("alice", ["--once"], [1, 2, 3]),
    # The supervisor and the command of a job: in an engine of its own, where they are always made in the
    # same order.
    "job": Job("alice", ["--once"], ["sethostname", "setresgid"]),
    # The supervisor of a job with a secret, of which the command says whose it is and what it holds.
    "secret": Job("alice", ["--once", "--secret", "id=k,src=/home/alice/key", "-u", "5:6"], ["sethostname"]),
    # The client, the launcher that it calls, and the two that this makes: who asks which file system it is,
    # and whose user namespace the map is.
    "mapped": Job("alice", MAPPED, range(0, 4), look=OWNERS),
    # A namespace with a map of its own: the engine, which acts as another number there, the supervisor, and the
    # command.
    "own map": Job("alice", ["--userns=keep-id"], [3, "sethostname", "setresgid"]),
    # All that a user without a grant starts.
    "rootless": Job("carol", [], range(0, 5), cold=True),
}


def faults_of(scene, kinds):
    for who, number, call, result, first in counted(scene.calls()):
        name = NAMES.get(call, str(call))
        if name in ENDLESS:
            continue
        for kind in kinds:
            # It fails already, as it should; or nothing but its answer is an effect of it.
            if kind == "zero" and (result == 0 and (name, first) in QUESTIONS):
                continue
            yield kind, who, number, name, f"{kind}:{call}"


def main():
    name, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    kinds = sys.argv[4].split(",") if len(sys.argv) > 4 else KINDS
    scene = SCENES[name]
    scene.prepare()
    chosen = wanted(sys.argv[5] if len(sys.argv) > 5 else "", seed)(list(faults_of(scene, kinds)))
    tally = Tally(kinds)

    def perform(chosen):
        kind, who, number, call, fault = chosen
        status, said, out = scene.perform(who, number, fault)
        if status != NEVER_HAPPENED:
            tally.add(kind, status != 0, f"{call} {number} of process {who} (status {status})",
                      list(scene.judge(kind, call, status, said, out)))
        return status != NEVER_HAPPENED
    sample(chosen, kinds, count, seed, perform)
    tally.tell(name, len(chosen))
    sys.exit(1 if tally.bad else 0)


main()
