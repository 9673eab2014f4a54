#!/usr/bin/env bash
# A18/A40: pid 1, into whose mount and network namespace a start goes for the host's own view of the
# policy, is the user's, in a pid namespace that somebody made for them; and it has made these namespaces
# in a user namespace of its own, where it mounts what it likes over /etc/berth and /run. And pid 1 may
# not be looked at: what it is cannot be known then.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs unshare setpriv strace
launcher_world
engine_stays
allow alice

# Root's own, but of last week: another range, no end.
snapshot=/usr/local/snapshot
mkdir $snapshot
cp -a /etc/berth $snapshot/berth
sed -i 's/^sub\(.\)id = .*/sub\1id = 700000:600000/' $snapshot/berth/allow/uid-1000.conf
mkdir $snapshot/run
sed -i '/^entitlements/s/$/\nuntil = 2099-01-01T00:00:00Z/' "$ALLOW/uid-1000.conf"

cat >/tmp/start.sh <<E2
# What started us becomes what it will be.
while ! [ -e /tmp/ready ]; do sleep 0.05; done
rc=0
$LAUNCHER start 2>&1 | cat >/tmp/said
echo "\${PIPESTATUS[0]}" >/tmp/status.new
cat /proc/1/status /proc/1/mountinfo >/tmp/pid1
mv /tmp/status.new /tmp/status
E2
# pid1 UNSHARE-FLAGS COMMAND: alice's pid 1 unshares this, runs COMMAND as the root of its namespace.
cat >/tmp/pid1.sh <<'E2'
bash /tmp/start.sh &
exec unshare --user --map-root-user $1 sh -c "$2 && touch /tmp/ready; while ! [ -e /tmp/status ]; do sleep 0.05; done; sleep 0.3"
E2
pid1() {
	rm -f /tmp/ready /tmp/status /tmp/said
	timeout -k 1 100 unshare --pid --fork --mount --mount-proc setpriv --reuid=alice --regid=alice --init-groups \
	    bash /tmp/pid1.sh "$1" "$2" 2>/tmp/failed
	rc=$(cat /tmp/status 2>/dev/null)
	err=$(cat /tmp/said 2>/dev/null)
	[ -n "$rc" ] || diag "$(cat /tmp/failed)"
}
left() {
	find /run/berth /sys/fs/cgroup/berth $snapshot/run /var/lib/berth /usr/local/berth -mindepth 1 \
	    ! -name audit-rate 2>/dev/null
}

pid1 --mount "mount --bind $snapshot/berth /etc/berth && mount --bind $snapshot/run /run"
is "$rc" 71 "a mount namespace of the user's: refused"
like "$err" '^berth: 1/ns/mnt is in a user namespace.*pid 1 is not the host' "a mount namespace of the user's: it says why"
like "$(cat /tmp/pid1)" 'Uid:.1000.*/berth /etc/berth' "a mount namespace of the user's: control: pid 1 had another policy"
is "$(left)" "" "a mount namespace of the user's: nothing was made, in no view"
stop_engines
pid1 --net true
is "$rc" 71 "a network namespace of the user's: refused"
like "$err" '^berth: 1/ns/net is in a user namespace.*pid 1 is not the host' "a network namespace of the user's: it says why"
stop_engines

# As in a container of the host's own kind: root has made other namespaces for pid 1.
run unshare --pid --fork --mount --net --mount-proc sh -c "setpriv --reuid=alice --regid=alice --init-groups $LAUNCHER start"
is "$rc:$err" "0:" "control: namespaces of the initial user namespace are the host's"
stop_engines

# --- pid 1 may not be looked at ----------------------------------------------------------------------

engine_says R
early_trace /run/arena/trace alice "$LAUNCHER" start
is "$rc" 0 "control: pid 1 can be looked at"
stop_engines
launcher=$(awk '{ print $1; exit }' /run/arena/trace)
for what in 1/root 1/ns/mnt 1/ns/net; do
	n=$(awk -v pid="$launcher" -v what="\"$what\"" '$1 == pid && / openat\(/ { n++; if (index($0, what)) { print n; exit } }' \
	    /run/arena/trace)
	for error in EACCES EPERM; do
		run strace -f -qq -u alice -o /run/arena/injected -e trace=openat \
		    -e inject=openat:error=$error:when="$n" "$LAUNCHER" start
		like "$(cat /run/arena/injected)" "\"$what\", [A-Z_|]+\\) += -1 $error .*INJECTED" "$what: control: $error"
		is "$rc" 71 "$what: $error: no start"
		like "$err" "^berth: cannot look at $what of the host" "$what: $error: it says why"
		is "$(left)" "" "$what: $error: nothing was made"
		stop_engines
	done
done
done_testing
