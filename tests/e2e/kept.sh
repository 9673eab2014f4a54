# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of jobs that live without a client share: calls of the interface, and what they answer.
# Sourced by them, in an arena in which alice has an engine:  . "${BASH_SOURCE[0]%/*}/kept.sh"
#
#   start NAME MEMBERS CMD...   Run of a job that is kept and has no client; its id in $id
#   call METHOD JSON            a call; its answers in $out
#   on METHOD JOB [MEMBERS]     a call about a job
#   member KEY.KEY              what the last answer in $out has there
#   error NAME TEXT             the last answer is this error of the interface
#   state JOB, has_state JOB STATE, listed JSON   what a job is doing; the names that List has
#   supervisor ID               the pid of a job's supervisor
#   next_engine                 kills the engine with -9, and starts the next one
# shellcheck source=tests/attack/jobs.sh
I=io.berth.Engine
DETACHED='"detach":true,"keep":true,"stdin":null,"stdout":null,"stderr":null'

# start NAME MORE CMD...: a job that runs detached; its id in $id
start() {
	local name=$1 members=$2
	shift 2
	run varlink alice --socket "$SOCKET" run "{$DETACHED,\"name\":\"$name\"$members}" "$@"
	id=$(member id 2>/dev/null)
}
call() {
	run varlink alice --socket "$SOCKET" call "$I.$1" "$2"
}
on() {
	call "$1" "{\"job\":\"$2\"${3-}}"
}
# A member of the last line that was printed.
member() {
	python3 -c 'import json, sys
found = json.loads(sys.argv[2].splitlines()[-1])["parameters"]
for key in sys.argv[1].split("."):
    found = found[key]
print(found if isinstance(found, str) else json.dumps(found, sort_keys=True))' "$1" "$out"
}
state() {
	on Inspect "$1"
	member job.state
}
has_state() {
	[ "$(state "$1")" = "$2" ]
}
listed() {
	varlink alice --socket "$SOCKET" more "$I.List" "$1" | grep -o '"name": "[^"]*"' | cut -d'"' -f4 | sort | tr '\n' ' '
}
next_engine() {
	kill -KILL "$(engine_pid alice)"
	wait_for 5 no_engine
	as alice berth daemon start >/dev/null
}
error() {
	is "$(sed -n 's/.*"error": "io.berth.Engine.\([A-Za-z]*\)".*/\1/p' <<<"$out")" "$1" "$2"
}
supervisor() {
	local pid
	for pid in $(pgrep -x berth-job); do
		[ "$(nsenter -t "$pid" -u hostname)" != "$1" ] || echo "$pid"
	done | head -n1
}
