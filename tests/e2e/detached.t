#!/usr/bin/env bash
# Jobs without a client, as their supervisor keeps them: their log, their record on disk, those who wait
# for them, look at them, stop them, and what their restart policy says. Over the job's socket.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep jq
jobs_world security.confined
install -d -o alice -g alice -m 777 /home/alice/h

# detach JSON CMD...: runs a job without a client; its directory in $dir, and $ctl.
detach() {
	local params=$1
	shift
	rm -f /home/alice/h/*
	run as alice timeout 100 python3 - "$TOP/tests/attack/varlink.py" "$SOCKET" "$params" "$@" <<'END'
import json, os, sys
path, sock_path, more, *args = sys.argv[1:]
sys.argv[1:] = ["fds", "0", "0"]
here = {"__name__": "varlink"}
exec(compile(open(path).read().rsplit("\nmain(", 1)[0], path, "exec"), here)
params = {"detach": True, "stdin": None, "stdout": None, "stderr": None,
          "mounts": [{"type": "bind", "source": "/home/alice/h", "target": "/h", "fd": 1}]}
params.update(json.loads(more))
call, fds = here["run_call"](params, args)
sock = here["connect"](sock_path)
here["send"](sock, here["frame"](here["HELLO"]) + here["frame"](call),
             [fds[0], os.open("/home/alice/h", os.O_PATH)])
for number, answer in enumerate(here["answers"](sock, 90)):
    if number > 0:
        here["show"](answer)
END
	dir=$STATE/jobs/$(sed -n '1s/.*"id": "\([0-9a-f]*\)".*/\1/p' <<<"$out")
	ctl=$dir/ctl
}
ctl() {
	as alice timeout 200 python3 "$TOP/tests/e2e/ctl.py" "$ctl" "$@"
}
call() {
	ctl call "$1" "${2:-{\"job\": \"x\"\}}" "${3-}"
}
record() {
	jq -r "$1" "$dir/state.json"
}
# The job's output, as its records have it.
logged() {
	cat "$dir/log.1" "$dir/log" 2>/dev/null | python3 -c '
import re, sys
out = []
for line in sys.stdin.buffer.read().splitlines(True):
    m = re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) ([FP]) (.*)\n", line, re.S)
    if not m:
        sys.exit("no record: %r" % line[:100])
    out.append(m[3] + (b"\n" if m[2] == b"F" else b""))
sys.stdout.buffer.write(b"".join(out))'
}
logs() {
	[ "$(logged)" = "$1" ]
}
over() {
	[ "$(record .state)" = exited ]
}
is_over() {
	wait_for 20 over
}
done='{"parameters": {}}'
until_go='until [ -e /h/go ]; do sleep 0.02; done'

# --- the log and the record ----------------------------------------------------------------------
detach '{"keep": true}' sh -c "echo out; echo err >&2; printf part; $until_go; echo rest; exit 3"
is "$rc" 0 "detached: the call ends"
like "$out" '^\{"parameters": \{"event": "started", "id": "[0-9a-f]{12}", "name": "[0-9a-f]{12}"\}\}'$'\n''closed$' \
    "its last answer is that it has started"
is "$(record '[.state, .detached, .kept, .tty, .stopped, .restarts, .finished] | @csv')" '"running",true,true,false,false,0,0' \
    "the record says so"
like "$(record '.started - .created')" '^[0-9]+$' "and when"
ok "what it writes is in the log, also without a newline" wait_for 10 logs $'out\nerr\npart'
# Connections that the supervisor has.
connections() {
	[ "$(find "/proc/$(pgrep -u alice -x berth-job)/fd" -lname 'socket:*' | wc -l)" -eq "$1" ]
}
ok "the supervisor has the connection of nobody" wait_for 5 connections 1
call Wait >/run/arena/wait1 &
wait1=$!
call Wait >/run/arena/wait2 &
wait2=$!
ok "control: two wait" wait_for 10 connections 3
call Attach '' more >/run/arena/attach &
attach=$!
wait_for 10 grep -q descriptor /run/arena/attach
like "$(cat /run/arena/attach)" '"log": 0' "who attaches gets the log's directory"
like "$(cat /run/arena/attach)" 'descriptor: .*log .*state.json' "that is the job's"
unlike "$(cat /run/arena/attach)" 'input|terminal' "and no input: the job has none"
touch /home/alice/h/go
wait "$wait1" "$wait2" "$attach"
is "$(cat /run/arena/wait1)" $'{"parameters": {"log": 0, "reason": "exited", "status": 3, "why": ""}}\ndescriptor: ENOTDIR' \
    "who waits is told, with the file of its output"
