#!/usr/bin/env bash
# An engine, or a launcher, that does not go on: berth says so in bounded time, names the process,
# and what it tells to do works.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined
grant bob security.confined >/dev/null

gone() {
	[ ! -d "/proc/$1" ]
}
freeze() {
	local dir
	for dir in /sys/fs/cgroup/berth/1001/*/; do
		echo "$1" >"${dir}cgroup.freeze"
	done
}

# --- bob's engine hangs without being stopped; meanwhile:
as bob berth daemon start >/dev/null
bobs=$(engine_pid bob)
freeze 1
as bob timeout 100 berth -q daemon stop >/run/arena/stop 2>&1 &
stop=$!
# When the one has said so.
(until grep -q 'does not answer' /run/arena/stop; do sleep 0.1; done
	as bob timeout 100 berth daemon stop --force >/run/arena/force 2>&1) &
force=$!

# --- carol's is stopped with her call in its hands: greeted, not started
grant carol security.confined >/dev/null
as carol berth daemon start >/dev/null
carols=$(engine_pid carol)
follow "$carols" -e trace=sendmsg -e inject=sendmsg:signal=STOP:when=1
as carol timeout 250 berth run host echo late >/run/arena/late 2>&1 &
late=$!

# --- stopped by a signal
start_job /run/arena/out -v /home/alice:/h host sh -c 'echo up; while [ ! -e /h/go ]; do sleep 0.05; done; echo done; exit 9'
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
kill -STOP "$engine"
as alice timeout 100 berth run host true >/run/arena/run 2>&1 &
other=$!
run as alice timeout 100 berth daemon state
is "$rc:$out" "69:" "an engine that is stopped: the call ends"
is "$err" "berth: waiting for the engine (pid $engine)
berth: the engine (pid $engine) does not answer
  it is stopped, by a signal or by a debugger
  let it go on:  kill -CONT $engine   or end it, its jobs go on:  kill -KILL $engine" "and says who, and what to do"
rc=0
wait $other || rc=$?
is "$rc:$(tail -n1 /run/arena/run)" "125:${err##*$'\n'}" "so does a job"

first=$client
start_berth /run/arena/cid run --cidfile /home/alice/cid host true
wait_for 20 grep -q waiting /run/arena/cid
kill -INT "$client"
rc=0
wait "$client" || rc=$?
is "$rc:$(ls /home/alice/cid 2>/dev/null)" "130:" "^C before a job is started: no file of --cidfile"
client=$first

as alice kill -CONT "$engine"
run as alice berth daemon state
is "$rc:$(engine_pid alice)" "0:$engine" "the first thing to do: the engine goes on"
kill -STOP "$engine"
as alice kill -KILL "$engine"
ok "the second: it ends" wait_for 5 gone "$engine"
run job host echo next
is "$rc:$out" "0:next" "and the next call starts another"
touch /home/alice/go
wait_job
is "$rc:$(tail -n1 /run/arena/out)" "9:done" "while its job goes on to its end"
rm /home/alice/go

# --- stop --force, whatever the engine does
start_job /run/arena/out host sh -c 'trap "echo asked; exit 3" TERM; echo up; while :; do sleep 0.05; done'
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
kill -STOP "$engine"
run as alice timeout 100 berth daemon stop --force
is "$rc:$(engine_pid alice)" "0:" "stop --force of an engine that is stopped"
like "$err" "the engine \(pid $engine\) was stopped, and goes on now" "it was told to go on"
wait_job
is "$rc:$(tail -n1 /run/arena/out)" "3:asked" "so that its job was asked to end"

ok "an engine that was stopped with a call in its hands is named" \
    wait_for 20 grep -qx "berth: the job has not started: the engine (pid $carols) is stopped:  kill -CONT $carols" /run/arena/late
unfollow
kill -CONT "$carols"
rc=0
wait $late || rc=$?
is "$rc:$(tail -n1 /run/arena/late)" "0:late" "and when it goes on so does the job"

rc=0
wait $stop || rc=$?
is "$rc" 69 "stop, of an engine that hangs in another way"
is "$(cat /run/arena/stop)" "berth: the engine (pid $bobs) does not answer
  it has not for 10 seconds
  end it, its jobs go on and the next call starts another:  kill -KILL $bobs" "is not done, and says what is"
rc=0
wait $force || rc=$?
is "$rc" 0 "stop --force is"
like "$(cat /run/arena/force)" "the engine \(pid $bobs\) did not answer and was killed; its jobs go on" "and says how"
freeze 0
ok "it is gone" wait_for 5 gone "$bobs"
run as bob berth run -q host echo next
is "$rc:$out" "0:next" "the next call starts another"

# --- an engine that does not become ready, and a launcher that is stopped
as alice berth daemon stop 2>/dev/null
cp "$ENGINE" /run/arena/engine
install -m 0711 "$TESTBIN/dummy_engine" "$ENGINE"
mkfifo /etc/berth/engine-says
as alice timeout 100 berth -q run host true >/run/arena/first 2>&1 &
first=$!
waits() {
	launcher=$(pgrep -x berth-launcher -u alice -P "$(pgrep -x berth -u alice)") &&
		pgrep -x berth-engine -u alice
}
ok "an engine starts and is not ready" wait_for 10 waits
launcher=$(pgrep -x berth-launcher -P "$(pgrep -x berth -u alice)")
as alice kill -STOP "$launcher"
run as alice timeout 100 berth -q daemon state
is "$rc" 69 "who finds it does not wait for ever"
like "$err" "the engine \(pid [0-9]+\) does not answer"$'\n'".*kill -KILL [0-9]+" "and says what to do"
rc=0
wait $first || rc=$?
is "$rc:$(cat /run/arena/first)" "125:berth: the launcher (pid $launcher) does not end
  it is stopped, by a signal or by a debugger
  let it go on:  kill -CONT $launcher   or end it:  kill -KILL $launcher" "who called the launcher names it"
rm /etc/berth/engine-says
install -m 0711 /run/arena/engine "$ENGINE"
as alice kill -KILL "$launcher" "${err##* }"
run job host echo next
is "$rc:$out" "0:next" "and when that is done the next call works"
done_testing
