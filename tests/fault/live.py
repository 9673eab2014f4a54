#!/usr/bin/env python3
# kill -9 of the engine, of a supervisor or of a child of the engine's at one of its system calls while
# something is done with a job that lives by itself: tests/fault/live*.t run it in an arena as root.
#   live.py SEED COUNT REST SCENE,...    of each victim in each scene COUNT of the calls that change what is
#                                on disk or tell somebody, and REST of the others (0: all of both);
#                                one line a pair: "SCENE / VICTIM: KILLS kills of CALLS calls", before it
#                                what went wrong; status 1 when anything did
# Environment: FAULT (the program fault), STATE (alice's state root).
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from faultlib import (PATIENCE, Attached, become, call_names, counted, environment, listed, named, read, run, until,
                      without_spare)

STATE = os.environ["STATE"]
BERTH = "/usr/local/bin/berth"
SHARED = "/home/alice/h"
LINES, HOLD, FIFO = f"{SHARED}/lines", f"{SHARED}/hold", f"{SHARED}/fifo"
NAMES = call_names()
NUMBERS = {name: number for number, name in NAMES.items()}
ENDED = 3  # status of the job that is let go on
EXECUTED = 5
LOST = 137
LOG_MAX = 8 << 20  # client/engine/job/joblog.h
FILLING = f"2026-01-01T00:00:00.000000000Z stdout F {'x' * 8000}\n"
# What others can see of a call.
TELLING = {"rename", "renameat", "renameat2", "unlink", "unlinkat", "symlinkat", "mkdir", "mkdirat", "rmdir", "bind",
           "listen", "openat", "write", "pwrite64", "ftruncate", "connect", "sendmsg", "sendto", "shutdown", "flock",
           "clone3", "clone", "kill", "pidfd_send_signal", "accept4"}
# Who is known by a call that only this one makes, behind the victim itself.
MARKS = {"new": "sethostname", "worker": "unlinkat", "command": "setresgid"}
# One run after the other in LINES. It ends at once unless it is to be held.
COMMAND = f"echo run >>/h/lines; echo up; [ -e /h/hold ] || exit {ENDED}; read -r _ </h/fifo; echo over; exit {ENDED}"


def berth(*words):
    return run([*become("alice"), BERTH, *words], "alice")


def engine():
    return min(named("berth-engine"), default=None)


def supervisors():
    return sorted(named("berth-job"))


def runs():
    try:
        return len(read(LINES).split())
    except FileNotFoundError:
        return 0


def hold(wanted):
    if wanted:
        with open(HOLD, "w", encoding="ascii"):
            pass
    elif os.path.exists(HOLD):
        os.unlink(HOLD)


