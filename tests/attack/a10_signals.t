#!/usr/bin/env bash
# A10 (bubblewrap #705: SIGCHLD ignored breaks waitpid): signals ignored, blocked or pending, and
# timers that go on across execve(2). A start is as any other, or the signal ends it before it has
# done anything; no process is left behind.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice
odd=$TESTBIN/odd_exec

made() {
	find /run/berth -printf '%y %m %U:%G %p\n' | sort
}
signals_of() {
	awk '$1 ~ /^(SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt):/ { print $2 }' "/proc/$1/status" | sort -u
}
# The calls of the launcher and of the child in which it goes on, each in its order, without those
# that depend on who is faster. The third is the init, which may be ended anywhere.
calls() {
	rc=0
	strace -f -qq -u alice -o /run/arena/trace "$@" </dev/null >/dev/null 2>&1 || rc=$?
	awk '
	{ pid = $1 }
	/execve\("[^"]*berth-launcher"/ { on[pid] = 1 }
	!(pid in n) { n[pid] = ++count }
	{ sub(/^[0-9]+ +/, "") }
	/^[a-z0-9_]+\(/ && (on[pid] || n[pid] == 2) && !/^(poll|wait4|restart_syscall|pause|exit_group)\(/ {
		sub(/\(.*/, ""); print n[pid], $0 }' /run/arena/trace | sort -s -n -k 1,1
}

run as alice "$LAUNCHER" start
is "$rc$err" 0 "A10 a start"
golden=$(made)
stop_engines
engine_says R
trace=$(calls "$LAUNCHER" start)
is "$rc" 0 "A10 and its system calls"
isnt "$(wc -l <<<"$trace")" 1 "A10 are many"
engine_stays
stop_engines

# A second may be over, or the processor's turn, before the launcher has begun.
in_time() {
	local _
	for _ in {1..50}; do
		"$@"
		[[ $rc =~ ^(142|154|155)$ ]] && nothing_started || break
	done
}
traced() {
	calls "$@" "$LAUNCHER" start >/run/arena/calls
}
same() {
	local name=$1
	shift
	in_time run as alice "$@" "$LAUNCHER" start
	is "$rc$err" 0 "A10 $name: a start is a start"
	is "$(made)" "$golden" "A10 $name: it made all that it makes"
	is "$(signals_of "$(engine_pid alice)")" 0000000000000000 "A10 $name: nothing of it is the engine's"
	is "$(ours | wc -l)" 2 "A10 $name: an engine and its init, and no other process"
	stop_engines
	engine_says R
	in_time traced "$@"
	is "$(diff <(echo "$trace") /run/arena/calls | head -n 20)" "" "A10 $name: the same system calls"
	engine_stays
	stop_engines
}
same "every signal ignored" "$odd" signals ignored
same "every signal blocked" "$odd" signals blocked
same "a timer of the process's own time" "$odd" signals virtual
same "a timer of the profiler's" "$odd" signals prof
same "an alarm in a second" "$odd" signals alarm
is "$(as alice "$odd" signals ignored /usr/bin/sed -n 's/^SigIgn:\t*//p' /proc/self/status)" fffffffffffbfeff "A10 control: another program has them ignored"
is "$(as alice "$odd" signals blocked /usr/bin/sed -n 's/^SigBlk:\t*//p' /proc/self/status)" fffffffffffbfeff "A10 control: another program has them blocked"

# Pending: those that the launcher ignores are nothing; of the others it dies where it unblocks
# them, at its very beginning, and leaves nothing.
ends=
for sig in {1..8} {10..18} {20..31} 32 33 34 64; do
	run as alice "$odd" signals "$sig" "$LAUNCHER" start
	if [ "$rc" -eq 0 ]; then
		[ "$(made)" = "$golden" ] || ends="$ends $sig:made"
		[ "$(signals_of "$(engine_pid alice)")" = 0000000000000000 ] || ends="$ends $sig:signals"
		stop_engines
	elif [ "$rc" -ne "$((128 + sig))" ] || ! nothing_started; then
		ends="$ends $sig:$rc"
		stop_engines
	fi
done
is "$ends" "" "A10 a signal that is pending: a start as any, or its end before it began"
for sig in 1 2 3 13 17 18 20 21 22 24 25 28; do
	run as alice "$odd" signals "$sig" "$LAUNCHER" start
	is "$rc" 0 "A10 signal $sig pending: ignored"
	stop_engines
done
is "$(as alice "$odd" signals 15 /usr/bin/sed -n 's/^ShdPnd:\t*//p' /proc/self/status)" 0000000000004000 "A10 control: another program keeps it pending"

# 5 ms, again and again: the timer is off before the launcher does anything.
died=0 begun=0 wrong=
for ((round = 0; round < 40 || (round < 400 && begun <= 10); round++)); do
	run as alice "$odd" signals real "$LAUNCHER" start
	if [ "$rc" -eq 0 ]; then
		begun=$((begun + 1))
		[ "$(made)" = "$golden" ] || wrong="$wrong made"
		stop_engines
	elif [ "$rc" -eq 142 ] && nothing_started; then
		died=$((died + 1))
	else
		wrong="$wrong $rc"
		stop_engines
	fi
done
is "$wrong" "" "A10 SIGALRM every 5 ms: a start as any, or its end before it began ($died of $round)"
ok "A10 and many begin ($begun)" test "$begun" -gt 10
run as alice "$odd" signals real /usr/bin/sleep 5
is "$rc" 142 "A10 control: it ends another program"

# A caller that reaps nothing, and one that dies: nobody of ours stays.
as alice "$odd" signals ignored /usr/bin/bash -c '"$0" start & exec sleep 1' "$LAUNCHER" 2>/dev/null
engine_and_init() {
	started alice && [ "$(ours | wc -l)" -eq 2 ]
}
no_zombie() {
	! ps -eo stat=,comm= | grep -q '^Z.*berth'
}
ok "A10 a caller that ignores SIGCHLD: an engine and its init" wait_for 10 engine_and_init
ok "A10 and no zombie" wait_for 10 no_zombie
stop_engines

# And so it is with berth and a job.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
for kind in ignored blocked virtual prof; do
	run as alice "$odd" signals $kind /usr/local/bin/berth run -q host sh -c 'sed -nE "s/^(SigPnd|ShdPnd|SigBlk|SigIgn):\t*//p" /proc/self/status | sort -u; sleep 0.1 & wait; exit 7'
	is "$rc:$out" "7:0000000000000000" "A10 berth, $kind: a job knows nothing of it, and its status arrives"
	is "$(signals_of "$(engine_pid alice)" | head -n 1)" 0000000000000000 "A10 berth, $kind: nor is anything pending in the engine"
	kill -KILL "$(engine_pid alice)"
	wait_for 5 none_of_ours
done
for sig in 1 2 3 10 12 14 15; do
	run as alice timeout -k 1 60 "$odd" signals "$sig" /usr/local/bin/berth run -q host sleep 5
	like "$rc" "^($((128 + sig))|0)\$" "A10 berth with signal $sig pending: it is the job's, or ends berth"
	ok "A10 berth with signal $sig pending: no job is left" jobs_are_gone
done
done_testing
