#!/usr/bin/env python3
"""^C, ^Z, ^\\ and a closed terminal while engine and job start. SPDX-License-Identifier: ISC

a11_terminal_signals.py SEED ROUNDS SECONDS   as a granted user, with no engine running. In each round a job is
started on a new terminal, and after a random part of the time that this takes one of the four
happens. Then all must settle: the client has ended, no launcher and no job is left, and there is
either an engine that serves or none at all. That engine is stopped again.
When SECONDS are over 50 rounds are enough. Prints "reached N started, M not", and a line "bad ROUND WHAT" for what did not settle.
"""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from onpty import PATIENCE, Late, Terminal  # noqa: E402

STATE = "/home/alice/state"
FLAGS = (["-it"], ["-t"], ["-i"], [])
ACTS = ("^C", "^Z", "^\\", "close")


def start(flags):
    return Terminal("berth", "run", "-q", *flags, "host", "sh", "-c", "echo ready; sleep 0.02; exit 0")


def ours():
    """(name, an id of root's) of every process of berth, sorted."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid) as file:
                lines = dict(line.split(":\t", 1) for line in file if line.startswith(("Name", "Uid")))
        except OSError:
            continue
        if lines.get("Name", "").startswith("berth"):
            found.append((lines["Name"].strip(), "0" in lines["Uid"].split()))
    return sorted(found)


def settled():
    """Nothing, or one engine, the init of its namespace and what it has made ahead; no job, nobody who was root."""
    jobs = os.listdir(STATE + "/jobs") if os.path.isdir(STATE + "/jobs") else []
    engine = [("berth-engine", False), ("berth-launcher", False)]
    return ours() in ([], engine, engine + [("berth-spare", False)]) and not jobs


def stop_engine():
    done = subprocess.run(["berth", "daemon", "stop"], capture_output=True)
    return done.returncode


def act(t, what):
    """Does it, and then what a person does to go on."""
    if what == "close":
        t.hang_up()
    elif what == "^Z":
        t.type(b"\x1a")
        # A stop of a session without a shell is ignored; by kill(1) it can be had all the same.
        for number in random.choice(((), (signal.SIGTSTP, signal.SIGCONT), (signal.SIGSTOP, signal.SIGCONT))):
            try:
                os.kill(t.pid, number)
            except ProcessLookupError:
                break
            t.read(random.uniform(0, 0.01))
    else:
        t.type({"^C": b"\x03", "^\\": b"\x1c"}[what])


def how_long():
    """Seconds from nothing to a job that is over, engine included."""
    began = time.monotonic()
    start(["-it"]).wait()
    took = time.monotonic() - began
    stop_engine()
    return took


def one_round(number, span, verdicts):
    flags, what = random.choice(FLAGS), random.choice(ACTS)
    offset = span * random.random() ** 2  # the engine's start comes first
    where = "%d (%s %s after %.1f ms)" % (number, " ".join(flags), what, offset * 1000)
    t = start(flags)
    end = time.monotonic() + offset
    while (left := end - time.monotonic()) > 0:
        t.read(left)
    before = t.modes()
    act(t, what)
    try:
        t.wait()
        if what != "close" and t.modes() != t.before:
            print("bad", where, "the terminal is not as it was:", before, t.modes())
        t.until(lambda: "%s are left" % ours(), settled)
        up = bool(ours())
        status = stop_engine()
        if status != 0:
            print("bad", where, "an engine is there and cannot be stopped:", status)
        t.until("the engine is left", lambda: not ours())
        verdicts[up] += 1
    except Late as why:
        print("bad", where, why)
        t.kill()
    if not t.closed:
        t.hang_up()


def main(seed, rounds, seconds):
    random.seed(int(seed))
    end = time.monotonic() + int(seconds)
    spans = sorted(how_long() for _ in range(5))
    # beyond the end as well: a signal may come when all is over
    span = min(1.2 * spans[2], PATIENCE)
    verdicts = {True: 0, False: 0}
    for number in range(int(rounds)):
        if number >= 50 and time.monotonic() > end:
            break
        one_round(number, span, verdicts)
    print("reached %d started, %d not, in %.1f ms" % (verdicts[True], verdicts[False], span * 1000))


main(*sys.argv[1:])
