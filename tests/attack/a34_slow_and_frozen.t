#!/usr/bin/env bash
# A34: the scheduler and the freezer as tools of a race. A caller who runs only when nothing else does, or
# who stops at any moment with all that is in a cgroup of their own, gets no more time between two steps of
# the launcher than others: what is judged is what is used, and nobody else waits for it.
#   start   goes on in a cgroup of root's: it is finished whatever its caller does; meanwhile others, and
#           other calls of the same user, are served.
#   once    stays where its caller is, who can freeze it at any point. It holds nothing that anybody
#           waits for; thawed it goes on, or ends; and nothing begins after a revocation.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs taskset chrt setpriv python3
launcher_world
allow alice "engine = any"
allow bob
# On a busy machine such a caller waits long: no more than these seconds for each of them, after the first.
rounds=10 moments=12 seconds=5
[ -z "${BERTH_LONG-}" ] || rounds=400 moments=400 seconds=3600

# --- SCHED_IDLE, nice 19, on the processor of somebody who never sleeps ---------------------------------
nice -n 10 sh -c 'while :; do :; done' &
spinner=$!
disown -a
taskset -p -c 0 "$spinner" >/dev/null
slowly() {
	as alice timeout 20 "$TESTBIN/odd_exec" idle 0 "$@"
}
is "$(slowly /usr/bin/chrt -p 0 | sed -n 's/.*policy: //p')" SCHED_IDLE "A34 control: such a caller is behind everybody"

# Status 142 and 124: an alarm, or we, ended a launcher that got no turn.
# A policy file that is exchanged (A18): the good one refuses, alice's own would grant.
engine_says R
own=$ALLOW/uid-1000.conf
cp "$own" /run/arena/own
sed 's/^entitlements.*/entitlements = network.host/' /run/arena/own >"$own"
cp /run/arena/own "$ALLOW/evil"
chown alice "$ALLOW/evil"
"$TESTBIN/exchange" "$own" "$ALLOW/evil" &
exchange=$!
disown -a
judged=0 full=0 other=0
SECONDS=0
# Where not one comes to its end the other one on its processor is let off.
for ((i = 0; i < rounds && (i == 0 || SECONDS < seconds) || (SECONDS < 200 && judged + full == 0); i++)); do
	[ "$i" -ne 2 ] || kill -STOP "$spinner"
	run slowly "$LAUNCHER" start
	case $rc:$err in
	78:*'not owned by root'*) judged=$((judged + 1)) ;;
	77:*not_granted*) full=$((full + 1)) ;;
	142:* | 124:*) ;;
	*) other=$((other + 1)) && diag "$rc $err" ;;
	esac
done
kill -KILL "$exchange"
is "$other" 0 "A34 slowly: the policy that is read is the one that was judged, in $i starts"
diag "the evil file was met $judged times, the good one $full times"
isnt "$((judged + full))" 0 "A34 control: starts came to their end"
kill -CONT "$spinner"
wait_for 5 eval '! kill -0 "$exchange"'
# Either of the two may be the one that alice owns.
rm -f "$ALLOW/evil" "$own"
cp /run/arena/own "$own"

# The engine's file (A14).
printf '#!/bin/sh\necho ran >>/tmp/evil\n' >"$ENGINE.evil"
chmod 755 "$ENGINE.evil"
chown alice: "$ENGINE.evil"
"$TESTBIN/exchange" "$ENGINE" "$ENGINE.evil" &
exchange=$!
disown -a
ran=0 judged=0 other=0
SECONDS=0
for ((i = 0; i < rounds && (i == 0 || SECONDS < seconds); i++)); do
	run slowly "$LAUNCHER" start
	case $rc:$err in
	0:) ran=$((ran + 1)) ;;
	78:*'not owned by root'*) judged=$((judged + 1)) ;;
	69:* | 142:* | 124:*) ;;
	*) other=$((other + 1)) && diag "$rc $err" ;;
	esac
done
kill -KILL "$exchange"
wait_for 5 eval '! kill -0 "$exchange"'
is "$other$(cat /tmp/evil 2>/dev/null)" 0 "A34 slowly: the engine that is executed is the one that was judged ($ran good, $judged refused)"
rm -f "$ENGINE" "$ENGINE.evil"
install -m 0711 "$TESTBIN/dummy_engine" "$ENGINE"
stop_engines

# A first start while others want one (E06): slow or not, there is one.
engine_stays
two_engines() {
	started alice && started bob && [ "$(ours | wc -l)" -eq 4 ]
}
for ((i = 0; i < rounds; i += 10)); do
	slowly "$LAUNCHER" start >/dev/null 2>&1 &
	calls=("$!")
	for _ in 1 2 3 4; do
		as alice "$LAUNCHER" start >/dev/null 2>&1 &
		calls+=("$!")
	done
	run as bob "$LAUNCHER" start
	is "$rc$err" 0 "A34 slowly: bob starts his beside alice's slow one"
	wait "${calls[@]}"
	ok "A34 slowly: alice has one engine, and bob" wait_for 20 two_engines
	stop_engines
done
kill "$spinner"

# --- the freezer ---------------------------------------------------------------------------------------
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	skip "A34 the freezer" "there is no cgroup of version 2 here"
	done_testing
fi
# As a service manager delegates one to a session.
cage=/sys/fs/cgroup/alice
mkdir -p "$cage/session"
chown -R alice: "$cage"
# frozen VERB ROUNDS NAME
frozen() {
	run python3 "$TOP/tests/attack/a34_freeze.py" "$1" "$cage" "$2" 1000 1001
	is "$rc:$(grep '^wrong' <<<"$out")" "0:" "A34 $3, at $2 moments"
	caught=$(sed -n 's/^caught //p' <<<"$out")
	ok "A34 $3: nothing is left" nothing_started_but_group
}
# The cgroup of all launchers stays for the next one.
nothing_started_but_group() {
	none_of_ours && [ ! -e /run/berth ] && [ -z "$(find /sys/fs/cgroup/berth -mindepth 2 -type d)" ]
}
engine_stays
frozen start "$moments" "frozen with its caller a start is finished, others are served, and its caller is told"
isnt "$caught" 0 "A34 control: a launcher was caught ($caught times)"
frozen kill "$moments" "killed with its caller's cgroup a start is finished, or the next call makes one"
frozen once "$moments" "an engine for one call is frozen with its caller: it goes on or is refused, and nobody waited"
isnt "$caught" 0 "A34 control: a launcher was caught ($caught times)"
done_testing
