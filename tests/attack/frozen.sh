# shellcheck shell=bash disable=SC2034
# What the tests of supervisors that do not answer share (C25). Sourced by them behind jobs.sh, in an arena
# in which alice has an engine:  . "${BASH_SOURCE[0]%/*}/frozen.sh"
#
#   adopt NAME...     jobs of an engine that is gone; their supervisors are frozen
all_frozen() {
	[ "$(ps -C berth-job -o state= | sort -u)" = T ]
}
adopt() {
	local name
	for name; do
		verb run -d --name "$name" host -- sleep 1000 >/dev/null
	done
	kill -KILL "$(engine_pid alice)"
	wait_for 5 no_engine
	as alice berth daemon start >/dev/null
	pkill -STOP -x berth-job
	wait_for 5 all_frozen
}
