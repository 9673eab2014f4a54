#!/usr/bin/env bash
# The clock is set while a grant with an end is in use: forward beyond the end, and what runs on it ends
# there and then; back, and it lasts as long as the clock says. (Invariant 6, "vanish"; B09.)
. "${BASH_SOURCE[0]%/*}/../../attack/jobs.sh"
arena_enter "$@"
[ -n "${BERTH_VM-}" ] || skip_all "sets the clock: only in a virtual machine"

no_engine() {
	! engine_pid alice >/dev/null
}
# set_clock OFFSET: by so many seconds from where it is
set_clock() {
	date -u -s "@$(($(date +%s) + $1))" >/dev/null
}
grant alice security.confined --for=1h >/dev/null
start_job /run/arena/out host sh -c 'echo up; sleep 10000'
ok "a job on a grant of an hour" wait_for 30 grep -q up /run/arena/out
set_clock 1800
sleep 1
ok "half an hour is set forward: it runs" engine_pid alice
set_clock -86400
sleep 1
ok "a day back: it runs" engine_pid alice
set_clock 84600
sleep 1
ok "to where it was: it runs" engine_pid alice
set_clock 3700
ok "beyond the end: the engine ends" wait_for 10 no_engine
no_engine || kill -KILL "$client"
wait_job
like "$rc:$(cat /run/arena/out)" '125:.*ended' "its client is told"
is "$(pgrep -u alice | tr '\n' ' ')" "" "nothing of it is left"
run as alice berth run host true
like "$rc:$err" '125:.*has ended' "the grant has ended"
set_clock -7200
run as alice berth run host echo ok
is "$rc:$out" "0:ok" "two hours back it has not: the wall clock is what a date means"
as alice berth daemon stop >/dev/null 2>&1

# Started when the clock was wrong: years before.
set_clock -900000000
start_job /run/arena/out host sh -c 'echo up; sleep 10000'
ok "a clock that is years behind, as without a battery: a job starts" wait_for 60 grep -q up /run/arena/out
set_clock 900010000
ok "and ends when the clock is put right and the time is over" wait_for 10 no_engine
set_clock -10000
done_testing
