#!/usr/bin/env bash
# Every system call of each of berth-admin's verbs fails once with each of six errors, and it is killed
# or stopped there. Each file of /etc/berth is then the old one or the new one as a whole, nothing
# temporary stays behind a failure, nothing at all is changed by who only asks; what says that it is
# done is done; the same command works then, and takes away what a killed one left.
. "${BASH_SOURCE[0]%/*}/../attack/launcher.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
kinds=EPERM,EACCES,ENOMEM,EINTR,EMFILE,ENOSPC,kill,stop
for verb in "first grant" "second grant" "wider grant" "narrower grant" "grant without an end" "grant again" \
	"revoke" "revoke a part" "daemon start" "grants" "check"; do
	faults verbs "$verb" 16 "$kinds"
done

# The test itself: a half-written file is noticed.
cat >/run/arena/torn <<'END'
#!/bin/sh
while read -r name value; do
	[ "$name" != TracerPid: ] || traced=$value
done </proc/$$/status
if [ "$traced" != 0 ]; then
	read -r first </etc/berth/allow/uid-1000.conf
	echo "$first" >/etc/berth/allow/uid-1000.conf
fi
exec /usr/local/libexec/berth/berth-admin "$@"
END
chmod 755 /run/arena/torn
run env ADMIN=/run/arena/torn python3 "$TOP/tests/fault/verbs.py" "grants" "$seed" 1 kill
like "$rc:$out" "^1:kill at [^:]*: half-written: $ALLOW/uid-1000\\.conf" "a file that is cut is noticed"
stop_engines
done_testing
