#!/usr/bin/env bash
# Jobs that live without a client when who looks after them is killed: they go on without their engine,
# the next one finds them; without their supervisor they are lost, and started again if they want that.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep strace
jobs_world security.confined
# shellcheck source=tests/e2e/kept.sh
. "${BASH_SOURCE[0]%/*}/kept.sh"

# --- the engine is killed
start web ',"restart":"always"' sh -c 'echo ok; while :; do sleep 0.1; done'
web=$id
start plain '' sh -c 'while :; do sleep 0.1; done'
plain=$id
next_engine
call State '{}'
is "$(member jobs)" 2 "the next engine counts what runs"
is "$(listed '{}')" "plain web " "and lists it"
run varlink alice --socket "$SOCKET" exec '{"job":"web"}' echo entered
ok "and enters it" grep -qx entered <<<"$out"
run as alice berth daemon stop
is "$rc" 1 "it does not leave while they run"
start web '' true
error NameTaken "nor gives their names away"
# As when nobody has ever needed it.
run varlink alice --socket "$SOCKET" call "$I.Stop" '{"when_idle":true}'
sleep 0.3
like "$(engine_pid alice)" '^[0-9]+$' "nor when it is asked to leave when nothing runs"
kill -KILL "$(supervisor "$plain")"
ok "its supervisor is killed: the job is lost" wait_for 10 has_state plain exited
on Inspect plain
is "$(member job.reason) $(member job.status)" "lost 137" "and the record says so"
kill -KILL "$(supervisor "$web")"
restarted() {
	on Inspect web
	[ "$(member job.state) $(member job.restarts)" = "running $1" ]
}
ok "one that wants it is started again" wait_for 15 restarted 1
kill -KILL "$(supervisor "$web")"
ok "by an engine whose own it is, too" wait_for 15 restarted 2
kill -KILL "$(engine_pid alice)"
wait_for 5 no_engine
kill -KILL "$(supervisor "$web")"
as alice berth daemon start >/dev/null
ok "and by the next engine, when both were killed" wait_for 15 restarted 3
is "$(state plain)" exited "what does not want it stays as it is"
next_engine
run as alice timeout 100 berth daemon stop --force
is "$rc" 0 "stop --force ends jobs of engines before"
ok "they are over" wait_for 5 sh -c '! pgrep -x berth-job'
as alice berth daemon start >/dev/null
is "$(state web)" exited "and stay so"
on Inspect web
is "$(member job.stopped)" true "for a person wanted it"
# Who looks for what is left does not hold, for a moment, what the engine is to start again.
as alice berth daemon stop
wait_for 5 no_engine
strace -f -qq -y -e trace=flock -o /run/arena/locks -u alice -E HOME=/home/alice \
    /usr/local/bin/berth daemon start >/dev/null 2>&1 </dev/null &
ok "the next engine looks at what is kept" wait_for 20 grep -q "jobs/$plain>, LOCK_SH" /run/arena/locks
on Inspect plain
is "$(grep -c "jobs/$plain>, LOCK_EX" /run/arena/locks)" 0 "the lock of a job that is kept is not taken by the sweep"
on Remove web
on Remove plain
as alice berth daemon stop
wait
done_testing
