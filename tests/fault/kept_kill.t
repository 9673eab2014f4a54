#!/usr/bin/env bash
# kill -9 of the engine or of a supervisor at one of their system calls while a job that is kept is begun,
# entered, stopped, started once more, restarted by its policy, removed. After each: nobody hangs, what is
# listed is a whole record and says whether the job lives, it can be removed, nothing is left of it, its
# name is free.
#
# A sample in `make check`, chosen by FAULT_SEED; every call of every victim when BERTH_LONG is set.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
jobs_world security.confined
export FAULT=$TESTBIN/fault PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-1}
count=1
[ -z "${BERTH_LONG-}" ] || count=0
diag "seed $seed"

run python3 "$TOP/tests/fault/kept_kills.py" "$seed" $count
is "$rc" 0 "after each kill: what is there is whole, and can be removed"
[ "$rc" -eq 0 ] || diag "$out$err"
pairs=$(grep -E '^[a-z]+ / [a-z]+: [0-9]+ kills$' <<<"$out")
is "$(wc -l <<<"$pairs")" 11 "each scene with each victim"
# A call that did not come this time kills nobody.
killed=$(grep -cE ': [1-9][0-9]* kills$' <<<"$pairs")
ok "kills came in most of them ($killed)" test "$killed" -ge 8
done_testing
