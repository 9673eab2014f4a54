# shellcheck shell=bash disable=SC2154
# What the tests of faults share. Sourced by them behind the arena's:  . "${BASH_SOURCE[0]%/*}/faults.sh"
#
#   faults PROGRAM SCENE COUNT [KINDS [CALLS]]   tests/fault/PROGRAM.py in that scene: nothing goes wrong,
#                             and faults of each kind happened. COUNT is a sample, chosen by FAULT_SEED,
#                             and so is N of a call CALL*N; all of them when BERTH_LONG is set
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
export FAULT=$TESTBIN/fault PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-1}
diag "seed $seed"

faults() {
	local program=$1 scene=$2 count=$3 kinds=${4:-EPERM,EACCES,ENOMEM,EINTR,EMFILE,ENOSPC,kill,stop} kind
	local calls=${5-}
	if [ -n "${BERTH_LONG-}" ]; then
		count=0
		calls=$(sed 's/\*[0-9]*//g' <<<"$calls")
	fi
	run python3 "$TOP/tests/fault/$program.py" "$scene" "$seed" "$count" "$kinds" "$calls"
	is "$rc" 0 "$scene: after each fault it is as it should be, and the next one works"
	[ "$rc" -eq 0 ] || diag "$out$err"
	for kind in ${kinds//,/ }; do
		like "$out" "$scene: $kind: [1-9][0-9]* faults, [0-9]+ failed" "$scene: $kind happened"
	done
	diag "$(grep '^[a-z ]*: [A-Za-z]*: [0-9]* ' <<<"$out")"
}
