# shellcheck shell=bash disable=SC2154
# What live.t and live_policy.t share. Sourced by them behind the arena's:  . "$TOP/tests/fault/live.sh"
#
#   live COUNT REST SCENE:VICTIMS...  tests/fault/live.py in these scenes: nothing goes wrong, and each of
#                             their VICTIMS was killed. COUNT and REST are a sample, chosen by
#                             FAULT_SEED; all calls when BERTH_LONG is set
[ "$(uname -m)" = x86_64 ] || skip_all "fault.c knows the registers of x86_64 only"
grant alice security.confined --engine=any >/dev/null
export FAULT=$TESTBIN/fault PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-1}
diag "seed $seed"

live() {
	local count=$1 rest=$2 pair names
	shift 2
	if [ -n "${BERTH_LONG-}" ]; then
		count=0
		rest=0
	fi
	names=$(printf '%s\n' "${@%%:*}" | paste -sd,)
	run python3 "$TOP/tests/fault/live.py" "$seed" "$count" "$rest" "$names"
	is "$rc" 0 "after each kill: what ps, exec, logs, wait, stop and rm say of the job, and nothing is left"
	[ "$rc" -eq 0 ] || diag "$out$err"
	for pair; do
		while read -r victim; do
			like "$(grep "^${pair%%:*} / $victim: " <<<"$out")" ': [1-9][0-9]* kills of [1-9][0-9]* calls$' \
			    "${pair%%:*}: $victim"
		done < <(tr ',' '\n' <<<"${pair#*:}")
	done
}
