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

# The test itself: that the next start is another one is noticed.
cat >/run/arena/other <<'END'
#!/bin/sh
while read -r name value; do
	[ "$name" != TracerPid: ] || traced=$value
done </proc/$$/status
[ "$traced" = 0 ] || : >/home/alice/traced
[ "$traced" = 0 ] && [ -e /home/alice/traced ] && exec nice -n 5 /usr/local/libexec/berth/berth-launcher "$@"
exec /usr/local/libexec/berth/berth-launcher "$@"
END
chmod 755 /run/arena /run/arena/other
run env LAUNCHER=/run/arena/other python3 "$TOP/tests/fault/faults.py" start "$seed" 1 EPERM mkdirat
like "$rc:$out" '^1:EPERM at mkdirat .*: the next start: what runs differs: .*, nice [0-9]+' "another engine than there was is noticed"
done_testing
