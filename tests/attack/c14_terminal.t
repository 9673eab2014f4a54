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

berth=(timeout -k 5 "$JOB_SECONDS" berth run -q "${PROBE[@]}")

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
