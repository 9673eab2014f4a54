#!/usr/bin/env python3
"""Jobs with terminals, as a person at one drives them. SPDX-License-Identifier: ISC

terminal.py list       prints the names of the cases
terminal.py NAME       runs one, as a granted user; prints a line "ok WHAT" or "not ok WHAT: WHY" for
                       each thing that was looked at
Only for terminal.t: it says which world this needs.
"""
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from onpty import PATIENCE, Late, Terminal, processes, same, say, state_of  # noqa: E402

open_terminals = []
asked = []


def terminal(*cmd, **more):
    open_terminals.append(Terminal(*cmd, **more))
    return open_terminals[-1]


def berth(*words, **more):
    return terminal("berth", "run", "-q", *words, **more)


def shell(**more):
    """A caller's shell with job control."""
    t = terminal("bash", "--norc", "--noprofile", "-i", env={"PS1": "outer> "}, **more)
    t.expect("outer> ")
    return t


def ask(t, command):
    """What the shell prints for it; the shell is at its prompt before and after."""
    asked.append(command)
    t.type("%s; echo 'ans'wer%d\r" % (command, len(asked)))
    return t.expect("(.*)answer%d\r\n.*outer> " % len(asked))[1]


def restored(t, what):
    same(t.modes(), t.before, "the caller's terminal is as before: " + what)


def ready(t):
    """The job of t has said so, and the terminal is raw by now."""
    t.expect("ready")
    t.until("it does not become raw", t.is_raw)


def in_foreground(pattern):
    """Has the process with that command line the terminal? Fields 5 and 8 of proc(5)'s stat."""
    for pid in processes("cmdline", pattern):
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        if fields[2] == fields[5]:
            return True
    return False


def case_terminal():
    t = berth("-t", "host", "tty")
    same((t.wait(), t.seen.strip()), (0, b"/dev/pts/0"), "tty(1) with -t")
    t = berth("-it", "host", "sh", "-c", "tty; test -t 0 && test -t 1 && test -t 2 && echo all; exit 7")
    same((t.wait(), t.seen), (7, b"/dev/pts/0\r\nall\r\n"), "three streams of -it are one terminal")
    restored(t, "after a short job")
    t = berth("-it", "host", "sh", "-c", "echo tty >/dev/tty; echo console >/dev/console; ps -o tpgid= -p $$")
    t.wait()
    same(t.seen.split(), [b"tty", b"console", b"2"], "it is /dev/tty and /dev/console, and the job is in its foreground")
    t = berth("-it", "-u", "1000:1000", "host", "sh", "-c", "stat -c %u:%g:%a $(tty); echo x >$(tty)")
    same((t.wait(), t.seen.split()), (0, [b"1000:5:620", b"x"]), "another user's job owns its terminal")
    t = berth("-it", "host", "sh", "-c", "ls /dev/pts; python3 -c 'import os; print(os.ttyname(os.openpty()[1]))'")
    t.wait()
    same(t.seen.split(), [b"0", b"ptmx", b"/dev/pts/1"], "only its own terminals are there, and it can make more")
    t = berth("-it", "--read-only", "host", "sh", "-c", "tty; touch /x 2>/dev/null || echo ro")
    t.wait()
    same(t.seen.split(), [b"/dev/pts/0", b"ro"], "with --read-only as well")


def case_variables():
    for given, flags, wanted in (
        ({"TERM": "vt220"}, [], b"vt220"), ({"TERM": "x;y"}, [], b"xterm"), ({"TERM": ""}, [], b"xterm"),
        ({"TERM": "\033[31m"}, [], b"xterm"), ({"TERM": "x" * 65}, [], b"xterm"), ({}, ["-e", "TERM=dumb"], b"dumb"),
    ):
        t = berth("-t", *flags, "host", "sh", "-c", "echo $TERM", env=given)
        t.wait()
        same(t.seen.strip(), wanted, "TERM for %r %s" % (given, " ".join(flags)))
    done = subprocess.run(["berth", "run", "-q", "host", "env"], capture_output=True, env={**os.environ, "TERM": "vt220"})
    same(b"TERM" in done.stdout, False, "no TERM without -t")


