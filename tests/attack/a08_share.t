#!/usr/bin/env bash
# A08: what of the caller's share of the machine is neither a limit nor a priority, and goes through
# execve(2) and fork(2) as these do: how late timers may be, the place in the queue of a disk, the nodes of
# memory. A shared engine has none of the first caller's; and no wait of root's is as long as they like.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 ionice
launcher_world
engine_stays

cat >/tmp/odd.py <<'E2'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
mask = ctypes.c_ulong(1)
libc.prctl(29, ctypes.c_ulong(900 * 10**9), 0, 0, 0)
# ioprio_set(2), set_mempolicy(2): idle; bound to one node.
numbers = {"x86_64": (251, 238), "aarch64": (30, 237)}[os.uname().machine]
libc.syscall(numbers[0], 1, 0, 3 << 13)
libc.syscall(numbers[1], 2, ctypes.byref(mask), ctypes.c_ulong(64))
os.execv(sys.argv[1], sys.argv[1:])
E2
share_of() {
	printf '%s, %s, %s\n' "$(cat "/proc/$1/timerslack_ns")" "$(ionice -p "$1")" \
	    "$(awk '{ print $2; exit }' "/proc/$1/numa_maps" 2>/dev/null || echo default)"
}
sleep 1000 &
usual=$(share_of $!)
like "$usual" '^50000, none: prio [04], (default)?$' "control: what everybody has"
as alice python3 /tmp/odd.py /bin/sleep 1000 &
wait_for 5 pgrep -u alice -x sleep
odd=$(share_of "$(pgrep -u alice -x sleep)")
like "$odd" '^900000000000, idle, (bind:0)?$' "control: any other program keeps the caller's"

for verb in start once; do
	for until in "" "until = $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"; do
		allow alice "engine = any" "$until"
		name="$verb${until:+ with an end}"
		if [ $verb = once ]; then
			: >/run/arena/said
			mkfifo /run/arena/hold
			"$TESTBIN/once_exec" -w -u 1000 pair /usr/bin/python3 /tmp/odd.py "$LAUNCHER" once \
			    </run/arena/hold >/run/arena/said 2>&1 &
			exec 9>/run/arena/hold
			wait_for 10 grep -q '^status' /run/arena/said
			rc=$(sed -n 's/^status //p' /run/arena/said)
		else
			run as alice python3 /tmp/odd.py "$LAUNCHER" start
		fi
		is "$rc" 0 "A08 $name: it starts"
		count=2
		[ -z "$until" ] || count=3
		is "$(ours | wc -l)" $count "A08 $name: there are $count processes"
		for pid in $(ours); do
			who="$(cat "/proc/$pid/comm") $(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status")"
			if [ $verb = start ]; then
				is "$(share_of "$pid")" "$usual" "A08 $name: $who has nothing of the first caller's"
			else
				like "$(share_of "$pid")" '^50000, ' "A08 $name: $who has the usual timers"
			fi
		done
		if [ $verb = once ]; then
			exec 9>&-
			rm -f /run/arena/hold
		fi
		stop_engines
	done
done
done_testing
