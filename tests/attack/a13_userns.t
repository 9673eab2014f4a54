#!/usr/bin/env bash
# A13: the user's engine lives in a user namespace that holds more ids than the user has. It belongs
# to the grant's reserved id, so neither the user nor another one can enter it, look into it or stop
# its init from outside.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
allow alice
allow bob
ns_user=$TESTBIN/ns_user

run as alice "$LAUNCHER" start
is "$rc$err" 0 "A13 alice's engine"
run as bob "$LAUNCHER" start
is "$rc$err" 0 "A13 bob's engine"
engine=$(engine_pid alice)
init=$(ps -o ppid= -p "$engine" | tr -d ' ')

is "$("$ns_user" owner "/proc/$engine/ns/user")" 2147482000 "A13 its owner is alice's reserved id"
is "$("$ns_user" owner "/proc/$(engine_pid bob)/ns/user")" 2147482002 "A13 and bob's is bob's"
# Root reads its own descriptor; a namespace that is mapped tells a nested one nothing.
is "$(tr -s ' ' <"/proc/$engine/uid_map")" $' 0 1000 1\n 1 100000 65536' "A13 the uid map holds what was granted"
is "$(tr -s ' ' <"/proc/$engine/gid_map")" $' 0 1000 1\n 1 100000 65536' "A13 the gid map too"

files='mem maps environ exe cwd root fd/3 ns/mnt syscall stack'
# looks USER PID FILE: it opens, whatever there is to be read; or where the link leads is told (status)
looks() {
	as "$1" sh -c 'true <"$1" || readlink "$1"' sh "/proc/$2/$3"
}
for who in alice bob carol; do
	for pid in "$engine" "$init"; do
		is "$(as "$who" "$ns_user" join "/proc/$pid/ns/user")" "open: EACCES" \
		    "A13 $who cannot open the namespace of pid $pid"
		for file in $files; do
			not_ok "A13 $who cannot look at $file of pid $pid" looks "$who" "$pid" "$file"
		done
	done
	# A descriptor of it that leaked would not help.
	is "$(as "$who" "$ns_user" join - <"/proc/$engine/ns/user")" "setns: EPERM" \
	    "A13 $who cannot enter it by a descriptor"
done
for who in bob carol; do
	not_ok "A13 $who cannot signal the engine" as "$who" kill -0 "$engine"
done

# The control: what a user owns, the user enters.
as alice unshare --user --map-root-user sleep 1000 2>/dev/null 3</dev/null &
if wait_for 5 pgrep -x sleep; then
	own=$(pgrep -x sleep)
	is "$(as alice "$ns_user" join - <"/proc/$own/ns/user")" joined "A13 control: a namespace of alice's own"
	is "$(as bob "$ns_user" join - <"/proc/$own/ns/user")" "setns: EPERM" "A13 control: is not bob's"
	for file in $files; do
		# With Yama's scope (ptrace(2)) whoever is no ancestor opens no memory.
		[ $file = mem ] && [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" -gt 0 ] ||
			ok "A13 control: alice can look at $file of a process of her own" looks alice "$own" $file
	done
	disown -a
	kill "$own"
fi
done_testing
