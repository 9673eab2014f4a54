#!/usr/bin/env bash
# Every system call of the launcher's start fails once with each of five errors, and whoever makes it
# is killed or stopped there. What then runs is an engine as it should be or nothing, no process of
# ours has privilege, files and mounts are not half made beyond what B10 names, and the next plain
# start works and repairs all. A sample of 300 in `make check`, chosen by FAULT_SEED; all of them when
# BERTH_LONG is set. (Calls that change an identity and "succeed" without effect: A23.)
. "${BASH_SOURCE[0]%/*}/../attack/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
launcher_world
# Without a root it makes the state directory as well.
allow alice
sed -i '/^root/d' "$ALLOW/uid-1000.conf"
export FAULT=$TESTBIN/fault USER_ID=1000
seed=${FAULT_SEED:-1}
count=300
[ -z "${BERTH_LONG-}" ] || count=0
diag "seed $seed"

# Processes: who was called and follows, the launcher, the init, the engine until and after its start.
run python3 "$TOP/tests/fault/faults.py" "$seed" $count 0-3
is "$rc" 0 "after each fault: an engine or nothing, no privilege, and the next start works"
[ "$rc" -eq 0 ] || diag "$out"
while read -r line; do
	like "$line" '^[A-Za-z]+: [1-9][0-9]* faults, [1-9][0-9]* failed the start$' "faults happened, and had an effect: $line"
done < <(grep -E '^[A-Za-z]+: [0-9]+ faults' <<<"$out")
is "$(grep -cE '^[A-Za-z]+: [0-9]+ faults' <<<"$out")" 7 "of each of the seven kinds"
diag "$(tail -n1 <<<"$out")"
stop_engines

# The test itself: what a start must not leave is noticed.
mkdir -m 0777 /run/berth
chown alice /run/berth
run python3 "$TOP/tests/fault/faults.py" "$seed" 1 0-3
isnt "$rc" 0 "a runtime directory of the user's is noticed"
rm -rf /run/berth
done_testing