def let_go():
    """The job that is held goes on, as soon as it is there."""
    def opened():
        try:
            fd = os.open(FIFO, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        os.write(fd, b"go\n")
        os.close(fd)
        return True
    until(opened)


def jobs():
    """What `berth ps -a` says, by name; starts an engine when there is none. None: it fails."""
    status, out, said = berth("ps", "-a", "--format=json")
    if status != 0:
        return None, f"ps -a ends with {status}: {said}"
    return {job["name"]: job for job in json.loads(out)}, ""


def record():
    """Of the job j, as it is on disk."""
    try:
        return json.loads(read(f"{STATE}/jobs/{os.readlink(STATE + '/names/j')}/state.json"))
    except (OSError, ValueError):
        return {}


def detach(*flags, held=True):
    hold(held)
    status, _, said = berth("run", "-q", "-d", "--name=j", "-v", f"{SHARED}:/h", *flags, "host", "sh", "-c", COMMAND)
    if status != 0:
        raise RuntimeError(f"a job cannot be started: {status}: {said}")
    if held:
        until(lambda: runs() == 1)
    else:
        berth("wait", "j")
        until(lambda: not supervisors())


def fill_log():
    """Almost up to its bound: the next lines turn it over."""
    folder = f"{STATE}/jobs/{os.readlink(STATE + '/names/j')}"
    with open(f"{folder}/log", "w", encoding="ascii") as log:
        log.write(FILLING * (LOG_MAX // len(FILLING)))


class Scene:
    """flags: of the job; held: does it run at the beginning; words: the command that is done."""

    def __init__(self, words, victims, **more):
        self.words, self.victims = words, victims
        self.flags = more.get("flags", ())
        self.held = more.get("held", True)
        self.alone = more.get("alone", False)  # there is no job before
        self.status = more.get("status", 0)  # of the command
        self.policy = more.get("policy", False)
        self.most = more.get("most", 1)  # runs, if nobody starts it once more

    def prepare(self):
        hold(True)
        if engine() is None:
            berth("daemon", "start")
        if not self.alone:
            detach(*self.flags, held=self.held)
        hold(True)

    def act(self):
        """(status, what it said)"""
        words = self.words if self.words != RUN else [*RUN, *self.flags, "host", "sh", "-c", COMMAND]
        status, self.out, said = berth(*words)
        return status, said

    def settled(self):
        """Does nothing more come of it?"""
        return True

    def expect(self, status, victim, job):
        """What is wrong with the job, as ps has it, when the command has ended with that status."""
        if status == self.status and victim not in ("supervisor", "next one"):
            yield from self.done(job)

    def done(self, job):
        if job is None:
            yield "its status says that it is done, and there is no job"


class Running(Scene):
    """A job runs behind it."""

    def done(self, job):
        if job is None or job["state"] != "running":
            yield f"its status says that it is done, and the job: {job and job['state']}"


class Over(Scene):
    """A job is over behind it, and stays so."""

    def settled(self):
        return not supervisors()

    def done(self, job):
        if job is None or job["state"] != "exited":
            yield f"its status says that it is done, and the job: {job and job['state']}"
        elif not job["stopped"]:
            yield "it was ended by a person, and the record does not say so"


class Gone(Scene):
    def settled(self):
        return not named("berth-work", "berth-sweep") and not supervisors()

    def done(self, job):
        if job is not None:
            yield f"its status says that it is removed, and ps -a has it: {job['state']}"


class End(Scene):
    """A job ends while somebody waits for it, and another one has it in the foreground."""

    def prepare(self):
        hold(True)
        if engine() is None:
            berth("daemon", "start")
        self.front = subprocess.Popen(
            [*become("alice"), BERTH, "run", "-q", "--rm=false", "--name=j", "-v", f"{SHARED}:/h", "host", "sh", "-c",
             COMMAND], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=environment("alice"), cwd=environment("alice")["HOME"])
        until(lambda: runs() == 1 and record().get("state") == "running")

    def act(self):
        wait = subprocess.Popen([*become("alice"), BERTH, "wait", "j"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment("alice"))
        # Whether it has asked before the end or after it: both must be right.
        time.sleep(random.random() * 0.05)
        let_go()
        try:
            self.out, said = wait.communicate(timeout=PATIENCE)
            self.told = self.front.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            wait.kill()
            self.front.kill()
            return -1, ""
        return wait.returncode, said.decode(errors="replace") + self.front.stderr.read().decode(errors="replace")

    def settled(self):
        return not supervisors()

    def expect(self, status, victim, job):
        if job is None or job["state"] != "exited":
            yield f"it is not over: {job}"
            return
        if status == 0 and self.out.split() != [str(job["status"]).encode()]:
            yield f"who waited was told {self.out}, and the record has {job['status']}"
        if status != 0:
            yield f"who waits is not told the status, but {status}"
        if self.told not in (job["status"], 69, 125):
            yield f"the client was told {self.told}, and the record has {job['status']}"
        if job["status"] not in (ENDED, LOST):
            yield f"status {job['status']}"


class Policy(Running):
    """Its command ends, and it is run once more."""

    def act(self):
        let_go()
        self.wait()
        return 0, ""

    def settled(self):
        now = record()
        return runs() >= 2 and now.get("state") == "running" and len(supervisors()) == 1

    def wait(self):
        until(lambda: self.settled() or self.broken())

    def broken(self):
        return not supervisors()

    def expect(self, status, victim, job):
        if not until(self.settled):
            yield f"it was not started once more: {runs()} runs, {record().get('state')}"


class Lost(Policy):
    """Its supervisor is killed, and the engine starts it once more."""

    def act(self):
        for pid in supervisors():
            os.kill(pid, signal.SIGKILL)
        self.wait()
        return 0, ""

    def wait(self):
        until(lambda: self.settled() or engine() is None)


class Rotation(Running):
    """Its log gets full."""

    def prepare(self):
        super().prepare()
        fill_log()

    def act(self):
        status, _, said = berth("start", "j")
        return status, said

    def expect(self, status, victim, job):
        yield from super().expect(status, victim, job)
        folder = f"{STATE}/jobs/{job['id']}"
        here = sum(read(f"{folder}/{name}").count("x" * 8000) for name in ("log", "log.1")
                   if os.path.exists(f"{folder}/{name}"))
        if here != LOG_MAX // len(FILLING):
            yield f"of the log before there are {here} lines left"


RUN = ["run", "-q", "-d", "--name=j", "-v", f"{SHARED}:/h"]
BOTH = {"engine": "engine", "supervisor": "job"}
NEW = {"engine": "engine", "supervisor": "new"}
ALWAYS = ("--restart=always",)
SCENES = {
    "run": Running(RUN, NEW, alone=True),
    "run for good": Running(RUN, NEW, alone=True, flags=ALWAYS, policy=True),
    "start": Running(["start", "j"], NEW, held=False, most=2),
    "stop": Over(["stop", "-t", "5", "j"], BOTH),
    "stop for good": Over(["stop", "-t", "5", "j"], BOTH, flags=ALWAYS, policy=True),
    "kill": Scene(["kill", "j"], BOTH),
    "exec": Running(["exec", "j", "sh", "-c", f"echo in; exit {EXECUTED}"], {**BOTH, "command": "command"},
                    status=EXECUTED),
    "restart": Running(["restart", "-t", "5", "j"], {"engine": "engine", "supervisor": "job", "next one": "new"},
                       most=2),
    "rm": Gone(["rm", "j"], {"engine": "engine", "worker": "worker"}, held=False),
    "rm -f": Gone(["rm", "-f", "j"], {"engine": "engine", "supervisor": "job", "worker": "worker"}),
    "prune": Gone(["system", "prune", "-f"], {"engine": "engine", "worker": "worker"}, held=False),
    "end": End([], BOTH),
    "again": Policy([], {"supervisor": "job"}, flags=ALWAYS, policy=True),
    "again after kill": Lost([], NEW, flags=ALWAYS, policy=True),
    "rotation": Rotation([], {"supervisor": "new"}, held=False, most=2),
}


def idle_children():
    """Of the engine, without its jobs that run; those that have ended and were not reaped."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = read(f"/proc/{pid}/stat")
        except OSError:
            continue
        name, (state, parent) = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()[:2]
        if int(parent) == engine() and (name != "berth-job" or state == "Z"):
            found.append(pid)
    return found


def traced(scene, way, who, number, what="kill"):
    """The scene with that victim: (status, what it said, did it happen, what was listed)."""
    scene.prepare()
    pid = supervisors()[0] if way in ("job", "command") else engine()
    # Neither what was made ahead nor who has ended is counted as a child.
    without_spare()
    for _ in range(2):
        until(lambda: not idle_children())
        time.sleep(0.002)
    attached = Attached(pid, who, number, what)
    status, said = scene.act()
    until(lambda: attached.over() or scene.settled(), 1)
    until(attached.over, 0.03)
    said_by_fault = attached.end()
    return status, said, attached.happened(), said_by_fault


def calls(scene, way):
    """Number of the process, and its calls, once it was there: [(number among those of that name, name)]."""
    for _ in range(5):
        found, who = counted(listed(traced(scene, way, 0, 0)[3])), 0
        if way in MARKS:
            who = min((p for p, _, call, _, _ in found if p > 0 and NAMES.get(call) == MARKS[way]), default=-1)
        numbers = [(number, NAMES.get(call, str(call))) for p, number, call, *_ in found if p == who]
        if numbers:
            break
        list(judge(scene, "nobody", 0, ""))
        clean()
    return who, numbers


LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] ")


def judge_log(job):
    """Whole records, but for one that was cut."""
    folder = f"{STATE}/jobs/{job['id']}"
    for name in ("log.1", "log"):
        try:
            lines = read(f"{folder}/{name}").splitlines()
        except FileNotFoundError:
            continue
        bad = [line[:80] for line in lines if not LINE.match(line)]
        if len(bad) > 1:
            yield f"{name}: no records: {bad}"
        if os.path.getsize(f"{folder}/{name}") > LOG_MAX:
            yield f"{name} is too long"
    status, out, said = berth("logs", "--tail=5", "j")
    # One in the foreground has none.
    if not job["detached"] and not os.path.exists(f"{folder}/log"):
        if status != 1 or "has no log" not in said or out:
            yield f"logs of a job without a log ends with {status}: {said}"
        return
    if status != 0 or said:
        yield f"logs ends with {status}: {said}"
    if any(line not in ("up", "over") and len(line) != 8000 for line in out.split("\n")[:-1]):
        yield f"logs says: {out[:200]!r}"


def judge_running(job):
    status, out, said = berth("exec", "j", "sh", "-c", f"echo in; exit {EXECUTED}")
    if (status, out) != (EXECUTED, "in\n"):
        yield f"it runs, and exec ends with {status}: {out}{said}"
    if len(supervisors()) != 1:
        yield f"supervisors: {supervisors()}"
    status, _, said = berth("stop", "-t", "20", "j")
    if status != 0:
        yield f"stop ends with {status}: {said}"
    now = record()
    if now.get("state") != "exited" or now.get("status") != 143:
        yield f"after stop: {now.get('state')}, status {now.get('status')}"


def judge_over(job):
    # The lock goes before the process does.
    if not until(lambda: not supervisors()):
        yield f"it is over, and something looks after it: {supervisors()}"
    status, out, said = berth("wait", "j")
    if (status, out.split()) != (0, [str(job["status"])]):
        yield f"wait says {status}: {out}{said}, and ps has {job['status']}"


def judge(scene, victim, status, said):
    if status == -1:
        yield "hangs"
    # That is how the command ended.
    mute = (-1, 0, scene.status) + (LOST,) * (victim == "command")
    if status not in mute and not said.startswith("berth: "):
        yield f"status {status}, and it says: {said!r}"
    # What was not done may never settle.
    until(scene.settled, PATIENCE if status == scene.status else 5)
    found, wrong = jobs()
    if found is None:
        yield wrong
        return
    if set(found) - {"j"}:
        yield f"other jobs: {found}"
    job = found.get("j")
    yield from scene.expect(status, victim, job)
    if scene.policy and job is not None:
        yield from judge_policy()
    # Between an end and the next start.
    found, wrong = jobs()
    job = found.get("j") if found is not None else None
    if job is not None:
        yield from judge_log(job)
        yield from judge_running(job) if job["state"] == "running" else judge_over(job)
    if not scene.policy and runs() > scene.most:
        yield f"it ran {runs()} times"
    yield from judge_rest([job["id"] for job in (found or {}).values()])


def judge_policy():
    """It runs again unless a person has ended it, or nobody was told that it runs."""
    now = record()
    if now.get("stopped") or (now.get("started") == 0 and now.get("restarts") == 0):
        # The engine waits for a second.
        if now.get("state") == "exited" and until(lambda: record() != now, 1.5):
            yield f"it runs, and nobody wants that: {record()}"
    elif not until(lambda: record().get("state") == "running" and len(supervisors()) == 1):
        yield f"its policy says that it runs, and it does not: {record()}"


def left():
    return [path for path in (f"{STATE}/jobs", f"{STATE}/names") if os.path.isdir(path) and os.listdir(path)]


def judge_rest(ids):
    """All of it can be removed, and nothing of it stays."""
    if ids:
        status, _, said = berth("rm", "-f", *ids)
        if status != 0:
            yield f"rm -f ends with {status}: {said}"
    if not until(lambda: not left() and not named("berth-job", "berth-work", "berth-sweep")):
        yield "left: " + " ".join(f"{path}: {os.listdir(path)}" for path in left()) + f" {named('berth-job')}"
        for path in left():
            for name in os.listdir(path):
                here = f"{path}/{name}"
                yield f"({here}: {os.listdir(here) if os.path.isdir(here) and not os.path.islink(here) else ''})"
    if not until(lambda: len(named("berth-engine")) < 2):
        yield f"engines: {named('berth-engine')}"
    if read("/proc/1/mountinfo") != MOUNTS:
        yield "mounts differ"


def clean():
    """For what comes next, also after what went wrong."""
    for pid in (*named("berth-job"), *named("berth-engine")) if left() or supervisors() else ():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if left():
        until(lambda: not named("berth-job", "berth-engine"))
        for path in left():
            shutil.rmtree(path)
            os.mkdir(path, 0o700)
            shutil.chown(path, "alice", "alice")
    for name in (LINES, HOLD):
        if os.path.exists(name):
            os.unlink(name)


def chosen(numbers, count, rest, chance):
    """[(calls, how many of them)]: those behind so many are for calls that do not come this time."""
    if count == 0:
        return [(numbers, len(numbers))]
    telling = [call for call in numbers if call[1] in TELLING]
    others = [call for call in numbers if call[1] not in TELLING]
    return [(chance.sample(calls, min(6 * few, len(calls))), few) for calls, few in ((telling, count), (others, rest))]


def one_kill(scene, victim, who, number, call):
    """(did it happen, what was wrong then)"""
    way = scene.victims[victim]
    what = f"kill:{NUMBERS.get(call, call)}"
    try:
        status, said, happened, _ = traced(scene, way, who, number, what)
        if not happened and who in (1, 2):
            # Who makes a network in advance came before it, or behind it.
            list(judge(scene, victim, status, said))
            clean()
            status, said, happened, _ = traced(scene, way, 3 - who, number, what)
        return happened, list(judge(scene, victim if happened else "nobody", status, said))
    except RuntimeError as error:
        return False, [str(error)]
    finally:
        clean()


def pair(name, victim, count, rest, chance):
    """Were all of its kills endured?"""
    scene, bad, kills = SCENES[name], 0, 0
    who, numbers = calls(scene, scene.victims[victim])
    list(judge(scene, victim, 0, ""))
    clean()
    for some, few in chosen(numbers, count, rest, chance):
        most = kills + few
        for number, call in some:
            if kills == most:
                break
            happened, wrong = one_kill(scene, victim, who, number, call)
            kills += happened
            if wrong:
                bad += 1
                print(f"{name}: {victim} {'' if happened else 'NOT '}killed at its {call} {number}, "
                      f"of {len(numbers)} calls: " + "; ".join(wrong), flush=True)
    print(f"{name} / {victim}: {kills} kills of {len(numbers)} calls", flush=True)
    return bad == 0


MOUNTS = read("/proc/1/mountinfo")


def main():
    chance, count, rest = random.Random(int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    os.makedirs(SHARED, exist_ok=True)
    shutil.chown(SHARED, "alice", "alice")
    os.mkfifo(FIFO)
    shutil.chown(FIFO, "alice", "alice")
    good = True
    for name in sys.argv[4].split(","):
        for victim in SCENES[name].victims:
            good = pair(name, victim, count, rest, chance) and good
    sys.exit(0 if good else 1)


main()
