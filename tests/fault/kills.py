#!/usr/bin/env python3
# kill -9 of one process at one of its system calls while berth does something, and what is left then:
# tests/fault/kill.t runs it in an arena as root.
#   kills.py SEED COUNT [SCENE]  at most COUNT calls of each victim in each scene (0: all of them);
#                                one line a pair: "SCENE / VICTIM: KILLS kills, DONE done in spite of it",
#                                before it what went wrong; status 1 when anything did
# Environment: FAULT (the program fault), STATE (alice's state root).
import os
import random
import signal
import sys

from faultlib import FAULT, Attached, become, call_names, counted, listed, named as ours, read, run, until

STATE = os.environ["STATE"]
UID = "1000"
BERTH = "/usr/local/bin/berth"
NAMES = call_names()
LINES = "/home/alice/lines"
STATUS = 7


def call(command, prefix=None):
    """(status, what it said) of a command of alice's; -1 when it hangs."""
    status, _, said = run([*(become("alice") if prefix is None else prefix), *command], "alice")
    return status, said


def job(token):
    """Takes a moment, so that a kill finds it; a second run of it would be seen in LINES."""
    return [BERTH, "run", "-q", "-v", "/home/alice:/h", "host", "sh", "-c",
            f"echo {token} >>/h/lines; exit {STATUS}"]


def engine():
    return next(iter(ours("berth-engine")), None)


def warm():
    if engine() is None:
        call([BERTH, "daemon", "start"])


