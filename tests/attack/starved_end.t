#!/usr/bin/env bash
# B09/B11: a grant ends by the death of the namespace's init, and who dies needs the processor. So the
# init, as the watcher, is not the user's: neither does it begin with what its caller had put themselves
# behind, nor can anybody of the grant stop it, slow it down or take its processors away; and a crowd
# that keeps the processors busy does not keep the end away.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 setpriv chrt taskset renice
launcher_world
engine_stays
cp "$TOP/tests/attack/reach.py" /tmp/

OWNER=2147482000 WATCH=2147482001

at_time() {
	at=$(($(date +%s) + $1))
	allow alice "until = $(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)" "engine = any"
}
field() {
	awk -v k="$2:" '$1 == k { $1 = ""; print substr($0, 2) }' "/proc/$1/status"
}
# whose UID: the pids of the processes with this real uid that have not ended
whose() {
	awk -v w="$1" '$1 == "State:" { s = $2 } $1 == "Uid:" && $2 == w && s != "Z" { split(FILENAME, p, "/"); print p[3] }' \
	    /proc/[0-9]*/status 2>/dev/null
}
ended() {
	[ -z "$(whose $OWNER)" ]
}
# Its class, nice value and processors.
turn_of() {
	printf '%s %s %s\n' "$(chrt -p "$1" | awk '/policy/ { print $NF; exit }')" \
	    "$(sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f17)" "$(taskset -cp "$1" | sed 's/.*: //')"
}
# Started by somebody who has put themselves behind everybody.
last=$(taskset -cp $$ | sed 's/.*[ ,-]//')
usual=$(turn_of $$)
behind="SCHED_IDLE 19 $last"
cat >/tmp/behind.sh <<E2
renice -n 19 -p \$\$ >/dev/null && chrt -i -p 0 \$\$ && exec taskset -c $last "\$@"
E2
start_behind() {
	if [ "$1" = once ]; then
		: >/run/arena/said
		mkfifo /run/arena/hold
		"$TESTBIN/once_exec" -w -u 1000 pair sh /tmp/behind.sh "$LAUNCHER" once \
		    </run/arena/hold >/run/arena/said 2>&1 &
		exec 9>/run/arena/hold
		wait_for 20 grep -q '^status' /run/arena/said
		rc=$(sed -n 's/^status //p' /run/arena/said)
	else
		run as alice sh /tmp/behind.sh "$LAUNCHER" start
	fi
}
state_of() {
	grep -E '^(State|TracerPid|Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' "/proc/$1/status"
	cat "/proc/$1/limits" "/proc/$1/oom_score_adj" "/proc/$1/cgroup" "/proc/$1/timerslack_ns"
	cat "/proc/$1/autogroup" 2>/dev/null
	turn_of "$1"
}

like "$usual" '^SCHED_OTHER 0 ' "control: where everybody begins"
as alice sh /tmp/behind.sh sleep 1000 >/dev/null 2>&1 &
wait_for 5 pgrep -x sleep
is "$(turn_of "$(pgrep -x sleep)")" "$behind" "control: where the caller has put themselves"
run as alice python3 /tmp/reach.py "$(pgrep -x sleep)"
like "$out" 'prlimit.*setpriority.*affinity.*scheduler.*signal 19' "control: what is tried works on a process of one's own"

# What the engine itself tries, with all that it can have: pid 1 is its init.
cat >/etc/berth/engine-runs <<'E2'
sh -c 'echo 19 >/proc/self/autogroup'
exec sh -c 'mount -t proc proc /proc && python3 /tmp/reach.py 1 >/tmp/inside; mv /tmp/inside /tmp/reached; sleep 1000'
E2
for verb in start once; do
	at_time 3600
	rm -f /tmp/reached
	start_behind $verb
	is "$rc" 0 "$verb: an engine of somebody behind everybody starts"
	init=$(whose $OWNER)
	is "$(field "$init" Uid)|$(field "$init" NSpid | awk '{ print $NF }')" "$OWNER $OWNER $OWNER $OWNER|1" \
	    "$verb: its init is the reserved owner's"
	is "$(turn_of "$init")" "$usual" "$verb: the init has its turn as anybody"
	is "$(turn_of "$(whose $WATCH)")" "$usual" "$verb: and the watcher"
	# What is shared is not the first caller's, as far as they could have it themselves.
	had=$behind
	[ $verb = once ] || had="SCHED_IDLE 19 ${usual##* }"
	is "$(turn_of "$(pgrep -P "$init")")" "$had" "$verb: the engine has what its caller had"
	before=$(state_of "$init")
	run as alice python3 /tmp/reach.py "$init"
	is "$rc:$out" "0:" "$verb: nothing that one process can do to another works on the init for its user"
	run as bob python3 /tmp/reach.py "$init"
	is "$rc:$out" "0:" "$verb: nor for somebody else"
	ok "$verb: the engine has tried it too" wait_for 20 test -e /tmp/reached
	like "$(cat /tmp/reached)" 'signal' "$verb: control: and has written down what it could"
	# Signals are sent, and none arrives: pid 1 takes from its own namespace only what it waits for.
	is "$(sed -E 's/(pidfd )?signal( [0-9]+)?//g; s/sigqueue//g; s/ //g' /tmp/reached)" "" \
	    "$verb: nor for the engine, root of that namespace"
	# The engine has made its own the last one, where the kernel makes groups of sessions (sched(7)).
	unlike "$(cat "/proc/$init/autogroup" 2>/dev/null)" 'nice [1-9]' "$verb: the init's session, if that counts, has its turn as well"
	is "$(state_of "$init")" "$before" "$verb: the init is as it was"
	if [ $verb = once ]; then
		exec 9>&-
		rm -f /run/arena/hold
		ok "$verb: control: it ends with its caller" wait_for 5 none_of_ours
	fi
	stop_engines
	# It is none of ours before the last of its namespace is gone, and it itself after that.
	wait_for 5 ended
done
# A crowd on every processor that the init could have got.
cat >/etc/berth/engine-runs <<'E2'
for cpu in $(taskset -cp $$ | sed 's/.*: //; s/[,-]/ /g'); do
	for i in 1 2 3 4; do
		taskset -c $cpu timeout 100 sh -c 'while :; do :; done' &
	done
done
chrt -i -p 0 1
taskset -cp 0 1
wait
E2
busy() {
	[ "$(pgrep -u alice -xc sh)" -ge 5 ]
}
busy_or_over() {
	busy || [ "$(date +%s)" -ge "$at" ]
}
# A busy machine may need longer than that to begin it.
for seconds in 4 20 60; do
	at_time $seconds
	start_behind start
	[ "$rc" -eq 0 ] && wait_for 100 busy_or_over && busy && break
	stop_engines
	wait_for 5 ended
done
is "$rc" 0 "an engine starts that keeps the processors busy"
ok "control: they are busy" busy
while [ "$(date +%s)" -lt "$at" ]; do
	sleep 0.1
done
ok "and it is gone at the time" wait_for 8 none_of_ours
ok "with all that it started" wait_for 8 eval '! pgrep -u alice -x sh'
ok "not before it" test "$(date +%s)" -ge "$at"
rm -f /etc/berth/engine-runs
stop_engines
done_testing
