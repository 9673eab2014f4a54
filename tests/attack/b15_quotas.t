#!/usr/bin/env bash
# B15: what the kernel counts is charged to whoever made the user namespace. An engine that was taken
# over exhausts inotify instances, namespaces and processes: root and other users still get theirs.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 setpriv
launcher_world
allow alice
allow bob

instances=$(cat /proc/sys/fs/inotify/max_user_instances)
# Each watcher keeps as many instances as it is asked for and says how many it has got.
watcher() {
	setpriv --reuid="$1" --regid="$1" --clear-groups python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
print(sum(libc.inotify_init1(0) >= 0 for _ in range(int(sys.argv[1]))))' "$2"
}
is "$(watcher 1000 8)" 8 "B15 alice has instances before"

install -m 0711 "$TESTBIN/greedy_engine" "$ENGINE"
: >/etc/berth/engine-counts
run as alice "$LAUNCHER" start
like "$err" 'inotify=[0-9]+ users=0 uts=[0-9]+ processes=[0-9]+' "B15 no user namespace is to be had inside"
inotify=${err#*inotify=}
is "${inotify%% *}" "$instances" "B15 control: inotify instances are taken until the kernel refuses"
processes=${err#*processes=}
ok "B15 control: so are processes (${processes%%[^0-9]*})" test "${processes%%[^0-9]*}" -lt 600
stop_engines

rm /etc/berth/engine-counts
run as alice "$LAUNCHER" start
is "$rc$err" 0 "B15 a greedy engine is up and keeps all of it"
isnt "$(ours | wc -l)" 2 "B15 control: it has many processes"

is "$(watcher 0 8)" 8 "B15 root still has inotify instances"
is "$(watcher 1001 8)" 8 "B15 bob still has inotify instances"
is "$(watcher 1000 8)" 8 "B15 and so has alice outside of the namespace: they are the reserved id's"
ok "B15 root still makes namespaces" unshare --uts --ipc --net true
ok "B15 bob still makes processes under a limit of his own" \
    as bob bash -c 'ulimit -u 50 && for i in 1 2 3 4 5; do sleep 0.1 & done && wait'
install -m 0711 "$TESTBIN/dummy_engine" "$ENGINE"
run as bob "$LAUNCHER" start
is "$rc$err" 0 "B15 bob's engine starts"
is "$("$TESTBIN/ns_user" owner "/proc/$(engine_pid bob)/ns/user")" 2147482002 "B15 charged to bob's reserved id"
not_ok "B15 nesting was closed inside" nsenter --user="/proc/$(engine_pid bob)/ns/user" --preserve-credentials unshare --user true
is "$(nsenter --user="/proc/$(engine_pid bob)/ns/user" cat /proc/sys/user/max_user_namespaces)" 0 \
    "B15 max_user_namespaces is 0 there"
isnt "$(cat /proc/sys/user/max_user_namespaces)" 0 "B15 and not here"
done_testing
