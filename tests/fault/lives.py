#!/usr/bin/env python3
# kill -9 of a job's supervisor at one of its system calls, while the job is started without a client,
# entered, stopped, restarted, or writes so much that its log is rotated: tests/fault/lives.t runs it in an
# arena as root.
#   lives.py SEED COUNT          at most COUNT calls of each scene (0: all of them); one line a scene:
#                                "SCENE: KILLS kills of CALLS calls, LOST lost", before it what went wrong; status
#                                1 when anything did
# Environment: FAULT (the program fault), STATE (alice's state root).
import json
import os
import random
import re
import sys

from faultlib import Attached, become, listed, named as ours, read, run, until

STATE = os.environ["STATE"]
BERTH = "/usr/local/bin/berth"
SETHOSTNAME = 170  # what a supervisor alone does
RECORD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] .*")
# What a command prints goes into the next; each may fail, none may hang.
SCENES = {
    "exec": "id=$(berth run -d host sleep 300); berth exec $id true; berth exec $id sh -c 'exit 3'; berth stop -t 0 $id",
    "stop": "id=$(berth run -d host sh -c 'trap \"\" TERM; while :; do sleep 1; done'); berth stop -t 0 $id; berth wait $id",
    "restart": "id=$(berth run -d --restart on-failure:2 host sh -c 'echo x; exit 1'); berth wait $id; berth stop $id",
    "rotation": "id=$(berth run -d host sh -c 'yes " + 100 * "x" + " | head -c 9000000; echo end'); berth wait $id",
}


def call(words):
    return run([*become("alice"), *words], "alice")


def engine():
    return next(iter(ours("berth-engine")), None)


def jobs():
    try:
        return sorted(name for name in os.listdir(f"{STATE}/jobs") if re.fullmatch("[0-9a-f]{12}", name))
    except FileNotFoundError:
        return []


def record(job):
    try:
        return json.loads(read(f"{STATE}/jobs/{job}/state.json"))
    except (FileNotFoundError, NotADirectoryError):
        return None


def perform(scene, who, number):
    """(status, did the fault happen, what fault said)"""
    if engine() is None:
        call([BERTH, "daemon", "start"])
    attached = Attached(engine(), who, number, "kill")
    status, _, _ = call(["/bin/sh", "-c", SCENES[scene]])
    happened = attached.happened()
    return status, happened, attached.end()


def calls(scene):
    _, _, said = perform(scene, 0, 0)
    found = listed(said)
    who = min((p for p, _, number, _, _ in found if p >= 1 and number == SETHOSTNAME), default=-1)
    return who, sorted({number for p, number, *_ in found if p == who})


def torn(job):
    """Lines of its log that are no records."""
    count = 0
    for name in ("log", "log.1"):
        try:
            count += sum(not RECORD.fullmatch(line) for line in read(f"{STATE}/jobs/{job}/{name}").split("\n")[:-1])
        except FileNotFoundError:
            pass
    return count


def over(job):
    found = record(job)
    return found is None or found["state"] in ("exited", "created")


def judge(status):
    if status == -1:
        yield "hangs"
    call([BERTH, "ps", "-a"])
    for job in jobs():
        if not until(lambda: over(job), 20):
            yield f"{job} is still {record(job)}"
        if torn(job) > 1:
            yield f"{job}: {torn(job)} lines of its log are no records"
        for name in ("log", "log.1"):
            path = f"{STATE}/jobs/{job}/{name}"
            if os.path.exists(path) and os.path.getsize(path) > 8 << 20:
                yield f"{path} has {os.path.getsize(path)} bytes"


def clean():
    for job in jobs():
        status, out, said = call([BERTH, "rm", "-f", job])
        if status != 0:
            yield f"rm of {job} ends with {status}: {out}{said}"
    status, out, said = call([BERTH, "run", "-q", "host", "true"])
    if status != 0:
        yield f"the next call ends with {status}: {said}"
    if not until(lambda: not jobs() and not ours("berth-job")):
        yield f"left: {ours('berth-job')} {jobs()}"


def main():
    chance, count, bad = random.Random(int(sys.argv[1])), int(sys.argv[2]), 0
    for scene in SCENES:
        who, numbers = calls(scene)
        for wrong in clean():
            print(f"{scene}: without a kill: {wrong}")
            bad += 1
        kills = lost = 0
        for number in chance.sample(numbers, min(count, len(numbers))) if count else numbers:
            status, happened, _ = perform(scene, who, number)
            kills += happened
            wrong = list(judge(status))
            lost += any((record(job) or {}).get("reason") == "lost" for job in jobs())
            wrong += list(clean())
            if wrong:
                bad += 1
                print(f"{scene}: killed at call {number} of {len(numbers)}: " + "; ".join(wrong))
        print(f"{scene}: {kills} kills of {len(numbers)} calls, {lost} lost", flush=True)
    sys.exit(1 if bad else 0)


main()
