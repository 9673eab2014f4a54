#!/usr/bin/env bash
# B09/B10: a descriptor of the caller's whose last close is held up, although no file system is asked: a
# pipe in an epoll set, whose mutex a process of the caller's has while it waits for their FUSE. Whoever
# is last waits in the kernel, out of reach of SIGKILL. If that is the namespace's init, the end of the
# grant ends nothing: so there must be no engine then.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 setpriv
launcher_world
engine_stays

held=/tmp/held
mkdir $held
python3 "$TOP/tests/attack/fuse_held.py" "$held" 1000 /run/arena/held &
server=$!
wait_for 5 test -e /run/arena/held || skip_all "FUSE cannot be mounted here"
cp "$TOP/tests/attack/held_caller.py" /tmp/

# Of what the launcher has started: those in their own pid namespace, and those on the host.
of_ours() {
	local pid
	for pid in $(ours); do
		awk -v pid="$pid" -v most="$1" '$1 == "NSpid:" && NF == most { print pid }' \
		    "/proc/$pid/status" 2>/dev/null
	done
}
engines() {
	find /proc -maxdepth 2 -name exe -lname "$ENGINE" 2>/dev/null | cut -d/ -f3
}
# Waiting without a limit, where no signal ends it.
stuck() {
	local pid
	for pid in $(ours); do
		! grep -q '^State:.D' "/proc/$pid/status" 2>/dev/null || return 0
	done
	return 1
}
alices() {
	awk '$1 == "Uid:" && $2 == 1000 && $4 == 1000 { found = 1 } END { exit !found }' "/proc/$1/status"
}
all_alices() {
	local pid
	for pid in $(of_ours 2); do
		[ "$(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status")" = 2147482001 ] || alices "$pid" || return 1
	done
}

begin_held() {
	rm -f /run/arena/held.poll /tmp/begin
	"$TESTBIN/stop_init" 1000 parent /usr/bin/python3 /tmp/held_caller.py $held/file /tmp/begin \
	    "$LAUNCHER" $verb >/run/arena/init 2>/run/arena/said &
	tool=$!
	ok "$verb: control: a set's mutex is held" wait_for 10 test -e /run/arena/held.poll
	at=$(($(date +%s) + $seconds))
	allow alice "until = $(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)" "engine = any"
	touch /tmp/begin
	wait_for 100 tool_ended
	! kill -0 "$tool" 2>/dev/null || kill -KILL "$tool"
	wait "$tool"
}
# Who is refused, for the time is over, leaves it waiting.
tool_ended() {
	! kill -0 "$tool" 2>/dev/null || [ "$(date +%s)" -gt "$at" ]
}
for verb in start once; do
	# A busy machine may need longer than the grant lasts.
	for seconds in 6 20 60; do
		rc=0
		begin_held || rc=$?
		[ "$rc" -ne 0 ] || break
		touch /run/arena/go
		pkill -KILL -f held_caller.py
		wait_for 10 none_of_ours
		stop_engines
		rm -f /run/arena/go
	done
	is "$rc" 0 "$verb: control: there is an init, which has made a process, and is stopped"
	init=$(cat /run/arena/init)
	# It can go on: so the launcher is the caller's own by now, who can end it.
	ok "$verb: control: no process of root's is left" wait_for 3 all_alices
	for pid in $(of_ours 2); do
		as alice kill -KILL "$pid" 2>/dev/null
	done
	# An engine that waits for nobody has the time to close what it has.
	sleep 0.5
	kill -CONT "$init"
	ok "$verb: control: somebody is held" wait_for 5 stuck
	while [ "$(date +%s)" -le $((at + 1)) ]; do
		sleep 0.1
	done
	is "$(engines)" "" "$verb: no engine outlives the end of its grant"
	ok "$verb: control: and the end does not reach who is held" stuck
	touch /run/arena/go
	ok "$verb: let go, all of it ends" wait_for 5 none_of_ours
	pkill -KILL -f held_caller.py
	rm -f /run/arena/go
	stop_engines
done
kill "$server"
umount -l $held 2>/dev/null
done_testing
