#!/usr/bin/env bash
# C14 (CVE-2017-5226, CVE-2005-4890, CVE-2019-10063): a job types into the terminal of its caller,
# and the caller's shell runs it. A terminal is not passed; if a client of the user's own passes one,
# the calls that type are refused, also with the high half of the request set.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined

terminal() {
	local -a how=(as "$1")
	[ "$1" != root ] || how=(root)
	"${how[@]}" /usr/bin/python3 "$TOP/tests/attack/terminal.py" "${@:2}"
}
# Root may type into any terminal, whatever dev.tty.legacy_tiocsti says.
run terminal root "$TESTBIN/probe" tty
like "$out" 'TIOCSTI 0 ok' "C14 control: outside, root types into its terminal"
like "$out" 'TIOCSTI\+high 0 ok' "C14 control: the kernel does not look at the high half"
like "$out" 'open /dev/tty ok' "C14 control: it has a controlling one"
like "$out" 'typed [1-9]' "C14 control: and what was typed arrives"
run terminal root "$TESTBIN/probe" fds
like "$out" '0 tty' "C14 control: its streams are terminals"

# Without --foreground timeout(1) makes a background group of it, which a terminal's modes stop.
berth=(timeout --foreground -k 5 "$JOB_SECONDS" berth run -q "${PROBE[@]}")

# by WHAT CMD...: the probe by CMD, on a terminal
judge() {
	like "$out" 'status 0' "C14 $1: the probe has run"
	like "$out" 'TIOCSTI 0 E' "C14 $1: it has tried"
	unlike "$out" 'TIOC[A-Z+a-z]* [0-9]+ ok' "C14 $1: nothing can be typed or taken"
	unlike "$out" '(TIOCSTI|TIOCLINUX)[+a-z]* [0-9]+ E(NOTTY|INVAL|IO)' "C14 $1: the filter itself refuses"
	unlike "$out" 'tty ok|TIOCSCTTY ok' "C14 $1: there is no controlling terminal, nor can one be had"
	like "$out" 'typed 0$' "C14 $1: the caller's terminal got 0 bytes"
}
run terminal alice "${berth[@]}" -i host /t/probe tty
judge "-i on a terminal"
run terminal alice "${berth[@]}" host /t/probe tty
judge "without -i on a terminal"
run terminal alice sh -c '"$@" </dev/null' - "${berth[@]}" -i host /t/probe tty
judge "standard input is none"
run terminal alice sh -c 'true | "$@" 2>/dev/null' - "${berth[@]}" -i host /t/probe tty
judge "standard output alone is one"
run terminal alice sh -c 'exec 7<>/dev/tty 9>&1; "$@"' - "${berth[@]}" -i host /t/probe tty
judge "more descriptors are terminals"
run terminal alice "${berth[@]}" -i -u 1000 host /t/probe tty
judge "as another user of the job"

run terminal alice bash -c 'exec 7<>/dev/tty 9>&1 11</; "$@"' - "${berth[@]}" -i host /t/probe fds
is "$(grep -c ' other' <<<"$out"):$(grep -c ' tty' <<<"$out")" "3:0" "C14 a job has three descriptors, none a terminal"

# A client that passes the terminal itself. That is the user's own doing, and still nobody types.
cat >/tmp/pass.py <<'EOF'
import importlib.util, os, sys
sys.argv[1:] = ["hello"]
spec = importlib.util.spec_from_file_location("varlink", os.environ["CLIENT"])
client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(client)
sock = client.connect()
source = os.path.realpath(os.environ["TESTBIN"])
mount = {"type": "bind", "source": source, "target": "/t", "fd": 4, "readonly": True}
call, fds = client.run_call({"mounts": [mount]}, ["/t/probe", "tty"])
client.send(sock, client.frame(client.HELLO) + client.frame(call), [*fds, os.open(source, os.O_PATH)])
for answer in client.answers(sock):
    if isinstance(answer, str) or "status" in answer.get("parameters", {}):
        break
sys.exit(answer["parameters"]["status"] if isinstance(answer, dict) else 99)
EOF
run terminal alice env CLIENT="$TOP/tests/attack/varlink.py" TESTBIN="$TESTBIN" /usr/bin/python3 /tmp/pass.py
like "$out" 'TIOCSCTTY 0 EPERM' "C14 a client that passes its terminal: the job does have it"
judge "a client that passes its terminal"