def cold():
    # What is killed while it cleans up belongs to another kill.
    until(nothing_left)
    for pid in ours("berth-engine", "berth-job", "berth-launcher"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(lambda: not ours("berth-engine", "berth-job", "berth-launcher"))


# Who is known by a call that only this one makes, behind the engine.
MARKS = {"sendmsg": 46, "sethostname": 170, "setresgid": 119}
# SCENE: what is done before, the command, and the victims: name: (how it is reached, its number).
# run: traced from the command on (0 is the client); attach: from the engine on (0).
SCENES = {
    "start": (cold, job, {"client": ("run", 0), "launcher that was called": ("run", 1), "launcher": ("run", 2),
                          "init": ("run", 3), "engine": ("run", 4), "maker of a network": ("run", "sendmsg"),
                          "supervisor": ("run", "sethostname"), "command": ("run", "setresgid")}),
    "run": (warm, job, {"client": ("run", 0), "engine": ("attach", 0), "supervisor": ("attach", "sethostname"),
                        "command": ("attach", "setresgid")}),
    "once": (warm, lambda token: job(token)[:2] + ["--once"] + job(token)[2:],
             {"client": ("run", 0), "launcher": ("run", 1), "init": ("run", 2), "engine": ("run", 3),
              "supervisor": ("run", "sethostname")}),
    "stop": (warm, lambda _: [BERTH, "daemon", "stop"], {"client": ("run", 0), "engine": ("attach", 0)}),
    "reset": (warm, lambda _: [BERTH, "daemon", "reset", "--force"],
              {"client": ("run", 0), "engine": ("attach", 0)}),
    # It leaves as it does when its time is over; see leave_when_idle in server.c.
    "idle exit": (warm, lambda _: ["/bin/sh", "-c", f"kill -TERM {engine()}"], {"engine": ("attach", 0)}),
}


# What only a test names that has made /home/alice/m/d.
MORE = {
    "mapped": (warm, lambda token: job(token)[:3] + ["-v", "/home/alice/m/d:/d:uid=101,gid=102"] + job(token)[3:],
               {"client": ("run", 0), "launcher": ("run", 1), "one that asks": ("run", 2),
                "one that is a map": ("run", 3), "engine": ("attach", 0),
                "supervisor": ("attach", "sethostname")}),
}


def lines(token):
    try:
        return read(LINES).split().count(token)
    except FileNotFoundError:
        return 0


def perform(scene, way, who, number, token, what="kill"):
    """One run of a scene: (status, what it said, did the fault happen, what fault said)."""
    before, command, _ = (SCENES | MORE)[scene]
    before()
    if way == "run":
        status, said = call(command(token), [FAULT, "run", UID, str(who), str(number), what])
        return status, said, status != 98, said
    attached = Attached(engine(), who, number, what)
    status, said = call(command(token))
    # It leaves after its answer.
    if scene not in ("run", "start", "once", "mapped"):
        until(lambda: attached.over() or engine() is None, 3)
    else:
        until(attached.over, 0.03)
    said_by_fault = attached.end()
    return status, said, attached.happened(), said_by_fault


def calls(scene, way, who):
    """Number of the process, and its calls, once it was there: [(number among those that are the same, call)]."""
    for _ in range(5):
        _, _, _, said = perform(scene, way, 0, 0, "listing")
        found, which = counted(listed(said)), who
        if who in MARKS:
            first = 4 if way == "run" else 1
            which = min((p for p, _, number, _, _ in found if p >= first and number == MARKS[who]), default=-1)
        numbers = [(number, call) for p, number, call, _, _ in found if p == which]
        if numbers:
            break
    return which, numbers


def nothing_left():
    if ours("berth-job"):
        return False
    try:
        return not os.listdir(f"{STATE}/jobs")
    except FileNotFoundError:
        return True


def attempt():
    return call([BERTH, "run", "-q", "host", "true"])


def judge(scene, victim, status, said, token):
    if status == -1:
        yield "hangs"
    if scene in ("start", "run", "once", "mapped"):
        # 98: it had ended before that call. 137: under load a process has its neighbour's number.
        if victim not in ("client", "command") and status not in (STATUS, 125, 98, 137):
            yield f"status {status}: {said}"
        if lines(token) > 1:
            yield f"the job ran {lines(token)} times"
        if status == STATUS and lines(token) != 1:
            yield "its status came, but it never ran"
    # One that is being emptied, or is leaving, says so until it has.
    until(lambda: scene not in ("stop", "reset") or "starts no more jobs" not in attempt()[1])
    status, said = attempt()
    if status != 0:
        yield f"the next call ends with {status}: {said}"
    if not until(nothing_left):
        yield f"left: {ours('berth-job')} {os.listdir(STATE + '/jobs')}"
    if not until(lambda: len(ours("berth-engine")) == 1 and not set(ours("berth-launcher")) - inits()):
        yield f"runs: {ours('berth-engine', 'berth-launcher')}"


def inits():
    """Pid 1 of an engine's namespace; the launcher's name, and none of its power."""
    found = set()
    for pid in ours("berth-launcher"):
        try:
            fields = dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
        except OSError:
            continue
        if "0" not in fields["Uid"].split() and int(fields["CapPrm"], 16) == 0:
            found.add(pid)
    return found


def main():
    chance, count, bad, serial = random.Random(int(sys.argv[1])), int(sys.argv[2]), 0, 0
    scenes = {name: MORE[name] for name in sys.argv[3:]} or SCENES
    for scene, (_, _, victims) in scenes.items():
        for victim, (way, who) in victims.items():
            who, numbers = calls(scene, way, who)
            kills = done = 0
            # For a call that did not come this time another one.
            for number, name in chance.sample(numbers, min(count * 6, len(numbers))) if count else numbers:
                if count and kills == count:
                    break
                # Who makes a network in advance came before the supervisor, or behind it.
                for process in (who, 3 - who) if way == "attach" and who in (1, 2) else (who,):
                    serial += 1
                    token = f"token-{serial}"
                    status, said, happened, _ = perform(scene, way, process, number, token, f"kill:{name}")
                    kills += happened
                    done += status in (0, STATUS)
                    wrong = list(judge(scene, victim, status, said, token))
                    if wrong:
                        bad += 1
                        print(f"{scene}: {victim} killed at its {NAMES.get(name, name)} {number}: " + "; ".join(wrong))
                    if happened:
                        break
            print(f"{scene} / {victim}: {kills} kills, {done} done in spite of it", flush=True)
    sys.exit(1 if bad else 0)


main()
