#!/usr/bin/env bash
# C25: daemon stop --force also ends jobs of an engine before whose supervisors do not answer.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs pgrep
jobs_world security.confined
# shellcheck source=tests/attack/frozen.sh
. "${BASH_SOURCE[0]%/*}/frozen.sh"
adopt one two
is "$(pgrep -cx berth-job):$(pgrep -cx sleep)" "2:2" "C25 control: they run"
run verb daemon stop --force
is "$rc" 0 "C25 daemon stop --force succeeds"
# Who was killed counts until somebody has reaped it.
none() {
	! pgrep -x 'berth-job|sleep|berth-engine'
}
ok "C25 and all have ended" wait_for 5 none
as alice berth daemon start >/dev/null
is "$(verb ps -a | grep -c 'Exited (137)')" 2 "C25 they are kept"
done_testing
