#!/usr/bin/env bash
# The engine's own start: each of its system calls until it is ready fails once with each of five
# errors, and it is killed or stopped there. It says why and nothing of it stays, or it serves; the
# next start works and repairs all. A sample in `make check`, chosen by FAULT_SEED; all of them when
# BERTH_LONG is set. (The launcher's calls: launcher.t.)
. "${BASH_SOURCE[0]%/*}/../attack/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
chmod 4755 "$LAUNCHER"
allow alice
sed -i '/^root/d' "$ALLOW/uid-1000.conf"
export FAULT=$TESTBIN/fault USER_ID=1000
seed=${FAULT_SEED:-1}
count=60
[ -z "${BERTH_LONG-}" ] || count=0
diag "seed $seed"

run python3 "$TOP/tests/fault/faults.py" "$seed" $count 3-3
is "$rc" 0 "after each fault: an engine or nothing, and the next start works"
[ "$rc" -eq 0 ] || diag "$out$err"
while read -r line; do
	like "$line" '^[A-Za-z]+: [1-9][0-9]* faults' "faults happened: $line"
done < <(grep -E '^[A-Za-z]+: [0-9]+ faults' <<<"$out")
is "$(grep -cE '^[A-Za-z]+: [0-9]+ faults' <<<"$out")" 7 "of each of the seven kinds"
diag "$(tail -n1 <<<"$out")"
stop_engines
done_testing
