#!/usr/bin/env bash
# C25: a supervisor that does not answer, of an engine that is gone. The next engine is in another pid
# namespace and cannot end it; rm -f of its user can, from outside, and ends nothing else.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
# shellcheck source=tests/attack/frozen.sh
. "${BASH_SOURCE[0]%/*}/frozen.sh"
adopt one two
one=$(grep -l '"name": *"one"' "$STATE"/jobs/*/state.json)
ctl=${one%/*}/ctl
like "$ctl" '^/.*/jobs/[0-9a-f]+/ctl$' "C25 control: the socket of a job"

# Somebody else of the user's at the socket of one of them.
mv "$ctl" "$ctl.own"
as alice /usr/bin/python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print("ready", flush=True); time.sleep(1001)' "$ctl" >/run/arena/ready &
ok "C25 control: another program is there" wait_for 10 grep -q ready /run/arena/ready
verb rm -f one >/run/arena/one 2>&1 &
running=$!
run verb rm -f two
is "$rc" 0 "C25 rm -f ends a job whose supervisor does not answer"
wait "$running"
is "$?" 69 "C25 but nobody whose supervisor cannot be told"
like "$(cat /run/arena/one)" 'job one does not end.*cannot be found from here.*pgrep -l berth-job' "C25 of which the user is told"
ok "C25 who was there lives" pgrep -f 'time.sleep[(]1001'
# Who was killed counts until somebody has reaped it.
one_of_each() {
	[ "$(pgrep -cx berth-job):$(pgrep -cx sleep)" = 1:1 ]
}
wait_for 5 one_of_each
is "$(pgrep -cx berth-job):$(pgrep -cx sleep)" "1:1" "C25 and the other job"
is "$(verb ps -a | tail -n +2 | awk '{ print $NF }')" one "C25 the first is removed"
done_testing
