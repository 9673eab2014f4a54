#!/usr/bin/env bash
# A36: who calls is the real uid and gid that the kernel knows. Root, sudo's variables and mixes that
# other setuid programs make give nobody somebody else's grant.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
allow alice
engine_says R
odd=$TESTBIN/odd_exec

refuses 77 'uid 0 \(root\)' "A36 root" root "$LAUNCHER" start
refuses 77 'uid 0 \(root\)' "A36 root with SUDO_UID and its like" \
    env SUDO_UID=1000 SUDO_GID=1000 SUDO_USER=alice PKEXEC_UID=1000 LOGNAME=alice "$LAUNCHER" start
refuses 77 'uid 1001 \(no_grant\)' "A36 bob with alice's SUDO_UID" \
    as_env bob SUDO_UID=1000 SUDO_GID=1000 SUDO_USER=alice USER=alice -- "$LAUNCHER" start

# ids UIDS GIDS: as execve(2) leaves them, the effective and saved uid are 0 then
ids() {
	"$odd" ids "$1" "$2" "$LAUNCHER" start
}
mixed='^berth: refused: the launcher was started with mixed ids'
refuses 77 'uid 0 \(root\)' "A36 real root, effective alice" ids 0,1000,1000 1000,1000,1000
refuses 77 'uid 0 \(root\)' "A36 real root, effective alice, alice's groups" ids 0,1000,0 1000,1000,1000
refuses 77 'uid 1001 \(no_grant\)' "A36 real bob, effective alice: bob" ids 1001,1000,1000 1001,1001,1001
refuses 77 'uid 1001 \(no_grant\)' "A36 real and saved bob, effective alice: bob" ids 1001,1000,1001 1001,1001,1001
refuses 77 'uid 1001 \(no_grant\)' "A36 real bob, effective root: bob" ids 1001,0,0 1001,1001,1001
refuses 77 "$mixed" "A36 another effective gid" ids 1000,1000,1000 1000,2000,2000
refuses 77 "$mixed" "A36 another real gid" ids 1000,1000,1000 2000,1000,1000
refuses 77 "$mixed" "A36 effective gid 0" ids 1000,1000,1000 1000,0,0
# execve(2) copies the effective gid to the saved one: this mix ends there.
run ids 1000,1000,1000 1000,1000,0
is "$rc$err" 0 "A36 another saved gid: execve(2) has already dropped it"
stop_engines

chmod 0755 "$LAUNCHER"
refuses 78 'no setuid bit' "A36 without the bit, real root and effective alice" ids 0,1000,1000 0,0,0
# What a setuid program leaves behind that executes it; its caller is alice, who gets alice's grant.
run ids 1000,0,1000 1000,1000,1000
is "$rc$err" 0 "A36 without the bit, real alice and effective root: alice"
stop_engines
chmod 4755 "$LAUNCHER"

# A group's grant needs the kernel's word, and the group is not had by a variable.
rm "$ALLOW/uid-1000.conf"
printf '[ids]\nbase = 1000000000\ncount = 65536000\nfirst-uid = 1000\n' >/etc/berth/berth.conf
printf '[grant]\ngid = 2000\nroot = /home/state\nsubids = auto\nentitlements = security.confined\nexcept-uid = 1001\n' \
    >"$ALLOW/gid-2000.conf"
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A36 alice is in the group that is granted"
stop_engines
refuses 77 'uid 1001 \(excluded\)' "A36 bob is as well, but excepted" as bob "$LAUNCHER" start
refuses 77 'uid 1002 \(no_grant\)' "A36 carol is not" as_env carol GROUPS=2000 -- "$LAUNCHER" start
refuses 77 'uid 1000 \(no_grant\)' "A36 alice without the group" \
    setpriv --reuid=alice --regid=alice --clear-groups "$LAUNCHER" start
refuses 77 'gid|no_grant|root|bad_ids' "A36 gid 0 gets no map" \
    setpriv --reuid=alice --regid=0 --groups=2000 "$LAUNCHER" start

run ids 1000,1000,1000 1000,1000,1000
is "$rc" 77 "A36 control: the helper program alone changes nothing (no group, no grant)"
done_testing
