#!/usr/bin/env bash
# kernel.yama.ptrace_scope: berth needs no ptrace, and no user traces its engine where Yama would let them.
. "${BASH_SOURCE[0]%/*}/../../attack/jobs.sh"
arena_enter "$@"
needs strace
scope=$(cat /proc/sys/kernel/yama/ptrace_scope)
like "$scope" '^[012]$' "Yama is there: $scope"
grant alice security.confined >/dev/null
as alice sleep 1000 &
wait_for 5 pgrep -u alice -x sleep
attach() {
	as alice timeout "${2-60}" strace -qq -o /dev/null -p "$1" 2>&1
}
if [ "$scope" -eq 0 ]; then
	unlike "$(attach "$(pgrep -u alice -x sleep)" 5)" 'not permitted' "control: alice traces a process of her own"
else
	like "$(attach "$(pgrep -u alice -x sleep)")" 'not permitted' "control: alice traces not even a process of her own"
fi
start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
ok "a job starts" wait_for 60 grep -q up /run/arena/out
run as alice berth run host -- sh -c 'echo ok'
is "$rc:$out" "0:ok" "and another one"
# That of the job which is over goes a moment after it.
one_supervisor() {
	[ "$(pgrep -u alice -xc berth-job)" = 1 ]
}
wait_for 10 one_supervisor
for name in berth-engine berth-job; do
	isnt "$(pgrep -u alice -x $name)" "" "control: there is a $name"
	for pid in $(pgrep -u alice -x $name); do
		like "$(attach "$pid")" 'not permitted' "A12 alice cannot trace $name"
		not_ok "A12 nor read its memory" as alice head -c1 "/proc/$pid/environ"
	done
done
kill -TERM "$client"
wait_job
is "$rc" 143 "a signal reaches the job"
run as alice berth daemon stop
is "$rc" 0 "and the engine is stopped"
if [ "$scope" -lt 2 ]; then
	run as dave berth run -q host echo ok
	is "$rc:$out" "0:ok" "rootless too"
fi
done_testing
