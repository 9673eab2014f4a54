#!/usr/bin/env bash
# A kernel that closes user namespaces: to users (kernel.unprivileged_userns_clone=0, Debian's) a grant is
# the way, and who has none is told which switch it is; user.max_user_namespaces=0 stops root as well, so
# berth says so and which switch closes them to users alone. A13, A35, B15 where it is so.
. "${BASH_SOURCE[0]%/*}/../../attack/jobs.sh"
arena_enter "$@"
clone=$(cat /proc/sys/kernel/unprivileged_userns_clone)
max=$(cat /proc/sys/user/max_user_namespaces)
case $clone:$max in
0:0 | 1:0) switch='user.max_user_namespaces is 0' root_can=1 ;;
0:*) switch='kernel.unprivileged_userns_clone is 0' root_can=0 ;;
*) switch='' root_can=0 ;;
esac
is "$(uname -r | cut -d. -f1-2)" 6.1 "the kernel is Debian 12's"

# --- controls: it is the kernel, not berth
run unshare --user true
is "$rc" "$root_can" "control: root's own namespace with $clone:$max"
run as alice unshare --user true
is "$rc" "$([ -n "$switch" ] && echo 1 || echo 0)" "control: a user's own"

# --- without a grant
run as dave berth run host echo ok
if [ -n "$switch" ]; then
	is "$rc:$out" "125:" "no grant: no job"
	like "$err" "no grant.*$switch" "no grant: it is said why, by the switch"
	is "$(wc -l <<<"$err")" 3 "no grant: in three lines"
	like "$(tail -n1 <<<"$err")" 'sudo berth ' "no grant: the last one can be pasted"
	like "$(as dave berth --format=json info)" "closed\": *\"[^\"]*$switch" "no grant: info says it too"
	run as dave berth daemon start
	is "$rc" 77 "no grant: refused"
else
	is "$rc:$out" "0:ok" "no grant: a job of the user's own engine"
	like "$err" 'a rootless engine starts' "no grant: and it is said"
fi

# --- with one
grant alice security.confined >/dev/null
if [ "$max" -eq 0 ]; then
	run as alice berth daemon start
	is "$rc" 71 "a grant: not even so"
	like "$err" 'user\.max_user_namespaces is too low.*kernel\.unprivileged_userns_clone=0 instead' \
	    "a grant: which switch it is, and which one to use instead"
	is "$(wc -l <<<"$err")" 3 "a grant: in three lines at most"
	noprv_snapshot /run/arena/before
	run as alice berth run host echo ok
	is "$rc:$out" "125:" "a grant: no job"
	# Each start has a cgroup of its own, and removes what is left of the one before.
	changes=$(noprv_diff /run/arena/before)
	is "$(grep -vE '^[-+]cgroup /sys/fs/cgroup/berth/1000/[0-9.]+ ' <<<"$changes")" "" \
	    "NOPRIV: what fails once more leaves no more"
	is "$(find /sys/fs/cgroup/berth/1000 -mindepth 1 -type d | wc -l)" 1 "nor many cgroups"
	run root berth daemon start --root=/home/carol/state --allow-user=carol --entitlements=security.confined
	isnt "$rc" 0 "the administrator's first command fails"
	like "$err" 'max_user_namespaces' "and says it"
	sysctl -qw user.max_user_namespaces=1000
	run as alice berth run host echo ok
	is "$rc:$out" "0:ok" "control: with the switch on a job runs"
	sysctl -qw user.max_user_namespaces=0
	run as alice berth run host echo ok
	is "$rc:$out" "0:ok" "and goes on where an engine is up: nothing berth does later needs another one"
	done_testing
fi
run as alice berth run host -- sh -c 'id -u; cat /proc/sys/user/max_user_namespaces; unshare -U true || echo no'
is "$rc:$out" $'0:0\n0\nno' "a grant: a job runs, and cannot nest"
engine=$(engine_pid alice)
is "$("$TESTBIN/ns_user" owner "/proc/$engine/ns/user")" "$(sed -n 's/^owner-id = //p' /etc/berth/allow/uid-1000.conf)" \
    "A13 its namespace is the reserved id's"
is "$(as alice "$TESTBIN/ns_user" join - <"/proc/$engine/ns/user")" "setns: EPERM" "A13 and its user cannot enter it"
start_job /run/arena/out host sh -c 'echo up; sleep 1000'
ok "a job in the background" wait_for 60 grep -q up /run/arena/out
revoke alice >/dev/null
ok "revoked: all of it ends" wait_for 10 bash -c '! pgrep -u alice >/dev/null'
run as alice berth run host echo ok
if [ -n "$switch" ]; then
	is "$rc:$out" "125:" "revoked: no job any more"
else
	like "$rc:$out$err" 'revoked' "revoked: no engine of the user's own instead"
fi
done_testing
