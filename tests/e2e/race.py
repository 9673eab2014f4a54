#!/usr/bin/env python3
# Clients against each other, and against an engine that leaves: see race.t. In an arena, as root.
#   race.py first ROUNDS CLIENTS   CLIENTS calls at once find no engine, ROUNDS times
#   race.py idle CALLS             CALLS calls or more, BATCH at a time; beside each batch the engine is
#                                  asked to leave as soon as nothing runs, until half as many have as
#                                  CALLS has batches
#   race.py timer ROUNDS           calls that arrive about when a time-out of 1 s is over
# Each job appends a line of its own to /home/alice/lines and ends with a status of its own. Prints
# what went wrong, and a summary; status 1 when anything did.
import collections
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

HOME = "/home/alice"
LINES = f"{HOME}/lines"
LOG = f"{HOME}/state/engine.log"
SOCKET = "/run/berth/1000/engine.sock"
BATCH = 4
PATIENCE = 60
ENVIRONMENT = {"HOME": HOME, "USER": "alice", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def call(token, status):
    return subprocess.Popen(
        ["/usr/local/bin/berth", "run", "-q", "-v", f"{HOME}:/h", "host", "/bin/sh", "-c",
         f"echo {token} >>/h/lines; exit {status}"],
        user=1000, group=1000, extra_groups=[], cwd=HOME, env=ENVIRONMENT,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process, token, status):
    """What is wrong with this call, or nothing."""
    try:
        said = process.communicate(timeout=PATIENCE)[1].decode(errors="replace").strip()
    except subprocess.TimeoutExpired:
        process.kill()
        return [f"{token} hangs"]
    return [] if process.returncode == status else [f"{token}: status {process.returncode}, not {status}: {said}"]


def engines():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read() == "berth-engine\n":
                    found.append(int(pid))
        except OSError:
            pass
    return found


def end_engines():
    while engines():
        for pid in engines():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.005)


def log_count(text):
    count = 0
    for name in (LOG + ".1", LOG):
        try:
            with open(name, encoding="utf-8", errors="replace") as file:
                count += file.read().count(text)
        except FileNotFoundError:
            pass
    return count


def check_lines(tokens):
    try:
        with open(LINES, encoding="utf-8") as file:
            seen = collections.Counter(file.read().split())
    except FileNotFoundError:
        seen = collections.Counter()
    return [f"{token} ran {seen[token]} times" for token in tokens if seen[token] != 1]


def first(rounds, clients):
    wrong, tokens = [], []
    for number in range(rounds):
        end_engines()
        before = log_count("engine started")
        batch = [(f"first-{number}-{client}", 1 + client) for client in range(clients)]
        tokens += [token for token, _ in batch]
        processes = [call(*one) for one in batch]
        for process, one in zip(processes, batch):
            wrong += finish(process, *one)
        count = log_count("engine started") - before
        # What an engine has just forked is called as it is for a moment.
        end = time.monotonic() + 5
        while len(engines()) != 1 and time.monotonic() < end:
            time.sleep(0.01)
        if count != 1 or len(engines()) != 1:
            wrong.append(f"round {number}: {count} engines were started, {len(engines())} run")
    return wrong + check_lines(tokens), f"{rounds} rounds of {clients} clients"


def ask_to_leave():
    """The pid of the engine that was asked."""
    hello = {"method": "io.berth.Engine.Hello", "parameters": {"client": "race"}}
    stop = {"method": "io.berth.Engine.Stop", "parameters": {"when_idle": True}}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(PATIENCE)
        try:
            sock.connect(SOCKET)
            peer = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            sock.sendall(b"".join(json.dumps(one).encode() + b"\0" for one in (hello, stop)))
            # The second answer, or the end.
            answers = 0
            while answers < 2:
                data = sock.recv(4096)
                answers += data.count(b"\0") if data else 2
            return peer
        except OSError:
            return None


def leaver(orders, found):
    """As alice: asks once for each byte; a byte back for each engine that it had not asked before."""
    os.setgroups([])
    os.setresgid(1000, 1000, 1000)
    os.setresuid(1000, 1000, 1000)
    asked = None
    while os.read(orders, 1):
        peer = ask_to_leave()
        if peer not in (None, asked):
            asked = peer
            os.write(found, b".")


def idle(calls):
    chance, wrong = random.Random(1), []
    (orders, order), (counter, found) = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(order)
        leaver(orders, found)
        os._exit(0)
    os.close(found)
    os.set_blocking(counter, False)
    number = left = 0
    while number < calls or (left < calls // BATCH // 2 and number < 5 * calls):
        batch = [(f"idle-{one}", 1 + one % 100) for one in range(number, number + BATCH)]
        number += BATCH
        asked = chance.randrange(BATCH + 1)
        processes = []
        for one in batch:
            if len(processes) == asked:
                os.write(order, b".")
            processes.append(call(*one))
            time.sleep(chance.random() * 0.004)
        if asked == BATCH:
            os.write(order, b".")
        for process, one in zip(processes, batch):
            wrong += finish(process, *one)
        try:
            left += len(os.read(counter, calls))
        except BlockingIOError:
            pass
    os.close(order)
    if left < calls // BATCH // 2:
        wrong.append(f"only {left} engines were asked to leave")
    return wrong + check_lines(f"idle-{one}" for one in range(number)), \
        f"{number} calls, {left} engines left in between"


def timer(rounds):
    wrong, tokens = [], []
    end_engines()
    before = log_count("engine leaves")
    chance = random.Random(1)
    for number in range(rounds):
        batch = [(f"timer-{number}-{client}", 1 + client) for client in range(4)]
        tokens += [token for token, _ in batch]
        time.sleep(1 + chance.uniform(-0.02, 0.04))
        processes = []
        for one in batch:
            processes.append(call(*one))
            time.sleep(0.004)
        for process, one in zip(processes, batch):
            wrong += finish(process, *one)
    left = log_count("engine leaves") - before
    return wrong + check_lines(tokens), f"{rounds} times about the end of a time-out, {left} engines left"


def main():
    numbers = map(int, sys.argv[2:])
    wrong, summary = {"first": first, "idle": idle, "timer": timer}[sys.argv[1]](*numbers)
    print("\n".join(wrong[:40]))
    print(summary)
    sys.exit(1 if wrong else 0)


main()
