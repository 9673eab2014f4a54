#!/usr/bin/env bash
# kill -9 of a job's supervisor, exactly at one of its system calls, in each scene of a life: it is
# entered, stopped, restarted, its log is rotated. After each: nobody hangs, the record says how it ended,
# the log has at most one line that is cut, the job can be removed, nothing of it is left.
#
# A sample in `make check`, chosen by FAULT_SEED; every call when BERTH_LONG is set.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
grant alice security.confined >/dev/null
as alice berth daemon start >/dev/null
export FAULT=$TESTBIN/fault PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-1}
count=3
[ -z "${BERTH_LONG-}" ] || count=0
diag "seed $seed"
run python3 "$TOP/tests/fault/lives.py" "$seed" $count
is "$rc" 0 "after each kill: the record, the log, rm, the next call"
[ "$rc" -eq 0 ] || diag "$out$err"
scenes=$(grep -E '^[a-z]+: [0-9]+ kills of ' <<<"$out")
is "$(wc -l <<<"$scenes")" 4 "each scene"
while read -r line; do
	like "$line" '^[a-z]+: [1-9][0-9]* kills of [1-9][0-9]+ calls' "$line"
done <<<"$scenes"
isnt "$(awk '{ n += $(NF - 1) } END { print n }' <<<"$scenes")" 0 "some of them were found lost"
done_testing
