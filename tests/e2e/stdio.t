#!/usr/bin/env bash
# Standard streams are the job's own descriptors; signals reach the command; a client that is killed
# takes its job along.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined

# --- streams
yes 'a line of some length that is repeated' | head -c $((256 << 20)) >/tmp/large
plain=$( { TIMEFORMAT=%R; time cat </tmp/large | cat | cat >/dev/null; } 2>&1)
ok_pipe() {
	if cmp - /tmp/large >/tmp/diff 2>&1; then
		pass "$1"
	else
		fail "$1"
		diag "$(cat /tmp/diff)"
	fi
}
ok_pipe "256 MiB from a file through a job arrive whole" < <(job -i host cat </tmp/large)
# shellcheck disable=SC2002
ok_pipe "256 MiB from a pipe through a job arrive whole" < <(cat /tmp/large | job -i host cat)
ours=$( { TIMEFORMAT=%R; time cat </tmp/large | job -i host cat | cat >/dev/null; } 2>&1)
diag "256 MiB through cat: $plain s, through a job: $ours s, ratio $(awk -v a="$ours" -v b="$plain" 'BEGIN { printf "%.2f", a / (b > 0 ? b : 0.001) }')"
got=$(job host cat /dev/zero | head -c 100000000 | wc -c)
is "$got" 100000000 "100 MB of a job that writes without end"
ok_pipe "256 MiB on standard error arrive whole" < <(job -i host sh -c 'cat >&2' </tmp/large 2>&1 >/tmp/out)

run job host cat </tmp/large
is "$rc:$out" "0:" "without -i standard input is empty"
run job host sh -c 'echo out; echo err >&2'
is "$out:$err" "out:err" "output and errors are apart"
# The same open file on both sides: one position. A shell reads a file by single lines.
exec 3</etc/passwd
first=$(job -i host sh -c 'read -r line; echo "$line"' <&3)
IFS= read -r second <&3
exec 3<&-
is "$first"$'\n'"$second" "$(head -n2 /etc/passwd)" "what a job leaves of its input is there for the next"
echo zero >/tmp/file
chmod 666 /tmp/file
job host echo one >>/tmp/file
is "$(cat /tmp/file)" $'zero\none' "output that is appended"
job host sh -c 'echo two >>/dev/stdout; echo three' >>/tmp/file
is "$(tail -n2 /tmp/file)" $'two\nthree' "output that is opened again by its name in /dev"
run job -i host sh -c 'stat -L -c %F /dev/stdin; readlink /proc/self/fd/0' </tmp/large
is "$out" $'regular file\n/tmp/large' "standard input is the file itself"

run bash -c '. "$1"; job host sh -c "yes" | head -n1' - "$TOP/tests/attack/jobs.sh"
is "$out" y "| head -n1 gets its line, and it ends"
ok "| head: nothing is left of it" jobs_are_gone
set -o pipefail
job host sh -c 'trap "" PIPE; while echo x; do :; done 2>/dev/null; exit 9' | head -n1 >/dev/null
is "$?" 9 "a command that ignores SIGPIPE gets EPIPE"
job host yes | head -n1 >/dev/null
is "$?" 141 "one that does not is ended by SIGPIPE: 141"
set +o pipefail
run bash -c '. "$1"; job host echo x >/dev/full' - "$TOP/tests/attack/jobs.sh"
isnt "$rc" 0 "output to a full device: the command's own error"

# closed N...: with these descriptors closed
for closed in 0 1 2 "0 1" "1 2" "0 2" "0 1 2"; do
	redirect=
	for fd in $closed; do
		[ "$fd" = 0 ] && redirect="$redirect 0<&-" || redirect="$redirect $fd>&-"
	done
	run bash -c '. "$1"; job -i host sh -c "exit 5"'"$redirect" - "$TOP/tests/attack/jobs.sh"
	is "$rc" 5 "closed $closed: the job runs"
done
run bash -c '. "$1"; job -i host sh -c "ls -l /proc/self/fd" 0<&- 2>&-' - "$TOP/tests/attack/jobs.sh"
is "$(grep -c -- '[02] -> /dev/null' <<<"$out")" 2 "closed ones are /dev/null in the job"
run bash -c '. "$1"; job host echo text >&- 2>/tmp/err; echo "status $?"; cat /tmp/err' - "$TOP/tests/attack/jobs.sh"
is "$out" "status 0" "what is written to a closed one goes nowhere"
run job -i host true </
is "$rc" 125 "a directory as standard input is refused"

# --- terminals: between them and the job are pipes
terminal() {
	as alice /usr/bin/python3 "$TOP/tests/attack/terminal.py" "$@"
}
run terminal berth run -q host sh -c 'echo out; echo err >&2; exit 3'
is "$out" $'out\nerr\nstatus 3\ntyped 0' "on a terminal: output, errors and status arrive, in their order"
run terminal berth run -q host sh -c 'seq 100000; echo end'
is "$(tail -n3 <<<"$out")" $'end\nstatus 0\ntyped 0' "on a terminal: much output arrives to its end"
is "$(wc -l <<<"$out")" 100003 "on a terminal: all of it"

# --- signals
for signal in INT TERM HUP QUIT USR1 USR2 ALRM WINCH CONT; do
	number=$(kill -l $signal)
	start_job /run/arena/out host bash -c "trap 'echo got $signal; exit 42' $signal; echo ready; while :; do sleep 0.02; done"
	wait_for 20 grep -q ready /run/arena/out
	kill -s "$signal" "$client"
	wait_job
	is "$rc:$(tail -n1 /run/arena/out)" "42:got $signal" "SIG$signal ($number) reaches the command"