# With -t the job has a terminal, of its own: it is not the caller's, and neither can be typed into.
own() {
	like "$out" 'status 0' "C14 $1: the probe has run"
	like "$out" 'open /dev/tty ok' "C14 $1: the job has a controlling terminal"
	like "$out" 'TIOCSTI 0 EPERM' "C14 $1: it has tried to type"
	unlike "$out" '(TIOCSTI|TIOCLINUX)[+a-z]* [0-9]+ (ok|E(NOTTY|INVAL|IO))' "C14 $1: the filter itself refuses, whatever the high half"
	like "$out" 'typed 0$' "C14 $1: the caller's terminal got 0 bytes"
}
for flags in -t -it "-it -u 1000"; do
	# shellcheck disable=SC2086
	run terminal alice "${berth[@]}" $flags host /t/probe tty
	own "$flags"
done
run terminal alice sh -c 'exec 7<>/dev/tty 9>&1; "$@"' - "${berth[@]}" -it host /t/probe tty
own "-it, and more descriptors are terminals"
run terminal alice sh -c 'exec 7<>/dev/tty 9>&1; "$@"' - "${berth[@]}" -it host /t/probe fds
is "$(grep -cE '^[0-9]+ (tty|other)' <<<"$out"):$(grep -c ' tty' <<<"$out")" "3:3" "C14 -it: a job has three descriptors"
# Whether any process of the job has the caller's terminal open: it has a device and inode of its own.
mkdir /tmp/which
cat >/tmp/which/which.py <<'EOF'
import glob, os, sys
def identity(of):
    status = os.stat(of)
    return "%d:%d" % (status.st_dev, status.st_ino)
print("job", os.ttyname(0), os.stat("/dev/tty").st_rdev == os.makedev(5, 0))
print("names", *sorted(glob.glob("/dev/pts/*") + glob.glob("/dev/tty*") + glob.glob("/dev/console")))
print("same", os.stat("/dev/console").st_rdev == os.stat(0).st_rdev)
seen = 0
for name in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        seen += 1
        if identity(name) == sys.argv[1]:
            print("the caller's:", name)
    except OSError:
        pass
print("looked", seen > 0)
EOF
run terminal alice sh -c 'exec "$@" "$(stat -L -c %d:%i /dev/stdin)"' - "${berth[@]}" -it -v /tmp/which:/m:ro host python3 /m/which.py
like "$out" 'job /dev/pts/0 True' "C14 -it: it is the first of the job's own"
like "$out" $'names /dev/console /dev/pts/0 /dev/pts/ptmx /dev/tty\n' "C14 -it: there is no other"
like "$out" 'same True' "C14 -it: /dev/console is it too"
like "$out" 'looked True' "C14 -it: the descriptors of the job's processes were looked at"
unlike "$out" "the caller's" "C14 -it: none is the caller's terminal"
run terminal alice sh -c 'exec "$@"' - "${berth[@]}" -it host sh -c 'ls /proc/1/fd; cat /proc/1/fd/3; echo over'
like "$out" 'Permission denied.*Permission denied.*over' "C14 -it: the supervisor's descriptors, the master above all, are out of reach"
# A job that gives its terminal up and takes one again; the caller keeps its own.
cat >/tmp/which/take.py <<'EOF'
import fcntl, os, signal, termios
signal.signal(signal.SIGHUP, signal.SIG_IGN)
fcntl.ioctl(0, termios.TIOCNOTTY)
if os.fork() == 0:
    os.setsid()
    for fd in (0, 1, 2):
        for arg in (0, 1):
            try:
                fcntl.ioctl(fd, termios.TIOCSCTTY, arg)
                os.write(1, b"took %s\n" % os.ttyname(fd).encode())
            except OSError:
                pass
    os._exit(0)
os.wait()
EOF
run terminal alice sh -c '"$@"; echo own >/dev/tty' - "${berth[@]}" -it -v /tmp/which:/m:ro host python3 /m/take.py
like "$out" 'took /dev/pts/0' "C14 -it: a job may take its own terminal again"
like "$out" $'\nown\nstatus 0\ntyped 0$' "C14 -it: the caller keeps its controlling one"

# A terminal that the job has made itself is subject to the same.
run job "${PROBE[@]}" host python3 -c '
import os, pty, subprocess
pid, master = pty.fork()
if pid == 0:
    os.execv("/t/probe", ["probe", "tty"])
data = b""
try:
    while more := os.read(master, 4096):
        data += more
except OSError:
    pass
print(data.decode())'
like "$out" 'open /dev/tty ok' "C14 a job can have a terminal of its own"
unlike "$out" 'TIOC(STI|LINUX)[+a-z]* [0-9]+ [^E]' "C14 and may not type into that either"
ok "C14 nothing is left of the jobs" jobs_are_gone
done_testing
