#!/usr/bin/env bash
# B10 for the verb once: an engine for one call ends with its caller, and does not take the caller's word
# for it, nor the engine's: it is pid 1 of the namespace that watches them. Whenever they end, before
# there is an init, before it has begun, before there is an engine or after it; and although the request,
# whose end a good engine would follow, stays open in another process.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
launcher_world
engine_stays
cp "$TOP/tests/attack/once_gone.py" /tmp/

engines() {
	find /proc -maxdepth 2 -name exe -lname "$ENGINE" 2>/dev/null | cut -d/ -f3
}
said() {
	rm -f /tmp/said
	"$@" >/run/arena/init 2>/run/arena/failed &
	tool=$!
	wait_for 10 test -s /tmp/said && read -r caller holder </tmp/said
}
# Init is let go when its caller has ended.
gone() {
	local name=$1
	as alice kill -KILL "$caller"
	wait_for 5 eval '! grep -qs "^State:.[^Z]" "/proc/$caller/status"'
	[ -z "${init-}" ] || kill -CONT "$init"
	ok "$name: nothing outlives the caller" wait_for 8 none_of_ours
	is "$(engines)" "" "$name: no engine"
	ok "$name: control: the request is still open" kill -0 "$holder"
	kill -KILL "$holder"
	wait "$tool" 2>/dev/null
	stop_engines
}

stopped() {
	said "$TESTBIN/stop_init" 1000 "$1" /usr/bin/python3 /tmp/once_gone.py "$LAUNCHER" /tmp/said
	wait "$tool"
	init=$(cat /run/arena/init)
	isnt "$init" "" "$2: control: it is stopped"
}

allow alice "engine = once"
stopped born "an init that is just born"
gone "an init that is just born"
stopped parent "an init with a child"
gone "an init with a child"
init=
said as alice python3 /tmp/once_gone.py "$LAUNCHER" /tmp/said
ok "an engine that runs: control: it does" wait_for 10 started alice
gone "an engine that runs"
allow alice "engine = once" "until = $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
stopped parent "an init with a child and a watcher"
gone "an init with a child and a watcher"

# And who does not end has their engine, whatever stops meanwhile.
stopped born "a caller who stays"
sleep 0.5
kill -CONT "$init"
init=
ok "a caller who stays: control: they have an engine" wait_for 10 started alice
gone "a caller who stays, and then ends"
done_testing