done
# early FLAGS...: the client of that is stopped when it has read what the engine answers first, and meanwhile its
# command is at work; SIGUSR1 to the client, which then goes on
early() {
	rm -f /home/alice/early
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
	    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin strace -D -qq -o /home/alice/trace -e trace=recvmsg \
	    -e inject=recvmsg:signal=STOP:when=1 berth "$@" bash -c "trap 'echo got; exit 42' USR1; : >/h/early; while :; do sleep 0.02; done") \
	    >/run/arena/out 2>&1 &
	client=$!
	wait_for 20 test -e /home/alice/early
	wait_for 20 grep -q 'stopped by SIGSTOP' /home/alice/trace
	kill -USR1 "$client"
	pkill -KILL -u alice -x strace
	wait_for 20 no_tracer
	kill -CONT "$client"
	wait_job
}
no_tracer() {
	! pgrep -u alice -x strace
}
early run -q -v /home/alice:/h host
is "$rc:$(cat /run/arena/out)" "42:got" "a signal reaches a command that is faster than its client"
as alice berth run -d -q --name early -v /home/alice:/h host sleep 1000 >/dev/null
early exec early
is "$rc:$(cat /run/arena/out)" "42:got" "the same of exec"
as alice berth rm -f early >/dev/null
for signal in INT TERM HUP; do
	start_job /run/arena/out host sh -c 'echo ready; exec sleep 30'
	wait_for 20 grep -q ready /run/arena/out
	kill -s "$signal" "$client"
	wait_job
	is "$rc" "$((128 + $(kill -l $signal)))" "SIG$signal ends a command that does nothing about it: 128+n"
done
start_job /run/arena/out host sh -c 'trap "" TERM; echo ready; sleep 1; exit 6'
wait_for 20 grep -q ready /run/arena/out
kill -TERM "$client"
wait_job
is "$rc" 6 "a command that ignores SIGTERM goes on, and its client waits"
# told N: the command was told that often
told() {
	grep -qx "told $1" /run/arena/out
}
# As often as it takes to be sure that each was told, and then without a pause.
insists() {
	kill -INT "$client"
	wait_for 20 told 1
	kill -INT "$client"
	wait_for 20 told 2
	wait_for 20 insist
}
insist() {
	kill -INT "$client"
	! kill -0 "$client"
}
deaf='import signal
n = 0
def count(*_):
    global n
    n += 1
    print("told", n)
signal.signal(signal.SIGINT, count)
print("ready")
while True: signal.pause()'
start_job /run/arena/out host python3 -uc "$deaf"
wait_for 10 grep -q ready /run/arena/out
ok "who insists" insists
wait_job
is "$rc" 130 "is rid of a command that does not end"
like "$(cat /run/arena/out)" 'told 2' "not before the third signal"
ok "which ends its job" jobs_are_gone
as alice berth run -d -q --name held host sleep 1000
: >/run/arena/out
(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin berth exec held python3 -uc "$deaf") >/run/arena/out 2>&1 &
client=$!
wait_for 10 grep -q ready /run/arena/out
ok "the same of exec" insists
wait_job
is "$rc" 130 "which ends as run does"
like "$(cat /run/arena/out)" 'berth: .*it was told to end, and has not: the command is killed' "and says what becomes of its command"
is "$(as alice berth ps -q | wc -l)" 1 "the job goes on"
as alice berth rm -f held >/dev/null
ok "until it is removed" jobs_are_gone
start_job /run/arena/out host sh -c 'echo ready; sleep 300 & sleep 300 & sleep 300'
wait_for 20 grep -q ready /run/arena/out
kill -TERM "$client"
wait_job
is "$rc" 143 "a command with children: 143"
ok "and the children are gone with it" jobs_are_gone

start_job /run/arena/out host sh -c 'trap "" TERM HUP INT; echo ready; setsid sleep 301 & (sleep 302 & sleep 303 &) ; sleep 304'
wait_for 20 grep -q ready /run/arena/out
four_sleep() {
	[ "$(pgrep -fc '^sleep 30[1-4]$')" -eq 4 ]
}
ok "a job with four processes" wait_for 20 four_sleep
kill -KILL "$client"
wait_job
is "$rc" 137 "whose client is killed with -9"
ok "kill -9 of the client ends the job and leaves nothing" jobs_are_gone
is "$(pgrep -fc '^sleep 30[1-4]$')" 0 "not one of its processes"
start_job /run/arena/out -v /home/alice:/h host sh -c 'echo ready; sleep 305'
wait_for 20 grep -q ready /run/arena/out
kill -STOP "$client"
kill -KILL "$client"
wait_job
ok "nor when the client had been stopped" jobs_are_gone
none_counted() {
	as alice berth daemon state | grep -q '^jobs  *0$'
}
ok "the engine counts none" wait_for 10 none_counted
# At once, before anything has started.
for delay in 0 0.002 0.005 0.01 0.02 0.03; do
	start_job /run/arena/out host sleep 300
	sleep $delay
	kill -KILL "$client"
	wait_job
done
ok "killed at six early moments: nothing is left" jobs_are_gone
for delay in 0 0.002 0.005 0.01 0.02 0.03; do
	start_job /run/arena/out host sleep 300
	sleep $delay
	kill -TERM "$client"
	wait_job
	isnt "$rc" 0 "ended politely after $delay s: $rc"
done
ok "and of these nothing is left" jobs_are_gone
run job host sh -c 'kill -9 1; kill -TERM -1; kill -9 -1; echo alive'
is "$rc:$out" "0:alive" "a job that kills all it can kills nothing"
ok "and leaves nothing" jobs_are_gone
is "$(engine_pid alice >/dev/null && echo up)" up "and the engine stays"
run job host sh -c 'kill -9 $$'
is "$rc" 137 "a job that kills its command: 137"
done_testing
