"""A program on a new terminal, and a test that types. SPDX-License-Identifier: ISC

Used by Python programs of the tests:  sys.path.insert(0, TOP + "/tests/lib"); from onpty import *
What is waited for is waited for up to PATIENCE seconds; nothing else depends on time.
"""
import errno
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 30


class Late(Exception):
    pass


class Terminal:
    """CMD in a session of its own on a terminal of that size, with our environment and env."""

    def __init__(self, *cmd, rows=24, columns=80, env=None):
        self.master, self.slave = os.openpty()
        self.resize(rows, columns)
        self.before = self.modes()
        self.seen = b""
        self.at = 0
        self.closed = False
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            # Python ignores SIGPIPE and has a handler for ^C, which may come as soon as there is a terminal
            for number in range(1, 32):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(number, signal.SIG_DFL)
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            os.environ.update(env or {})
            os.execvp(cmd[0], cmd)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def modes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        local, out = self.modes()[3], self.modes()[1]
        wrong = termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN
        return not local & wrong and not out & termios.OPOST

    def read(self, seconds):
        """What has come within so many seconds; False when nothing has."""
        if self.closed or not select.select([self.master], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.master, 65536)
        return True

    def type(self, data):
        """Types it all, and reads meanwhile: a terminal holds a few kilobytes."""
        data = data.encode() if isinstance(data, str) else data
        end = time.monotonic() + PATIENCE
        os.set_blocking(self.master, False)
        while data:
            if time.monotonic() > end:
                raise Late("nobody reads what is typed")
            ready = select.select([self.master], [self.master], [], 1)
            if ready[0]:
                self.read(0)
            if ready[1]:
                try:
                    data = data[os.write(self.master, data[:1024]):]
                except BlockingIOError:
                    pass
        os.set_blocking(self.master, True)

    def expect(self, pattern):
        """Waits for the pattern behind what was expected before; the match."""
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        end = time.monotonic() + PATIENCE
        while True:
            match = re.compile(pattern, re.S).search(self.seen, self.at)
            if match:
                self.at = match.end()
                return match
            if time.monotonic() > end:
                raise Late("no %r in %r" % (pattern, self.seen[self.at:][-2000:]))
            self.read(0.1)

    def until(self, what, condition):
        """Reads until the condition holds; what: the words for it when it does not."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                what = what() if callable(what) else what
                raise Late("%s; seen %r" % (what, self.seen[-1000:]))
            self.read(0.02)

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.closed = True

    def wait(self):
        """The status as a shell has it. All output has been read then."""
        end = time.monotonic() + PATIENCE
        while self.status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
                self.status = 128 - self.status if self.status < 0 else self.status
            elif time.monotonic() > end:
                raise Late("it does not end; seen %r" % self.seen[-1000:])
            elif not self.closed:
                self.read(0.02)
            else:
                time.sleep(0.02)
        if not self.closed:
            self.read_to_here()
        return self.status

    def read_to_here(self):
        """All that has been written so far: what we write comes behind it."""
        mark, end = b"\0\0the end of %d\0\0" % self.pid, time.monotonic() + PATIENCE
        tty = os.open(os.ttyname(self.slave), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            os.write(tty, mark)
        except BlockingIOError:
            end = 0  # it is stopped: nothing comes through
        os.close(tty)
        while mark not in self.seen and (self.read(0.05) or time.monotonic() < end):
            pass
        self.seen = self.seen.replace(mark, b"")

    def kill(self):
        """For a test that has failed."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = 137


def processes(field, pattern):
    """pids whose /proc/PID/FIELD matches."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/%s" % (pid, field), "rb") as file:
                if re.search(pattern.encode(), file.read().replace(b"\0", b" ")):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def state_of(pid):
    """The letter of proc(5): T is stopped; "" when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def say(good, what, why=""):
    """One line of what was looked at, for looked_at of tap.sh: "ok WHAT" or "not ok WHAT -- WHY"."""
    text = str(why).encode("ascii", "backslashreplace").decode().replace("\n", " ")
    print("ok " + what if good else "not ok %s -- %s" % (what, text), flush=True)


def same(got, wanted, what):
    say(got == wanted, what, "got %r, wanted %r" % (got, wanted))
