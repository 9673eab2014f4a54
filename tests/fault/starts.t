#!/usr/bin/env bash
# Every system call of a start by the launcher fails once with each of six errors, and whoever makes it
# is killed or stopped there: who was called, the one that works, the init, the watcher of a grant with
# an end, and the engine until it is ready. What then runs is an engine as it should be or nothing, no
# process of ours has privilege, files and mounts are not half made beyond what B10 names, and the next
# plain start works and repairs all. (Calls that "succeed" without effect: A23.)
. "${BASH_SOURCE[0]%/*}/../attack/launcher.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
cp "$ENGINE" /run/arena/engine
launcher_world
# Without a root it makes the state directory as well.
without_root() {
	allow alice "$@"
	sed -i '/^root/d' "$ALLOW/uid-1000.conf"
}
without_root
faults faults start 96
stop_engines
without_root "until = $(date -u -d '+9 hours' +%Y-%m-%dT%H:%M:%SZ)"
faults faults until 56
stop_engines
install -m 0711 /run/arena/engine "$ENGINE"
without_root
faults faults engine 32
stop_engines

# The test itself: what a start must not leave is noticed.
mkdir -m 0777 /run/berth
chown alice /run/berth
run python3 "$TOP/tests/fault/faults.py" start "$seed" 1 EPERM
isnt "$rc" 0 "a runtime directory of the user's is noticed"
rm -rf /run/berth
done_testing
