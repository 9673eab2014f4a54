#!/usr/bin/env bash
# E05 (CVE-2024-23650's class): slow, huge, half-open and many clients, descriptors without a call,
# urgent data. The engine's memory and descriptors stay bounded, its processor is not burnt, and
# another client is served all the time.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined

engine=$(engine_pid alice)
descriptors() {
	find "/proc/$engine/fd" -mindepth 1 | wc -l
}
memory() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$engine/status"
}
ticks() {
	awk '{ print $14 + $15 }' "/proc/$engine/stat"
}
few() {
	[ "$(descriptors)" -le "$((before + 2))" ]
}
job host true
ok "E05 a job is done" jobs_are_gone
# At rest: as many as before, with what it keeps ready for the next one.
at_rest() {
	before=$(descriptors)
	pgrep -x berth-spare && sleep 0.1 && [ "$(descriptors)" -eq "$before" ]
}
ok "E05 and the engine is at rest" wait_for 10 at_rest
rss=$(memory)
# Half a second in which it does next to nothing.
calm() {
	local from
	from=$(ticks)
	sleep 0.5
	[ "$(($(ticks) - from))" -le 10 ]
}
for what in silent half slow huge fds connects oob deaf; do
	: >/run/arena/says
	mkfifo /run/arena/go.$what
	as alice /usr/bin/python3 "$TOP/tests/attack/e05_crowd.py" "$SOCKET" $what \
	    </run/arena/go.$what >/run/arena/says 2>&1 &
	crowd=$!
	exec 8>/run/arena/go.$what
	ok "E05 $what: they are there" wait_for 30 grep -q ready /run/arena/says
	for i in 1 2 3; do
		run as alice timeout 60 berth run -q host echo "$i"
		is "$rc:$out:$err" "0:$i:" "E05 $what: another client is served ($i)"
	done
	# 128 connections and one that comes, what a call takes, and what waits for incomplete ones
	most=$((before + 128 + 12))
	[ $what != fds ] || most=$((most + 1024 + 200))
	ok "E05 $what: descriptors are bounded" test "$(descriptors)" -le "$most"
	ok "E05 $what: so is memory" test "$(memory)" -le "$((rss + 32768))"
	if [ $what != slow ] && [ $what != deaf ]; then
		ok "E05 $what: nothing is burnt while they wait" wait_for 10 calm
	fi
	exec 8>&-
	wait $crowd
	ok "E05 $what: when they are gone nothing of them is left" wait_for 10 few
done
is "$(engine_pid alice)" "$engine" "E05 the engine is the same"
run job host echo ok
is "$rc:$out" "0:ok" "E05 and serves"

# Without descriptors of its own it lets nobody in, lives, and serves when it has some again.
follow "$engine" -e trace=accept4 -e inject=accept4:error=EMFILE
as alice timeout 60 berth run -q host echo waits >/run/arena/waits 2>&1 &
client=$!
ok "E05 control: it cannot let anybody in" wait_for 10 grep -q INJECTED /run/arena/trace
from=$(wc -l </run/arena/trace)
sleep 1
ok "E05 without descriptors it does not turn in circles" test "$(($(wc -l </run/arena/trace) - from))" -le 60
unfollow
wait_job
is "$rc:$(cat /run/arena/waits):$(engine_pid alice)" "0:waits:$engine" "E05 and serves when it has some again"
done_testing