is "$(cat /run/arena/wait1)" "$(cat /run/arena/wait2)" "each of them"
like "$(grep exited /run/arena/attach)" '"event": "exited", "log": 0, "reason": "exited", "status": 3' "who is attached, too"
is "$(tail -n1 /run/arena/attach)" "descriptor: ENOTDIR" "with the file of its output, whose name may be gone"
is "$(record '[.state, .status, .reason, .stopped] | @csv')" '"exited",3,"exited",false' "the record says how it ended"
ok "and when" test "$(record .finished)" -ge "$(record .started)"
is "$(logged)" $'out\nerr\npartrest' "the log is whole"
is "$(grep -c 'stderr F err' "$dir/log")" 1 "with the stream that it came from"
# Who waits is told before the supervisor has gone.
no_socket() {
	[ ! -e "$ctl" ]
}
ok "the socket is gone" wait_for 10 no_socket
detach '{}' sh -c 'echo x'
gone() {
	[ ! -e "$dir" ]
}
ok "one that is not kept: nothing is left of it" wait_for 10 gone
detach '{"keep": true}' no-such-program
like "$out" '"event": "exited", "reason": "not_found", "status": 127' "a program that is not there: told at once"
never_was() {
	! grep -qs not_found "$STATE"/jobs/*/state.json
}
ok "and nothing of it is kept" wait_for 10 never_was

# --- input ---------------------------------------------------------------------------------------
detach '{"keep": true}' sh -c 'cat; echo end'
ok "no input: it is at its end" is_over
is "$(logged)" end "and the job knows"
detach '{"keep": true, "interactive": true}' sh -c 'read -r line; echo "got $line"'
cat >/tmp/attach.py <<'END'
import os, sys
sys.argv[1:], args = [], sys.argv[1:]
here = {"__name__": "ctl", "__file__": args[0]}
sys.argv += ["x", "y"]
exec(compile(open(args[0]).read().rsplit("\nif __name__", 1)[0], args[0], "exec"), here)
sock = here["hand"](args[1], {"method": "io.berth.Engine.Attach", "parameters": {"job": "x"}, "more": True})
for answer, fds in here["answers"](sock):
    p = answer["parameters"] if isinstance(answer, dict) else {}
    if p.get("event") == "attached":
        os.write(fds[p[args[2]]], args[3].encode().decode("unicode_escape").encode())
        for signal in args[4:]:
            sock.sendall(here["frame"]({"method": "io.berth.Engine.Signal", "oneway": True,
                                        "parameters": {"signal": int(signal)}}))
    else:
        print(p.get("status", answer))
        break
END
chmod 644 /tmp/attach.py
attach() {
	as alice timeout 100 python3 /tmp/attach.py "$TOP/tests/e2e/ctl.py" "$ctl" "$@"
}
run attach input 'hello\n'
is "$out" 0 "interactive: its input is open, and who attaches writes to it"
is "$(logged)" "got hello" "the job reads it"
detach '{"keep": true, "interactive": true}' sh -c 'trap "echo usr; exit 6" USR1; echo up; while :; do sleep 0.02; done'
wait_for 10 logs up
run attach input 'x' 10
is "$out" 6 "a signal of who is attached reaches the job"

# --- a terminal ----------------------------------------------------------------------------------
detach '{"keep": true, "tty": true, "interactive": true, "rows": 11, "columns": 22}' \
    sh -c 'tty; stty size; read -r line; echo "got $line"; exit 5'
ok "a terminal: what is written to it is in the log" wait_for 10 logs $'/dev/pts/0\r\n11 22\r'
run attach terminal 'typed\n'
is "$out" 5 "who attaches types at it"
is "$(logged)" $'/dev/pts/0\r\n11 22\r\ntyped\r\ngot typed\r' "and the log has it to the end"
detach '{"keep": true, "tty": true}' sh -c 'seq 100000; echo end'
ok "nobody reads the terminal: the job goes on" is_over
is "$(logged | tr -d '\r' | tail -n 1)" end "and nothing is lost"
is "$(logged | wc -l)" 100001 "not a line"

# One that was in the foreground, and is let go of: from then on it is in the log.
rm -f /home/alice/h/*
cat >/tmp/leave.py <<'END'
import array, json, os, socket, sys
path, sock_path, job = sys.argv[1:]
sys.argv[1:] = ["fds", "0", "0"]
here = {"__name__": "varlink"}
exec(compile(open(path).read().rsplit("\nmain(", 1)[0], path, "exec"), here)
call, fds = here["run_call"]({"tty": True, "keep": True, "stdin": None, "stdout": None, "stderr": None, "mounts": [
    {"type": "bind", "source": "/home/alice/h", "target": "/h", "fd": 1}]}, ["/bin/sh", "-c", job])
sock = here["connect"](sock_path)
here["send"](sock, here["frame"](here["HELLO"]) + here["frame"](call), [fds[0], os.open("/home/alice/h", os.O_PATH)])
data = b""
while b"started" not in data:
    more, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4))
    data += more
    for item in ancillary:
        terminal = array.array("i", item[2])[0]
os.set_blocking(terminal, True)
seen = b""
while b"seen" not in seen:
    seen += os.read(terminal, 100)
sock.sendall(here["frame"]({"method": "io.berth.Engine.Detach", "oneway": True}))
assert b"detached" in sock.recv(1000)
print(json.loads(data.split(b"\0")[1])["parameters"]["id"])
END
chmod 644 /tmp/leave.py
run as alice timeout 100 python3 /tmp/leave.py "$TOP/tests/attack/varlink.py" "$SOCKET" "echo seen; $until_go; echo later; exit 4"
dir=$STATE/jobs/$out ctl=$STATE/jobs/$out/ctl
is "$(record '[.state, .detached] | @csv')" '"running",true' "let go of: the record says that it is detached"
touch /home/alice/h/go
ok "let go of: it ends" is_over
is "$(logged)" $'later\r' "what it wrote behind that is in the log"
is "$(record .status)" 4 "and its status in the record"

# --- stop, kill, open ----------------------------------------------------------------------------
loop='while :; do sleep 0.02; done'
detach '{"keep": true}' sh -c "trap 'echo usr1' USR1; echo up; $loop"
wait_for 10 logs up
run call Kill '{"job": "x", "signal": 10}'
is "$out" "$done" "Kill: answered"
ok "Kill: the command gets it" wait_for 10 logs $'up\nusr1'
run call Open '{"job": "x", "what": "processes"}'
like "$out" 'descriptor: 1 .*cpuinfo.*meminfo' "Open: its procfs"
run call Open '{"job": "x", "what": "root"}'
like "$out" 'descriptor: bin .*etc .*h ' "Open: its root"
run call Open '{"job": "x", "what": "state"}'
like "$out" InvalidParameter "Open: nothing else"
run call StopJob '{"job": "x", "seconds": 60}'
is "$out" "$done" "StopJob: answered"
is "$(record '[.state, .status, .reason, .stopped] | @csv')" '"exited",143,"signaled",true' "StopJob: when it is over, and the record says who wanted it"
detach '{"keep": true}' sh -c "trap '' TERM; echo up; $loop"
wait_for 10 logs up
run call StopJob '{"job": "x", "seconds": 0}'
is "$out:$(record .status)" "$done:137" "StopJob: SIGKILL for what does not mind the signal"
detach '{"keep": true, "stop_signal": 12}' sh -c "trap 'echo usr2; exit 9' USR2; trap '' TERM; echo up; $loop"
wait_for 10 logs up
run call StopJob '{"job": "x", "seconds": 60}'
is "$out:$(record .status):$(logged)" "$done:9:up"$'\nusr2' "StopJob: the signal that the job wants"
detach '{"keep": true, "timeout": 1}' sh -c "echo up; $loop"
ok "a timeout ends it" is_over
is "$(record '[.status, .reason] | @csv')" '124,"timeout"' "and is the reason"

# --- restarts ------------------------------------------------------------------------------------
again='n=$(($(cat /h/n 2>/dev/null || echo 0) + 1)); echo $n >/h/n; echo run $n'
detach '{"keep": true, "restart": "on_failure", "restart_max": 2}' sh -c "$again; exit 7"
call Wait >/run/arena/wait1
ok "on_failure, twice at most: it comes to its end" is_over
is "$(record '[.status, .restarts] | @csv')" '7,2' "it was restarted twice"
is "$(logged)" $'run 1\nrun 2\nrun 3' "in the same job, with the same log"
detach '{"keep": true, "restart": "on_failure"}' sh -c "$again; [ \$n -ge 3 ]"
ok "on_failure: until it does not fail" is_over
is "$(record '[.status, .restarts] | @csv')" '0,2' "and no more"
detach '{"keep": true, "restart": "always"}' sh -c "$again; sleep 1000 & [ \$n -lt 3 ] || exec sleep 1000"
third() {
	[ "$(cat /home/alice/h/n)" = 3 ]
}
ok "always: whatever its status" wait_for 20 third
one_left() {
	[ "$(pgrep -fc '^sleep 1000$')" -eq 2 ]
}
ok "what it left running has ended with each run" wait_for 5 one_left
run ctl exec '{}' sh -c 'sed -n "/^Cap/p; /^Seccomp/p; /^NoNew/p; /^Groups/p" /proc/self/status; ls /proc/self/fd | tr "\n" " "'
later=$out
main=$(pgrep -u alice -f '^sleep 1000$' | tail -n 1)
is "$(sed -n "/^Cap/p; /^Seccomp/p; /^NoNew/p" "/proc/$main/status")" "$(grep -E '^(Cap|Seccomp|NoNew)' <<<"$later")" "a restarted command has the rights of any other"
run call StopJob '{"job": "x", "seconds": 10}'
is "$(record '[.state, .stopped] | @csv')" '"exited",true' "stopped by a person it is not restarted"
detach '{"keep": true, "restart": "always"}' sh -c "$again; [ \$n -lt 2 ] || $until_go"
second() {
	[ "$(cat /home/alice/h/n)" = 2 ]
}
wait_for 10 second
run call Kill '{"job": "x", "signal": 9}'
ok "killed by a person: it is over" is_over
is "$(record '[.status, .stopped, .restarts] | @csv')" '137,true,1' "and is not restarted"
detach '{"keep": true, "restart": "always"}' sh -c 'echo x; exit 1'
restarting() {
	[ "$(record .state)" = restarting ] && [ "$(record .restarts)" -ge 3 ]
}
ok "between two runs the record says so" wait_for 20 restarting
# It may be between two of them for a moment only.
is_refused() {
	run ctl exec '{}' true
	[ "$rc" = 125 ] || return 1
	run call Open '{"job": "x", "what": "root"}'
	[[ $out$err =~ NotRunning.*restarting ]]
}
ok "no process can be started then" wait_for 20 is_refused
run call StopJob
is "$out:$(record '[.state, .stopped] | @csv')" "$done:\"exited\",true" "and it can be stopped"
detach '{"keep": true, "tty": true, "restart": "on_failure", "restart_max": 2}' sh -c "$again; tty; exit 1"
ok "restarts at a terminal" is_over
is "$(logged | tr -d '\r')" $'run 1\n/dev/pts/0\nrun 2\n/dev/pts/0\nrun 3\n/dev/pts/0' "each has it"
detach '{"keep": true, "restart": "always", "timeout": 1}' sh -c 'exit 0'
ok "a timeout is the end of all runs" is_over
is "$(record .reason)" timeout "and the reason"

# --- nobody is waited for ------------------------------------------------------------------------
detach '{"keep": true}' sh -c "$until_go; seq -f 'line %.0f of the flood, with some more text behind it' 400000; echo end"
as alice python3 - "$TOP/tests/e2e/ctl.py" "$ctl" <<'END' &
import sys, time
path, ctl = sys.argv[1:]
sys.argv[1:] = ["x", "y"]
here = {"__name__": "ctl", "__file__": path}
exec(compile(open(path).read().rsplit("\nif __name__", 1)[0], path, "exec"), here)
# They say nothing, and read nothing.
held = [here["hand"](ctl, {"method": "io.berth.Engine." + name, "parameters": {"job": "x"}, "more": name == "Attach"})
        for name in ["Attach", "Wait"] * 20]
open("/home/alice/h/go", "w")
time.sleep(1000)
END
held=$!
ok "with clients that read nothing a flood comes to its end" is_over
is "$(logged | tail -n 1)" end "the last of it is there"
ok "two files of 8 MiB at most" test "$(stat -c %s "$dir/log")" -le 8388608 -a "$(stat -c %s "$dir/log.1")" -le 8388608
ok "and most of the last 16 MiB" test "$(logged | wc -l)" -gt 100000
ok "with clients that read nothing it does not wait for them" kill "$held"
supervisors() {
	! pgrep -u alice -x berth-job
}
ok "no supervisor is left" wait_for 10 supervisors
done_testing
