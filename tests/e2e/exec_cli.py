#!/usr/bin/env python3
"""berth exec -t and -it in the job "web", as a person at a terminal drives them. SPDX-License-Identifier: ISC

Only for exec_cli.t; prints a line "ok WHAT" or "not ok WHAT -- WHY" for each thing that was looked at.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from onpty import Terminal, processes, same, say  # noqa: E402


def terminal(*words, **more):
    return Terminal("berth", "exec", "-q", *words, **more)


t = terminal("-t", "web", "tty")
say(t.wait() == 0 and t.seen.startswith(b"/dev/pts/"), "-t: a terminal of the job's own", t.seen)
t = terminal("-it", "web", "sh", "-c", "stty size; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo all; exit 7",
             rows=43, columns=132, env={"TERM": "vt220"})
same((t.wait(), t.seen), (7, b"43 132\r\nvt220\r\nall\r\n"), "-it: size, TERM, three streams, status")
same(t.modes(), t.before, "the caller's terminal is as before")

REPORT = """
import os, signal, time
def report(*_):
    columns, rows = os.get_terminal_size(0)
    os.write(1, b"%d %d\\n" % (rows, columns))
signal.signal(signal.SIGWINCH, report)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""
t = terminal("-it", "web", "python3", "-c", REPORT)
t.expect("ready")
t.until("it does not become raw", t.is_raw)
t.resize(50, 100)
say(t.expect("50 100\r\n"), "the size follows")
t.type(b"\x03")
same(t.wait(), 130, "^C is the command's")

t = terminal("-it", "web", "sh")
t.expect("# ")
t.type("echo in''side; exit 5\r")
t.expect("inside")
same(t.wait(), 5, "a shell")

done = subprocess.run(["berth", "exec", "-it", "web", "true"], stdin=subprocess.DEVNULL, capture_output=True)
say(done.returncode == 125 and b"not a TTY" in done.stderr, "-it without a terminal is refused", done.stderr)
done = subprocess.run(["berth", "exec", "-q", "-t", "web", "seq", "20000"], stdin=subprocess.DEVNULL, capture_output=True)
same(done.stdout, b"".join(b"%d\r\n" % n for n in range(1, 20001)), "-t into a pipe: whole, in order")

t = Terminal("berth", "exec", "--detach-keys=ctrl-a,d", "-it", "web", "sh", "-c", "echo ready; exec sleep 4711")
t.expect("ready")
t.until("it does not become raw", t.is_raw)
t.type(b"\x01d")
same(t.wait(), 0, "the keys that detach")
say(b"detached: the command goes on in the job web" in t.seen, "it is said that it goes on", t.seen)
t.until("it does not", lambda: len(processes("cmdline", "^sleep 4711")) == 1)
say(True, "and it does")

t = terminal("-it", "web", "sh", "-c", "echo ready; exec sleep 4712")
t.expect("ready")
t.until("it does not run", lambda: processes("cmdline", "^sleep 4712"))
t.hang_up()
t.wait()
t.until("it stays", lambda: not processes("cmdline", "^sleep 4712"))
say(True, "a terminal that is closed ends it")
same(len(processes("cmdline", "^sleep 1001")), 1, "and not the job")
