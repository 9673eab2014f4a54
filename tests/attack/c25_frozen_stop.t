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
is "$(pgrep -cx berth-job):$(pgrep -cx sleep):$(pgrep -cx berth-engine)" "0:0:0" "C25 and all have ended"
as alice berth daemon start >/dev/null
is "$(verb ps -a | grep -c 'Exited (137)')" 2 "C25 they are kept"
done_testing
