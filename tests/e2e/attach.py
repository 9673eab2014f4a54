#!/usr/bin/env python3
"""berth attach to jobs with terminals, as a person at one drives it. SPDX-License-Identifier: ISC

Only for attach.t; prints a line "ok WHAT" or "not ok WHAT -- WHY" for each thing that was looked at.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from onpty import Terminal, same, say, state_of  # noqa: E402


def berth(*words):
    return subprocess.run(["berth", *words], stdin=subprocess.DEVNULL, capture_output=True)


def watches(pid):
    """Does it look at a log?"""
    try:
        links = [os.readlink(file.path) for file in os.scandir("/proc/%d/fd" % pid)]
    except OSError:
        return False
    return any("inotify" in link for link in links)


def attach(*words, **more):
    t = Terminal("berth", "attach", *words, **more)
    t.until("it does not become raw", t.is_raw)
    return t


berth("run", "-dit", "--rm", "-e", "PS1=inner> ", "--name", "shell", "host", "bash", "--norc", "--noprofile")
t = attach("shell", rows=43, columns=132)
t.type("\r")
t.expect("inner> ")
t.type("stty size; tty\r")
say(t.expect("43 132\r\n/dev/pts/0\r\n"), "what is typed reaches the job's terminal, which has our size")
t.resize(50, 100)
t.type("until [ \"$(stty size)\" = '50 100' ]; do sleep 0.05; done; echo res''ized\r")
say(t.expect("resized\r\n"), "the size follows")
t.type(b"\x10\x11")
same(t.wait(), 0, "the keys that detach")
same(t.modes(), t.before, "the caller's terminal is as before")
say(b"detached: the job shell goes on" in t.seen, "it is said that it goes on", t.seen)

t = attach("shell", rows=50, columns=100)
say(t.expect("inner> "), "who returns at the same size sees the prompt, without typing")
t.type(b"\x10\x11")
t.wait()

one, two = attach("shell"), attach("--detach-keys=x", "shell")
one.type("echo bo''th\r")
say(one.expect("both\r\n") and two.expect("both\r\n"), "two at once see the same")
two.type("x")
same(two.wait(), 0, "one leaves")
one.type("echo st''ill\r")
say(one.expect("still\r\n"), "the other one stays")
done = berth("attach", "shell")
say(done.returncode == 64 and b"not a TTY" in done.stderr, "without a terminal it is refused", done.stderr)
look = subprocess.Popen(["berth", "attach", "--no-stdin", "shell"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
one.until("nobody watches", lambda: watches(look.pid))
one.type("echo lo''ok; exit 3\r")
same(one.wait(), 3, "the shell's status")
say(b"look\r\n" in look.communicate()[0] and look.returncode == 3, "who only looks needs no terminal, and has it too")

t = Terminal("berth", "run", "-it", "-e", "PS1=inner> ", "--name", "left", "host", "bash", "--norc", "--noprofile")
t.expect("inner> ")
t.until("it does not become raw", t.is_raw)
t.type(b"\x10\x11")
same(t.wait(), 0, "a job in the foreground is left")
t = attach("left")
t.type("echo ba''ck; exit 4\r")
t.expect("back\r\n")
same(t.wait(), 4, "and returned to")

berth("run", "-dit", "--rm", "--name", "keys", "host", "sh", "-c", "trap 'echo int' INT; echo up; while :; do sleep 0.05; done")
t = attach("keys")
t.until("its job is not up", lambda: b"up" in berth("logs", "keys").stdout)
t.type(b"\x03")
say(t.expect("int\r\n"), "^C is the job's")
t.hang_up()
t.wait()
same(berth("ps", "-q", "--filter", "name=keys").stdout != b"", True, "a terminal that is closed ends who looks, not the job")

shell = Terminal("bash", "--norc", "--noprofile", "-i", env={"PS1": "outer> "})
shell.expect("outer> ")
shell.type("berth attach --no-stdin keys\r")
shell.until("it does not run", lambda: subprocess.run(["pgrep", "-fx", "berth attach --no-stdin keys"], capture_output=True).stdout)
pid = int(subprocess.run(["pgrep", "-fx", "berth attach --no-stdin keys"], capture_output=True).stdout.split()[0])
shell.until("it does not watch", lambda: watches(pid))
shell.type(b"\x1a")
say(shell.expect("Stopped .*berth attach"), "^Z stops who only looks")
shell.type("fg\r")
shell.until("it is not continued", lambda: state_of(pid) == "S")
shell.type(b"\x03")
shell.expect("outer> ")
say(True, "and ^C ends it")
same(berth("ps", "-q", "--filter", "name=keys").stdout != b"", True, "the job goes on")
berth("rm", "-f", "keys")
