#!/usr/bin/env bash
# A11: ^C, ^Z, ^\ or a hang-up hits what starts an engine and a job, at 200 random moments of that; on a busy
# machine at as many as there are in four minutes, and 50.
# Afterwards an engine is fully up or there is nothing; never a launcher, a job, or anything of
# root's that was not there before. a11_terminal_signals.t SEED ROUNDS SECONDS repeats or prolongs it.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
grant alice security.confined >/dev/null
# One life of an engine, so that what the first one makes is there before.
ok "A11 control: a job runs" job host true
ok "A11 control: its engine is stopped" as alice berth daemon stop
launcher_gone() {
	! grep -qsx 'berth-\(launcher\|engine\|job\)' /proc/[0-9]*/comm
}
ok "A11 control: nothing runs" wait_for 10 launcher_gone
# Each start has a cgroup of another name; the one of the last is removed by the next,
# or by that behind it.
snapshot() {
	noprv_snapshot /run/arena/snapshot
	sed -E 's,(/berth/1000/)[0-9.]+ ,\1START ,' /run/arena/snapshot | sort -u
}
snapshot >/run/arena/before

seed=${1:-$((RANDOM * 32768 + RANDOM))}
rounds=${2:-200}
diag "seed $seed"
run as alice /usr/bin/python3 "$TOP/tests/attack/a11_terminal_signals.py" "$seed" "$rounds" "${3:-240}"
is "$rc$err" 0 "A11 the rounds were run ($rounds at most)"
is "$(grep '^bad' <<<"$out")" "" "A11 each ended fully up or with nothing"
like "$out" 'reached [1-9][0-9]* started, [0-9]+ not' "A11 engines were reached"
diag "$(grep '^reached' <<<"$out")"
is "$(snapshot | diff -U0 /run/arena/before -)" "" "A11 nothing of root's has changed"
ok "A11 nothing is left" wait_for 10 launcher_gone
run job host echo fine
is "$rc:$out" "0:fine" "A11 the next call works"
done_testing
