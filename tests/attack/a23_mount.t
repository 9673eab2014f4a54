#!/usr/bin/env bash
# A23 for the launcher's verb "mount": every call that changes an identity, a capability set or an attribute,
# and every call that makes the mount, fails, or changes of identity "succeed" without effect, one at a
# time. Either nothing comes back, or a mount as it is without injection; no process is left.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "inject.c knows the registers of x86_64 only"
launcher_world
allow alice
sed -i 's/^entitlements = .*/& idmap.mount/' "$ALLOW/uid-1000.conf"
mappable /home/alice/fs
install -d -o alice -g alice /home/alice/fs/own
run as alice "$LAUNCHER" start
engine=$(engine_pid alice)
mounts=$(cat /proc/self/mountinfo "/proc/$engine/mountinfo")
running=$(ours | sort)

# inject CALL WHO N WHAT
inject() {
	run timeout -k 1 60 "$TESTBIN/mount_call" -s -a owner "$engine" /home/alice/fs/own \
	    "$TESTBIN/inject" 1000 "$@" "$LAUNCHER" mount 101 102
}
nothing=$'^status [1-9][0-9]*\nmount no$'
golden=$'status 0\nmount yes\nflags rw,nosuid,nodev\nowner 101:102'
alone() {
	[ "$(ours | sort)" = "$running" ]
}

inject setns program 0 none
is "$rc:$out" "0:$golden" "A23 a mount without injection"
calls=0
noticed=0
for call in setresuid setresgid setuid capset prctl setns open_tree mount_setattr sendmsg ioctl fstatfs clone3 openat dup2; do
	inject $call program 0 none
	list=$err
	count=$(grep -c '^inject: ' <<<"$list")
	isnt "$count" 0 "A23 $call is called ($count times)"
	case $call in
	set[ru]* | capset | prctl) whats="EPERM zero" ;;
	*) whats=EPERM ;;
	esac
	bad=
	while read -r _ who n first result; do
		for what in $whats; do
			case $what:$result:$call:$first in
			EPERM:-* | zero:0:prctl:3 | zero:0:prctl:23 | zero:0:prctl:47) continue ;;
			esac
			inject $call "$who" "$n" $what
			calls=$((calls + 1))
			[[ $out == "status 0"* ]] || noticed=$((noticed + 1))
			[ "$out" != "$golden" ] || continue
			[[ $out =~ $nothing ]] || bad+="$call of $who, $n ($first, $result) with $what: $out"$'\n'
		done
	done < <(grep '^inject: ' <<<"$list")
	is "$bad" "" "A23 $call: a whole mount, or none"
done
diag "$calls injections, $noticed ended it"
ok "A23 no process is left" wait_for 5 alone
is "$(cat /proc/self/mountinfo "/proc/$engine/mountinfo")" "$mounts" "A23 nor a mount"

# Each of these has something to do.
ends() {
	inject "$@"
	like "$out" "$nothing" "A23 $*: ends it"
}
for call in setns open_tree mount_setattr sendmsg; do
	ends $call program 1 EPERM
done
# Root; the owner of the namespace; root again; the caller.
for n in 1 2 3 4; do
	ends setresuid program $n EPERM
	ends setresuid program $n zero
done
# A lost privilege that comes back.
ends setresuid program 5 zero
ends setuid program 1 zero
done_testing
