#!/usr/bin/env bash
# A07 (CVE-2024-21626): descriptors that the caller has open, also above its own limit, end at the
# launcher.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
allow alice
ulimit -n 4096
odd=$TESTBIN/odd_exec

# What is open in process $1, but for the numbers of pipes and sockets.
open_files() {
	local fd
	for fd in "/proc/$1/fd"/*; do
		printf '%s %s\n' "${fd##*/}" "$(readlink "$fd" | sed 's/:\[.*/:/')"
	done | sort -n
}
golden='0 /dev/null
1 /dev/null
2 /dev/null
3 socket:
4 /run/berth/1000/lock
5 /etc/berth
6 /memfd:berth-facts (deleted)'
of_init() {
	readlink "/proc/$(ps -o ppid= -p "$(engine_pid alice)" | tr -d ' ')/fd"/*
}
of_its_own='anon_inode:[signalfd]'
# The engine may be ready a moment before its init has closed the last one.
init_is_clean() {
	[ "$(of_init)" = "$of_its_own" ]
}

as alice "$odd" fds 1023 2000 /bin/sleep 1000 2>/dev/null &
wait_for 5 eval 'asleep "$(pgrep -x sleep)"'
is "$(open_files "$(pgrep -x sleep)" | wc -l)" 1024 "A07 control: another program keeps them all"
disown -a
kill "$(pgrep -x sleep)"

run as alice "$LAUNCHER" start
is "$(open_files "$(engine_pid alice)")" "$golden" "A07 an engine's descriptors"
ok "A07 and its init's: one of its own" wait_for 10 init_is_clean
stop_engines

# high, limit
for pair in "1023 1023" "1023 64" "300 40" "40 32"; do
	# shellcheck disable=SC2086
	run as alice "$odd" fds $pair "$LAUNCHER" start
	is "$rc$err" 0 "A07 descriptors up to ${pair/ /, then a limit of }: a start is a start"
	is "$(open_files "$(engine_pid alice)")" "$golden" "A07 descriptors up to ${pair/ /, limit }: none gets to the engine"
	wait_for 10 init_is_clean
	is "$(of_init)" "$of_its_own" "A07 descriptors up to ${pair/ /, limit }: nor to its init"
	stop_engines
done

# With so few descriptors it cannot work: then it says so, leaves nothing that runs, and the next
# start is none the worse.
for limit in 3 4 5 6 7 8 9 10 12 14 16 18; do
	run as alice "$odd" fds 1023 "$limit" "$LAUNCHER" start
	if [ "$rc" -eq 0 ]; then
		is "$(open_files "$(engine_pid alice)")" "$golden" "A07 a limit of $limit: it works"
	else
		like "$rc $err" '^(70|71|77|78) berth: ' "A07 a limit of $limit: a clear end"
		ok "A07 a limit of $limit: nothing runs" wait_for 5 none_of_ours
	fi
	stop_engines
done
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A07 afterwards all is well"
done_testing
