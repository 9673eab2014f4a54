#!/usr/bin/env bash
# A40/E01 (invariant 2: no wait without a limit): a mount of the user's own over their state directory, as
# fusermount(1) makes it where user_allow_other is set, that answers nobody. No process of root's asks it
# anything: whoever does waits in the kernel, and neither the launcher's timer nor SIGKILL ends that.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
launcher_world
engine_stays
allow alice "engine = any"
sed -i '/^root/d' "$ALLOW/uid-1000.conf"

run as alice "$LAUNCHER" start
is "$rc:$(stat -c '%U %a' /var/lib/berth/1000)" "0:alice 700" "control: without a mount a start works"
stop_engines
state=/var/lib/berth/1000
python3 "$TOP/tests/attack/fuse_mute.py" $state 1000 /run/arena/mounted &
server=$!
wait_for 5 test -e /run/arena/mounted || skip_all "FUSE cannot be mounted here"

stat -c %U $state >/dev/null 2>&1 &
asker=$!
sleep 0.5
ok "control: who asks it, waits" kill -0 "$asker"
stuck() {
	local pid
	for pid in $(ours); do
		awk -v p="$pid" '$1 == "State:" && $2 == "D" { s = 1 } $1 == "Uid:" && s { print p, $0 }' "/proc/$pid/status" 2>/dev/null
	done
}
# Not under timeout(1), which would wait for it: what does not end in time is looked at.
for verb in start once once; do
	rm -f /run/arena/status
	if [ $verb = once ]; then
		{ "$TESTBIN/once_exec" -u 1000 pair "$LAUNCHER" once >/dev/null 2>/run/arena/said; echo $? >/run/arena/status; } &
	else
		{ as alice "$LAUNCHER" start 2>&1 >/dev/null | cat >/run/arena/said; echo "${PIPESTATUS[0]}" >/run/arena/status; } &
	fi
	ok "$verb: it comes to an end" wait_for 10 test -s /run/arena/status
	is "$(stuck)" "" "$verb: nobody waits there"
	like "$(cat /run/arena/status)$(cat /run/arena/said)" '^(0$|7[0-8] ?berth: )' "$verb: it works, or says why not"
	stop_engines
	ok "$verb: nothing stays behind" none_of_ours
done
like "$(cat /proc/mounts)" "mute $state fuse .*user_id=1000" "the mount is as it was"
kill "$server"
umount -l $state
wait_for 5 none_of_ours
run as alice "$LAUNCHER" start
is "$rc:$(stat -c '%U %a' $state)" "0:alice 700" "afterwards a start works"
stop_engines
done_testing
