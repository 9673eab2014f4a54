#!/usr/bin/env bash
# C25: a job uses up what it can get: processes, memory, descriptors, terminals, its log, files. Within the
# limits of its caller's it may. A job beside it goes on, others are started, its engine serves, another
# user notices nothing, and it can be ended and leaves nothing.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 prlimit
log_mib=40 orphans=3000 files=5000 depth=1000
[ -z "${BERTH_LONG-}" ] || log_mib=2000 orphans=100000 files=1000000 depth=20000
bomb=(-v "$TESTBIN:/t:ro")
grant alice security.confined >/dev/null
grant bob security.confined >/dev/null
# The first call of alice's has a limit of processes, which is her engine's and its jobs' then.
(cd /home/alice && exec prlimit --nproc=300:300 setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
    env -i PATH=/usr/local/bin:/usr/bin:/bin berth daemon start) >/dev/null
as bob berth daemon start >/dev/null
engine=$(engine_pid alice)
# Where others of her number have so many already there is no such engine; without its limit nothing would hold
# what comes now.
is "$(sed -n 's/^Max processes  *//p' "/proc/${engine:-none}/limits" | tr -s ' ')" "300 300 processes " "C25 control: there is a limit"
[ "$tap_failed" -eq 0 ] || done_testing
verb run -d --name beside "${bomb[@]}" host /t/bomb ticks >/dev/null
beat() {
	verb logs --tail 1 beside
}
goes_on() {
	local at=$1 now
	now=$(beat)
	[ -n "$now" ] && [ "$now" -gt "$((at + 3))" ]
}
# As long as something is used up: what else is to work. With "full" nothing more can be started by alice.
others() {
	local name=$1 at
	at=$(beat)
	ok "$name: a job beside it goes on" wait_for 20 goes_on "$at"
	is "$(engine_pid alice)" "$engine" "$name: the engine lives"
	if [ "${2-}" = full ]; then
		like "$(verb daemon state)" 'jobs +2' "$name: and serves"
	else
		like "$(verb ps)" 'bomb' "$name: and serves"
	fi
	run as bob timeout 60 berth run -q host echo ran
	is "$rc:$out" "0:ran" "$name: another user's job runs"
	[ "${2-}" = full ] || is "$(verb run -q host echo ran)" ran "$name: so does another one of alice's"
}
ends() {
	local name=$1
	run verb rm -f bomb
	is "$rc" 0 "$name: it can be ended and removed"
	is "$(pgrep -fc '^/t/bomb [^t]')" 0 "$name: all of it is gone"
	is "$(verb run -q host echo ran)" ran "$name: and then another job runs"
}
# explode NAME FLAGS... COMMAND: a job called bomb, when it has what it gets
explode() {
	local name=$1
	shift
	verb run -d --name bomb "${bomb[@]}" "$@" >/dev/null
	ok "$name: it has what it gets" wait_for 30 eval 'verb logs bomb | grep -q up'
}

explode "C25 processes" --ulimit nproc=120 host /t/bomb forks
isnt "$(pgrep -fc '^/t/bomb forks')" 0 "C25 processes: control: there are ($(pgrep -fc '^/t/bomb forks'))"
others "C25 processes"
ends "C25 processes"
explode "C25 all processes of a user's" host /t/bomb forks
others "C25 all processes of a user's" full
# Where other processes of that user's end at this moment, one can for once.
refused() {
	[ "$(verb run -q host echo ran 2>/dev/null)" != ran ]
}
ok "C25 all processes of a user's: control: no other can be started" wait_for 10 refused
ends "C25 all processes of a user's"
explode "C25 memory" --ulimit data=50000000 --ulimit as=60000000 host /t/bomb memory
others "C25 memory"
ends "C25 memory"
explode "C25 descriptors" host /t/bomb fds
others "C25 descriptors"
run verb exec bomb echo entered
is "$rc:$out" "0:entered" "C25 descriptors: it can be entered"
ends "C25 descriptors"
explode "C25 terminals" host /t/bomb ptys
others "C25 terminals"
ends "C25 terminals"
explode "C25 signals" host /t/bomb signals
others "C25 signals"
ends "C25 signals"

# Processes that end and have no parent: none stays.
explode "C25 orphans" host sh -c "/t/bomb orphans $orphans; sleep 1000"
others "C25 orphans"
no_zombie() {
	! ps -eo stat,comm | grep -q '^Z.*bomb'
}
ok "C25 orphans: none is left" wait_for 20 no_zombie
ends "C25 orphans"

# What is written: the log has its bound at every moment, and so has what is kept in memory of it.
size_of_logs() {
	cat "$STATE"/jobs/*/log "$STATE"/jobs/*/log.1 2>/dev/null | wc -c
}
supervisors() {
	grep -lsx berth-job /proc/[0-9]*/comm | sed 's/comm$/status/' | xargs sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' 2>/dev/null | sort -n | tail -n 1
}
for what in lines line; do
	verb run -d --name bomb "${bomb[@]}" host sh -c "/t/bomb $what $log_mib; echo; echo over; sleep 1000" >/dev/null
	others "C25 $what"
	most=0
	over() {
		local now
		now=$(size_of_logs)
		[ "$now" -le "$most" ] || most=$now
		verb logs --tail 1 bomb | grep -q over
	}
	ok "C25 $what: $log_mib MiB are written to the end" wait_for 200 over
	[ "$(size_of_logs)" -le "$most" ] || most=$(size_of_logs)
	ok "C25 $what: control: they were seen" test "$most" -gt 1000000
	ok "C25 $what: the log has its bound ($most bytes)" test "$most" -le $((17 << 20))
	ok "C25 $what: in little memory ($(supervisors) KiB)" test "$(supervisors)" -le 16384
	ends "C25 $what"
done

# Files that nobody but the job could have made so many and so deep of.
verb run -d --name bomb "${bomb[@]}" host sh -c "mkdir /x; cd /x; /t/bomb tree $files $depth; sleep 1000" >/dev/null
others "C25 files"
ok "C25 files: they are made" wait_for 200 eval 'verb logs bomb | grep -q up'
ends "C25 files"
verb rm -f beside >/dev/null
ok "C25 nothing is left of the jobs" jobs_are_gone
done_testing
