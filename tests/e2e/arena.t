#!/usr/bin/env bash
# The arena itself, seen from outside: what is done in it does not reach the host, and it ends when
# it is told to, with all that runs in it.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
lib=$(cd "${BASH_SOURCE[0]%/*}/../lib" && pwd -P)
[ "$(id -u)" -eq 0 ] || skip_all "needs root (sudo make check)"
export ARENA_INSTALL=no

host_state() {
	find /etc /usr/local /srv -xdev -maxdepth 4 -printf '%p %m %u %g %s %T@\n' 2>/dev/null | sort | sha256sum
	sha256sum </proc/self/mountinfo
	hostname
	find /home /run /tmp /var/lib -maxdepth 1 -user root -newer "$stamp" -name '*berth*'
}
stamp=$(mktemp)
trap 'rm -f "$stamp"' EXIT

# Others may be at work on the host: what they change meanwhile does not come again with each try.
for _ in 1 2 3 4 5; do
	before=$(host_state)
	run "$lib/arena.sh" sh -c 'touch /etc/x /usr/local/x /var/lib/berth-x /run/berth-x /tmp/berth-x /home/berth-x &&
		useradd mallory && hostname other && mkdir /sys/fs/cgroup/berth && mount -t tmpfs x /mnt && echo done'
	after=$(host_state)
	[ "$rc" -eq 0 ] && [ "$after" != "$before" ] || break
done
is "$rc $out" "0 done" "the world inside can be changed"
is "$after" "$before" "the host is as it was"
is "$(ls -d /etc/x /usr/local/x /var/lib/berth-x /run/berth-x /tmp/berth-x /home/berth-x 2>/dev/null
    grep ^mallory: /etc/passwd; grep ' /mnt .* tmpfs x ' /proc/self/mountinfo)" "" "nor is any of that on it"
isnt "$(hostname)" other "its name neither"

# Also where cgroups of version 2 are at their usual place, as on a host that has no others, and in an arena.
is "$("$lib/arena.sh" sh -c 'mkdir /sys/fs/cgroup/outer && ARENA_INSTALL=no "$TOP/tests/lib/arena.sh" sh -c "cat /proc/self/cgroup; ls -d /sys/fs/cgroup/*/; ls -d /sys/fs/cgroup/outer" 2>&1' |
    grep -v '^[1-9]')" "0::/test
/sys/fs/cgroup/test/
ls: cannot access '/sys/fs/cgroup/outer': No such file or directory" "one in another has cgroups of its own"

run "$lib/arena.sh" sh -c 'exit 7'
is "$rc" 7 "its status is the command's"

# A number that no other process has as its argument.
mark=$((100000 + $$)).5
sleepers() {
	pgrep -fc "sleep $mark\$"
}
# end_by SIGNAL: starts an arena, ends it when what it is to run does, and prints what survives
end_by() {
	local arena _
	"$lib/arena.sh" sleep "$mark" &
	arena=$!
	for _ in {1..1200}; do
		! pgrep -fx "sleep $mark" >/dev/null || break
		sleep 0.05
	done
	pgrep -fx "sleep $mark" >/dev/null || echo "it never ran"
	kill -s "$1" "$arena"
	wait "$arena" 2>/dev/null
	for _ in {1..1200}; do
		[ "$(sleepers)" -ne 0 ] || break
		sleep 0.05
	done
	sleepers
}
# Not INT: what a script starts in the background ignores it from birth.
is "$(end_by TERM)" 0 "TERM ends all of it"
is "$(end_by HUP)" 0 "HUP ends all of it"
is "$(end_by KILL 2>/dev/null)" 0 "KILL ends all of it"
run "$lib/arena.sh" true
# Others may be at work.
stale() {
	{ umount -t cgroup2 /sys/fs/cgroup; mount -t cgroup2 x /sys/fs/cgroup || echo none; } 2>/dev/null
	for dir in /sys/fs/cgroup/berth-test.*; do
		# One that ends removes its own before.
		[ ! -d "$dir" ] || [ -d "/proc/${dir##*.}" ] || [ ! -d "$dir" ] || echo "$dir"
	done
}
export -f stale
is "$(unshare --mount --propagation private bash -c stale)" "" \
    "the next one removes what that left"

done_testing
