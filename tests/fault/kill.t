#!/usr/bin/env bash
# kill -9 of client, launcher, init, engine, supervisor or command, exactly at one of their system
# calls, in each scene: the numbered steps are the calls, which the listing at the beginning of each
# pair counts. After each: nobody hangs, no job ran twice, the next call works, no process and no
# directory of a job is left, one engine runs.
#
#   scene       victims
#   start       client, the launcher that was called, the one that works, init, engine, who makes the
#               network, supervisor, command: a call that finds no engine
#   run         client, engine, supervisor, command: a call that finds one
#   once        client, launcher, init, engine, supervisor: an engine for one call
#   stop        client, engine: berth daemon stop
#   reset       client, engine: berth daemon reset
#   idle exit   engine: as when its time is over
#
# A sample in `make check`, chosen by FAULT_SEED; every call of every victim when BERTH_LONG is set.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
grant alice security.confined --engine=any >/dev/null
export FAULT=$TESTBIN/fault PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-1}
count=6
[ -z "${BERTH_LONG-}" ] || count=0
diag "seed $seed"

run python3 "$TOP/tests/fault/kills.py" "$seed" $count
is "$rc" 0 "after each kill: no job twice, nothing left, the next call works"
[ "$rc" -eq 0 ] || diag "$out$err"
pairs=$(grep -E '^[a-z ]+ / [a-z ]+: [0-9]+ kills, ' <<<"$out")
is "$(wc -l <<<"$pairs")" 22 "each scene with each victim"
while read -r line; do
	like "$line" ': [1-9][0-9]* kills' "$line"
done <<<"$pairs"

# Nobody waits for the end of a supervisor whose engine is gone: the next engine cleans up behind it.
start_job /run/arena/out host sh -c 'echo up; sleep 300'
wait_for 5 grep -q up /run/arena/out
supervisor=$(pgrep -x berth-job)
kill -KILL "$(engine_pid alice)"
run job host true
is "$rc" 0 "the engine is killed beside a job: the next call works"
kill -KILL "$supervisor"
wait_job
is "$rc" 125 "then the job's supervisor: its client is told"
run job host true
is "$rc" 0 "the next call works"
ok "and nothing of that job is left" jobs_are_gone
is "$(pgrep -fc '^sleep 300$')" 0 "nor of its processes"
done_testing
