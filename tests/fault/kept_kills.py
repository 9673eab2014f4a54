#!/usr/bin/env python3
# kill -9 of the engine or of a supervisor at one of its system calls while something is done with a job
# that is kept, and what is left then: tests/fault/kept_kill.t runs it in an arena as root.
#   kept_kills.py SEED COUNT     at most COUNT calls of each victim in each scene (0: all of them);
#                                one line a pair: "SCENE / VICTIM: KILLS kills", before it what went wrong;
#                                status 1 when anything did
# Environment: FAULT (the program fault), STATE (alice's state root), TOP (of the sources).
import fcntl
import json
import os
import random
import sys
import time

from faultlib import Attached, become, call_names, counted, listed, named as ours, run, until

STATE, TOP = os.environ["STATE"], os.environ["TOP"]
NAMES = call_names()
BERTH = "/usr/local/bin/berth"
LOOP = "trap 'exit 3' TERM; while :; do sleep 0.02; done"
DETACHED = {"detach": True, "keep": True, "stdin": None, "stdout": None, "stderr": None}
MEMBERS = {"id", "name", "image", "command", "created", "started", "finished", "state", "status", "reason", "why",
           "restarts", "stopped", "detached", "kept", "tty", "interactive", "once", "labels", "restart",
           "restart_max", "stop_signal"}


def varlink(*words):
    """(status, answers)"""
    status, out, _ = run([*become("alice"), "/usr/bin/python3", f"{TOP}/tests/attack/varlink.py", *words], "alice")
    found = []
    for line in out.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append(line)
    return status, found


def call(method, parameters, verb="call"):
    return varlink(verb, f"io.berth.Engine.{method}", json.dumps(parameters))


def begin(script=LOOP, **more):
    """A job called web that runs."""
    return varlink("run", json.dumps({**DETACHED, "name": "web", **more}), "sh", "-c", script)


def engine():
    return next(iter(ours("berth-engine")), None)


def supervisor():
    return next(iter(ours("berth-job")), None)


def warm():
    if engine() is None:
        run([*become("alice"), BERTH, "daemon", "start"], "alice")


def over():
    begin()
    call("StopJob", {"job": "web"})


def nothing():
    pass


# SCENE: what is done before, the call, and the victims: name: (whose system calls, its number among what
# that makes). A supervisor that begins is known by a call that only it makes.
BEGINS = 170  # sethostname
SCENES = {
    "run": (nothing, lambda: begin("exit 3"), {"engine": (engine, 0), "supervisor": (engine, BEGINS)}),
    "exec": (begin, lambda: varlink("exec", '{"job":"web"}', "true"),
             {"engine": (engine, 0), "supervisor": (supervisor, 0)}),
    "stop": (begin, lambda: call("StopJob", {"job": "web"}), {"engine": (engine, 0), "supervisor": (supervisor, 0)}),
    "start": (over, lambda: call("StartJob", {"job": "web"}), {"engine": (engine, 0), "supervisor": (engine, BEGINS)}),
    "restart": (lambda: begin("sleep 0.2; exit 3", restart="on_failure", restart_max=1), lambda: until(ended),
                {"supervisor": (supervisor, 0)}),
    "remove": (over, lambda: call("Remove", {"job": "web"}), {"engine": (engine, 0), "remover": (engine, 1)}),
}


def ended():
    return not os.path.exists(f"{STATE}/jobs") or supervisor() is None


def calls(scene, victim):
    """Number of the process, and its calls, once it was there: [(number among those that are the same, call)]."""
    before, do, victims = SCENES[scene]
    whose, who = victims[victim]
    for _ in range(5):
        clean()
        before()
        attached = Attached(whose(), 0, 0, "listing")
        do()
        time.sleep(0.1)
        found, which = counted(listed(attached.end())), who
        if who > 1:
            which = min((p for p, _, number, _, _ in found if p >= 1 and number == who), default=-1)
        numbers = [(number, call) for p, number, call, _, _ in found if p == which]
        if numbers:
            break
    return which, numbers


def clean():
    """An engine, and no job."""
    warm()
    call("Remove", {"job": "web", "force": True})
    call("Prune", {})
    until(lambda: not os.listdir(f"{STATE}/jobs") and not ours("berth-job", "berth-work", "berth-sweep"))


def is_held(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(fd)


def judge():
    """After the kill, with the next engine if the victim was the engine."""
    if not until(lambda: engine() is None or not os.path.exists(f"/proc/{engine()}/stat") or call("State", {})[0] == 0):
        yield "the engine does not answer"
    warm()
    status, found = call("List", {"all": True}, "more")
    if status != 0 or not found or found[-1] != {"parameters": {}}:
        yield f"List ends with {found[-1:]}"
    jobs = [answer["parameters"]["job"] for answer in found if "job" in answer.get("parameters", {})]
    for job in jobs:
        if set(job) != MEMBERS or job["name"] != "web" or not job["kept"]:
            yield f"listed: {job}"
        # a supervisor that has written its last record is about to go
        elif not until(lambda job=job: consistent(job["id"])):
            yield f"{job['state']}, and it is {is_held(STATE + '/jobs/' + job['id'])} that its lock is held"
    if len(jobs) > 1:
        yield f"{len(jobs)} jobs of one name"
    if jobs:
        status, found = call("Remove", {"job": "web", "force": True})
        if found != [{"parameters": {}}]:
            yield f"Remove ends with {found}"
    if not until(lambda: not os.listdir(f"{STATE}/jobs") and not ours("berth-job")):
        yield f"left: {ours('berth-job')} {os.listdir(STATE + '/jobs')}"
    status, found = varlink("run", json.dumps({**DETACHED, "name": "web"}), "true")
    if status != 0 or "started" not in json.dumps(found):
        yield f"the name is not free: {found}"
    status, _, said = run([*become("alice"), BERTH, "run", "-q", "host", "true"], "alice")
    if status != 0:
        yield f"the next call ends with {status}: {said}"


def consistent(job):
    _, found = call("Inspect", {"job": job})
    state = found[-1].get("parameters", {}).get("job", {}).get("state")
    path = f"{STATE}/jobs/{job}"
    return state is None or not os.path.exists(path) or is_held(path) == (state != "exited")


def main():
    chance, count, bad = random.Random(int(sys.argv[1])), int(sys.argv[2]), 0
    for scene, (before, do, victims) in SCENES.items():
        for victim, (whose, _) in victims.items():
            who, numbers = calls(scene, victim)
            kills = 0
            # For a call that did not come this time another one.
            for number, name in chance.sample(numbers, min(count * 6, len(numbers))) if count else numbers:
                if count and kills == count:
                    break
                clean()
                before()
                attached = Attached(whose(), who, number, f"kill:{name}")
                do()
                until(attached.over, 0.3)
                attached.end()
                kills += attached.happened()
                wrong = list(judge())
                if wrong:
                    bad += 1
                    print(f"{scene}: {victim} killed at its {NAMES.get(name, name)} {number}: " + "; ".join(wrong))
            print(f"{scene} / {victim}: {kills} kills", flush=True)
    sys.exit(1 if bad else 0)


main()