# A shell's trap may be lost while the one before it runs.
REPORT_SIZES = """
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
def report(*_):
    columns, rows = os.get_terminal_size(0)
    os.write(1, b"%d %d\\n" % (rows, columns))
signal.signal(signal.SIGWINCH, report)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


def case_size():
    for flags in (["-t"], ["-it"]):
        t = berth(*flags, "host", "stty", "size", rows=43, columns=132)
        t.wait()
        same(t.seen.strip(), b"43 132", "the size at the start, %s" % flags[0])
    t = berth("-it", "host", "python3", "-c", REPORT_SIZES, rows=24, columns=80)
    ready(t)
    for rows, columns in ((50, 100), (1, 1), (65535, 65535), (30, 90)):
        t.resize(rows, columns)
        say(t.expect("%d %d\r\n" % (rows, columns)), "resized to %d %d, the job is told" % (rows, columns))
    os.kill(t.pid, signal.SIGTERM)
    t.wait()
    t = berth("-t", "host", "python3", "-c", REPORT_SIZES)
    t.expect("ready")
    t.resize(50, 100)
    say(t.expect("50 100\r"), "without -i too")
    t.type(b"\x03")
    same(t.wait(), 130, "and ^C ends it")


def case_pipes():
    def run(*words, data=b"", **more):
        return subprocess.run(["berth", "run", "-q", *words], input=data, capture_output=True, **more)

    done = run("-t", "host", "sh", "-c", "tty; stty size; exit 4")
    same((done.returncode, done.stdout, done.stderr), (4, b"/dev/pts/0\r\n0 0\r\n", b""), "-t without any terminal")
    done = run("-it", "host", "true")
    same((done.returncode, done.stdout), (125, b""), "-it without a terminal is refused")
    same(len(done.stderr.splitlines()), 3, "in three lines")
    say(b"not a TTY" in done.stderr and b"-i without -t" in done.stderr, "which say why and what to do", done.stderr)
    done = run("-t", "host", "seq", "200000")
    same(done.stdout, b"".join(b"%d\r\n" % n for n in range(1, 200001)), "1.5 MB of a terminal into a pipe: whole, in order")
    done = subprocess.run("berth run -q -t host yes | head -n1", shell=True, capture_output=True, timeout=60)
    same(done.stdout, b"y\r\n", "-t into head ends")
    t = terminal("sh", "-c", "berth run -q -it host sh -c 'tty; seq 50000' | wc -l")
    t.wait()
    same(t.seen.strip(), b"50001", "-it with its output in a pipe")
    restored(t, "after -it into a pipe")


def no_such_command(t):
    t.wait()
    say(b"cannot run /nonexistent" in t.seen, "says why it cannot start", t.seen)


def with_raw(*flags, what, act, status, command="trap '' HUP; echo ready; exec sleep 4701"):
    t = berth(*flags, "-it", "host", "sh", "-c", command)
    ready(t)
    act(t)
    same(t.wait(), status, "status: " + what)
    restored(t, what)
    return t


def kill_all(field, pattern):
    """Once there are any: what is started may not have become it yet."""
    end = time.monotonic() + PATIENCE
    while not (found := processes(field, pattern)):
        if time.monotonic() > end:
            raise Late("there is no " + pattern)
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def case_restored():
    t = berth("-it", "host", "sh", "-c", "echo ready; exec sleep 4701")
    ready(t)
    say(t.is_raw(), "raw while a job runs with -it")
    kill_all("cmdline", "^sleep 4701")
    same(t.wait(), 137, "status: the job is killed")
    restored(t, "the job is killed")
    with_raw(what="it ends by itself", act=lambda t: t.type("x\r"), status=3, command="echo ready; read x; exit 3")
    t = with_raw(what="the supervisor is killed with -9", act=lambda t: kill_all("comm", "^berth-job"), status=125)
    say(b"connection to the job was lost" in t.seen, "and it is said", t.seen)
    with_raw(what="the client gets SIGTERM", act=lambda t: os.kill(t.pid, signal.SIGTERM), status=143)
    with_raw(what="the client gets SIGHUP", act=lambda t: os.kill(t.pid, signal.SIGHUP), status=129)
    for name in ("SEGV", "ABRT", "BUS", "XCPU", "PWR", "SYS", "STKFLT", "RTMIN", "RTMAX"):
        number = getattr(signal, "SIG" + name)
        with_raw(what="the client gets SIG" + name, act=lambda t: os.kill(t.pid, number), status=128 + number)
    t = with_raw("--timeout=5s", what="its time is over", act=lambda t: None, status=124, command="echo ready; exec sleep 4701")
    def stop_and_continue(t):
        os.kill(t.pid, signal.SIGSTOP)
        t.until("it is not stopped", lambda: state_of(t.pid) == "T")
        os.kill(t.pid, signal.SIGCONT)
        t.until("it is not continued", lambda: state_of(t.pid) != "T")
        t.type("x\r")
        t.expect("got x")
        say(t.is_raw(), "raw after SIGSTOP and SIGCONT")
        t.type("y\r")
    with_raw(what="SIGSTOP and SIGCONT in between", act=stop_and_continue, status=0, command="echo ready; read x; echo got $x; read y")
    t = berth("-it", "host", "/nonexistent")
    no_such_command(t)
    restored(t, "the command does not exist")
    t = berth("-it", "--network=host", "host", "true")
    same(t.wait(), 125, "status: refused")
    restored(t, "the job is refused")
    t = berth("-t", "host", "sh", "-c", "echo ready; exec sleep 4701")
    t.expect("ready")
    same(t.modes(), t.before, "-t alone does not change it")
    t.type(b"\x03")
    same(t.wait(), 130, "and ^C goes to the job as a signal")


def case_engine():
    """Alone, because others would have to wait for the next engine."""
    t = berth("-it", "host", "sh", "-c", "echo ready; read line; echo got $line; exit 6")
    ready(t)
    for pid in processes("comm", "^berth-engine"):
        os.kill(pid, signal.SIGKILL)
    t.until("the engine lives", lambda: not processes("comm", "^berth-engine"))
    t.type("hello\r")
    same(t.wait(), 6, "a job at a terminal outlives its engine")
    say(b"got hello" in t.seen, "and is typed to", t.seen)
    restored(t, "the engine was killed")


# Its output goes to somebody outside, who writes to it for ever; then it does what it was told.
GIVE_AWAY = """
import os, socket, sys, time
sock = socket.socket(socket.AF_UNIX)
sock.connect("/h/give")
socket.send_fds(sock, [b"x"], [1])
sock.recv(1)
print("given", flush=True)
exec(sys.argv[1])
"""


def given_away(*flags, then):
    """A job on a terminal, and the one who floods its output."""
    server = socket.socket(socket.AF_UNIX)
    server.bind("give")
    server.listen()
    t = berth(*flags, "-v", os.getcwd() + ":/h", "host", "python3", "-c", GIVE_AWAY, then)
    conn, _ = server.accept()
    output = socket.recv_fds(conn, 1, 1)[1][0]
    pid = os.fork()
    if pid == 0:
        conn.send(b"x")
        try:
            while True:
                os.write(output, b"flood\n" * 100)
        finally:
            os._exit(0)
    os.close(output)
    server.close()
    os.unlink("give")
    t.expect("given")
    return t, pid


def case_given():
    for flags in (["-i"], ["-it"]):
        t, writer = given_away(*flags, then="sys.exit(3)")
        same(t.wait(), 3, "%s: it ends with the job, though another goes on to write" % flags[0])
        restored(t, "another goes on to write")
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        t, writer = given_away(*flags, then="time.sleep(4709)")
        kill_all("comm", "^berth-job")
        same(t.wait(), 125, "%s: and with an error, its supervisor being gone" % flags[0])
        restored(t, "another writes after an error")
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    t = berth("-i", "host", "sh", "-c", "seq 11000; exit 4")
    t.wait()
    same(t.seen.split(), [b"%d" % n for n in range(1, 11001)], "what it left in its pipe arrives whole")


def case_keys():
    t = berth("-it", "host", "bash", "-c", "trap 'echo INT' INT; trap 'echo QUIT' QUIT; trap 'echo TSTP' TSTP; echo ready; while :; do sleep 0.05; done")
    ready(t)
    for key, name in ((b"\x03", "INT"), (b"\x1c", "QUIT"), (b"\x1a", "TSTP")):
        t.type(key)
        say(t.expect(name + "\r\n"), "-it: the key of SIG%s is the job's" % name)
    os.kill(t.pid, signal.SIGTERM)
    t.wait()
    for key, name in ((b"\x03", "INT"), (b"\x1c", "QUIT")):
        t = berth("host", "bash", "-c", "trap 'echo got; exit 42' %s; echo ready; while :; do sleep 0.05; done" % name)
        t.expect("ready")
        t.type(key)
        same(t.wait(), 42, "without -t: SIG%s is forwarded" % name)
    every = bytes(range(256)) * 3
    t = berth("-it", "--detach-keys=", "host", "sh", "-c", "stty raw -echo; echo ready; head -c %d | sha256sum; stty sane" % len(every))
    ready(t)
    t.type(every)
    t.wait()
    say(hashlib.sha256(every).hexdigest().encode() in t.seen, "all bytes can be typed, NUL and 8 bits too", t.seen)
    t = berth("-it", "host", "python3", "-c", "import os, tty; tty.setraw(1); os.write(1, bytes(range(256)))")
    t.wait()
    same(t.seen, bytes(range(256)), "all bytes can be written")
    t = berth("-it", "host", "sh", "-c", "echo ready; cat; echo over")
    ready(t)
    t.type("a line\r\x04")
    t.wait()
    say(b"a line\r\na line\r\nover" in t.seen, "^D ends the input", t.seen)


# A shell that waits for a vfork(2) whose child was stopped shows D.
STOPPED = ("T", "D")


def ticking(t):
    """Ticks come."""
    t.at = len(t.seen)
    t.expect(r"tick\r\n.*tick\r\n")


def quiet(t):
    """Nothing comes behind the prompt, which was the last to come."""
    before = len(t.seen)
    while t.read(0.5):
        pass
    return len(t.seen) == before


def case_stop():
    """^Z without -t, under a shell."""
    t = shell()
    t.type("berth run -q host sh -c 'while :; do echo tick; sleep 0.1; done; # job4702'\r")
    ticking(t)
    # the child that it has just forked is called the same
    jobs = sorted(processes("cmdline", r"^sh -c while.*job4702"))
    for _ in range(2):
        t.type(b"\x1a")
        say(t.expect(r"Stopped.*berth run.*outer> "), "^Z: the shell says Stopped")
        t.until("the job is not stopped", lambda: state_of(jobs[0]) in STOPPED)
        say(quiet(t), "and nothing comes any more")
        t.type("fg\r")
        ticking(t)
        say(state_of(jobs[0]) != "T", "fg: the job goes on")
    t.type(b"\x1a")
    t.expect("Stopped.*outer> ")
    t.type("bg\r")
    ticking(t)
    say(True, "bg: the job goes on behind the shell")
    t.type("fg\r")
    t.expect(r"berth run[^\r]*\r\n")
    ticking(t)
    t.type(b"\x03")
    t.expect("outer> ")
    t.type("echo status $?\r")
    say(t.expect(r"status 130\r"), "then ^C ends it: 130")
    t.type("berth run -q host sh -c 'echo tick; echo tick; exec sleep 4702'\r")
    ticking(t)
    t.type(b"\x1a")
    t.expect("Stopped.*outer> ")
    t.type("kill %1\r")
    t.until("it stays", lambda: not processes("cmdline", "^berth run .*sleep 4702"))
    t.type("wait %1; echo status $?\r")
    # The shell may have told its status before, and forgotten it.
    say(t.expect(r"status 143\r|Exit 143|Terminated"), "a stopped job can be killed: 143")
    t.expect(r"status \d+\r\n.*outer> ")
    t.type("berth run -q host sleep 4703\r")
    t.until("no job", lambda: processes("cmdline", "^sleep 4703"))
    t.type(b"\x1a")
    t.expect("Stopped.*outer> ")
    kill_all("cmdline", r"berth run -q host sleep 4703")
    t.until("a stopped job stays", lambda: not processes("cmdline", "^sleep 4703"))
    say(True, "a stopped job whose client is killed with -9 ends")
    t.type("exit\r")
    t.wait()


def case_background():
    t = shell()
    t.type("berth run -q -i host cat &\r")
    t.expect(r"\[1\] \d+\r\n")
    t.until("no job", lambda: processes("cmdline", "^cat "))

    def has_stopped():
        return b"Stopped" in ask(t, "jobs")

    t.until("it is not stopped", has_stopped)
    say(True, "a job that would take the shell's input is stopped (SIGTTIN)")
    t.type("fg\r")
    t.expect(r"berth run -q -i host cat\r\n")
    t.type("hello\r")
    say(t.expect(r"hello\r\nhello\r\n"), "fg: it reads")
    t.type(b"\x04")
    t.expect("outer> ")
    t.type("berth run -q -it host sh -c 'stty size; read x; echo got $x' &\r")
    t.expect(r"\[1\] \d+\r\n")
    t.until("it is not stopped", has_stopped)
    say(True, "-it in the background is stopped (SIGTTOU)")
    t.type("fg\r")
    t.expect(r"berth run -q -it[^\r]*\r\n")
    say(t.expect(r"24 80\r\n"), "fg: its output")
    t.until("not raw", t.is_raw)
    t.type("typed\r")
    say(t.expect(r"got typed\r\n"), "fg: it has the terminal")
    t.expect("outer> ")
    say(b" icanon " in ask(t, "stty -a"), "and the shell's modes are in order after it")
    t.type("berth run -q -it host sh -c 'echo ready; read x; echo got $x; # job4704'\r")
    ready(t)
    client = processes("cmdline", "^berth run -q -it host .*job4704")
    os.kill(client[0], signal.SIGTSTP)
    say(t.expect("Stopped.*outer> "), "-it: a client that is told to stop does")
    t.until("the job is not stopped", lambda: all(state_of(p) == "T" for p in processes("cmdline", "^sh -c .*job4704")))
    say(b" icanon " in ask(t, "stty -a"), "and has put the terminal back")
    t.type("fg\r")
    t.until("not raw", t.is_raw)
    t.type("more\r")
    say(t.expect(r"got more\r\n"), "fg: it has it again")
    t.expect("outer> ")
    t.type("sh -c 'trap \"\" TTOU; exec berth run -q -it host sh -c \"exec sleep 4710\"' & wait $!; echo status $?\r")
    t.expect(r"is ignored\r\n.*status 125\r")
    say(True, "-it in the background, and SIGTTOU is ignored: it says so and ends")
    say(b" icanon " in ask(t, "stty -a"), "and has left the terminal alone")
    t.type("exit\r")
    t.wait()


def case_bash():
    t = berth("-it", "host", "bash", "--norc", "--noprofile", "-i", env={"PS1": "x"}, rows=30, columns=100)
    t.expect("bash-.*# ")
    say(b"no job control" not in t.seen and b"cannot set terminal" not in t.seen, "bash has job control", t.seen)
    t.type("sleep 4705\r")
    t.until("no sleep", lambda: processes("cmdline", "^sleep 4705"))
    t.type(b"\x1a")
    say(t.expect(r"Stopped +sleep 4705"), "^Z stops what runs in it")
    t.type("bg\r")
    say(t.expect(r"sleep 4705 &"), "bg")
    t.type("jobs\r")
    say(t.expect(r"Running +sleep 4705"), "jobs")
    t.type("fg\r")
    t.expect(r"fg\r\n.*sleep 4705\r\n")
    # It is named before it has the terminal.
    t.until("sleep is not in the foreground", lambda: in_foreground("^sleep 4705"))
    t.type(b"\x03")
    t.expect("# ")
    t.type("echo status $?\r")
    say(t.expect(r"status 130"), "fg and ^C")
    t.type("echo one two\x1b[D\x1b[D\x1b[DX\r")
    say(t.expect(r"\rone Xtwo\r\n"), "the line is edited with arrows")
    t.type("exit 9\r")
    same(t.wait(), 9, "its status")
    restored(t, "after bash")


def case_programs():
    t = berth("-it", "-v", os.getcwd() + ":/h", "host", "vim.tiny", "-u", "NONE", "/h/edited", rows=24, columns=80, env={"TERM": "xterm"})
    t.expect("edited.*New")
    t.type("ihello from vi\x1b:wq\r")
    same(t.wait(), 0, "vi: ends")
    with open("edited") as file:
        same(file.read(), "hello from vi\n", "vi: what was typed is in the file")
    restored(t, "after vi")
    t = berth("-it", "host", "sh", "-c", "seq 1000 | less", env={"TERM": "xterm"})
    t.expect(r"\n23\r\n:")
    t.type(" ")
    t.expect(r"\n46\r\n:")
    t.type("G")
    say(t.expect(r"1000\r\n.*END"), "less: pages of the terminal's size, and the end")
    t.type("q")
    same(t.wait(), 0, "less: q ends it")
    t = berth("-it", "host", "top", "-d", "0.2", env={"TERM": "xterm"})
    t.expect("PID.*USER.*COMMAND.*top")
    t.expect("load average")
    t.type("q")
    same(t.wait(), 0, "top: shows the job's processes, and q ends it")
    t = berth("-it", "host", "python3", "-i", "-q", env={"TERM": "xterm"})
    t.expect(">>> ")
    t.type("print(6 * 7)\r")
    say(t.expect(r"\r\n42\r\n.*>>> "), "python3: its prompt")
    t.type("while True: print('spi' 'n')\r\r")
    t.expect("spin")
    t.type(b"\x03")
    say(t.expect("KeyboardInterrupt.*>>> "), "python3: ^C")
    # what is interrupted last is how python3 ends
    t.type("print(7 * 8)\r")
    t.expect(r"\r\n56\r\n.*>>> ")
    t.type(b"\x04")
    same(t.wait(), 0, "python3: ^D ends it")
    restored(t, "after python3")


def case_closed():
    for flags in (["-it"], ["-t"], []):
        name = " ".join(flags) or "without -t"
        # without -t it is the command's, as for any program, to ignore SIGHUP and stay
        ignore = "trap '' HUP TERM INT; " if flags else ""
        t = berth(*flags, "host", "sh", "-c", ignore + "echo ready; sleep 4706 & sleep 4706; exit")
        t.expect("ready")
        t.until("no job", lambda: len(processes("cmdline", "^sleep 4706")) == 2)
        t.hang_up()
        t.wait()
        t.until("it stays", lambda: not processes("cmdline", "^sleep 4706"))
        say(True, "a closed terminal ends a job: " + name)
    mark = os.getcwd() + "/hung-up"
    t = berth("-it", "-v", os.getcwd() + ":/h", "host", "bash", "-c", "trap 'echo saved >/h/hung-up; exit' HUP; echo ready; while :; do sleep 0.05; done")
    ready(t)
    t.hang_up()
    t.wait()
    t.until("no SIGHUP", lambda: os.path.exists(mark) and os.path.getsize(mark) > 0)
    say(True, "and one that can do something about it has the time to")
    t = berth("-it", "host", "sh", "-c", "trap '' HUP; echo ready; exec sleep 4706")
    ready(t)
    os.kill(t.pid, signal.SIGKILL)
    t.wait()
    t.until("it stays", lambda: not processes("cmdline", "^sleep 4706"))
    say(True, "kill -9 of the client ends a job at a terminal")


def case_detach():
    keys = (([], b"\x10\x11"), (["--detach-keys=ctrl-a,d"], b"\x01d"), (["--detach-keys=x"], b"x"), (["--detach-keys=ctrl-p,ctrl-p,q"], b"\x10\x10\x10q"))
    for number, (flags, typed) in enumerate(keys):
        mark = os.getcwd() + "/detached-%d" % number
        t = terminal("berth", "run", "--name=job%d" % number, *flags, "-it", "-v", os.getcwd() + ":/h", "host", "bash", "-c",
            "echo ready; until [ -e /h/go-%d ]; do sleep 0.05; done; seq 100000; echo $? >/h/detached-%d; exec sleep 4707" % (number, number))
        ready(t)
        t.type(typed)
        same(t.wait(), 0, "detached with %r: status" % typed)
        say(b"\r\nberth: detached: the job job%d goes on" % number in t.seen and b"berth attach job%d   to end it:  berth stop job%d\r\n" % (number, number) in t.seen, "it is said that it goes on", t.seen)
        restored(t, "detached")
        same(len(processes("comm", "^berth-job")), 1, "and it does")
        with open("go-%d" % number, "w"):
            pass
        t.until("held up by its output", lambda: os.path.exists(mark) and os.path.getsize(mark) > 0)
        say(True, "what it writes does not hold it up")
        state = subprocess.run(["berth", "daemon", "state"], capture_output=True).stdout.split()
        same(state[state.index(b"jobs") + 1], b"1", "the engine counts it")
        kill_all("cmdline", "^sleep 4707")
        t.until("it stays", lambda: not processes("comm", "^berth-job"))
    t = berth("-it", "host", "sh", "-c", "stty raw -echo; echo ready; head -c 6 | od -An -tx1; stty sane")
    ready(t)
    t.type(b"\x10a\x10\x10b\x10")
    t.type(b"c")
    t.wait()
    say(b"10 61 10 10 62 10" in t.seen, "a beginning of the keys that goes on otherwise is typed", t.seen)
    for wrong in ("ctrl-", "ctrl-1", "ctrl-P", "a,,b", ",", "a,", "ab", "DELL", "ctrl-p;ctrl-q", ",".join("a" * 17)):
        done = subprocess.run(["berth", "run", "--detach-keys=" + wrong, "-t", "host", "true"], capture_output=True)
        same((done.returncode, len(done.stderr.splitlines())), (125, 3), "--detach-keys=%s is refused" % wrong)
    # On a busy host it may be over before.
    for seconds in (2, 10, 30):
        t = berth("--timeout=%ds" % seconds, "-it", "host", "sh", "-c", "echo ready; exec sleep 4707")
        try:
            ready(t)
            t.type(b"\x10\x11")
        except (Late, OSError):
            pass
        if t.wait() != 124:
            break
    same(t.status, 0, "detached with a timeout")
    t.until("it stays", lambda: not processes("comm", "^berth-job"))
    say(True, "which ends it then")


def case_amount():
    lines = b"".join(b"%06d %s\r" % (n, b"x" * 70) for n in range(1300))
    t = berth("-it", "--detach-keys=", "host", "sh", "-c", "stty -echo; echo ready; head -n 1300 | sha256sum")
    ready(t)
    t.type(lines)
    t.wait()
    say(hashlib.sha256(lines.replace(b"\r", b"\n")).hexdigest().encode() in t.seen, "100 KB that are pasted arrive whole", t.seen)
    t = berth("-it", "host", "sh", "-c", "stty raw -echo; echo ready; sleep 1; head -c 60000 | sha256sum; stty sane")
    ready(t)
    t.type(b"y" * 60000)
    t.wait()
    say(hashlib.sha256(b"y" * 60000).hexdigest().encode() in t.seen, "what a job that is slow to read is typed arrives too", t.seen)
    for end in ("exit 5", "kill -9 $$"):
        t = berth("-it", "host", "sh", "-c", "seq 160000; " + end)
        status = t.wait()
        same((status, len(t.seen)), (5 if end == "exit 5" else 137, 1008895 + 160000), "1 MiB of output, then %s" % end)
        same(t.seen, b"".join(b"%d\r\n" % n for n in range(1, 160001)), "whole and in order")
    t = berth("-it", "host", "sh", "-c", "exec 3>/dev/tty 0<&- 1>&- 2>&-; exec 3>&-; sleep 0.5; echo still >/dev/tty; exit 8")
    same((t.wait(), t.seen), (8, b"still\r\n"), "a terminal that nobody has open for a moment is not at its end")
    t = berth("-it", "host", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo out$i; echo err$i >&2; done")
    t.wait()
    same(t.seen, b"".join(b"out%d\r\nerr%d\r\n" % (n, n) for n in range(1, 9)), "output and errors in their order")


def main(words):
    cases = {name[5:]: case for name, case in globals().items() if name.startswith("case_")}
    if words == ["list"]:
        print("\n".join(cases))
        return
    try:
        cases[words[0]]()
    except Late as why:
        say(False, "something did not happen", why)
    for t in open_terminals:
        t.kill()


main(sys.argv[1:])
