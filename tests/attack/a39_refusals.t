#!/usr/bin/env bash
# A39: what is refused leaves nothing, however often it is refused: no process, file, cgroup, mount, key or
# memory, and of the log not more than its limit lets through. 100,000 times when BERTH_LONG is set.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
launcher_world
count=1000
[ -z "${BERTH_LONG-}" ] || count=100000

# What noprv.py does not count: what the kernel keeps.
kept() {
	local pid
	printf 'zombies %s\n' "$(ps -eo stat= | grep -c '^Z')"
	printf 'processes of users %s\n' "$(ps -eo uid= | awk '$1 >= 1000' | wc -l)"
	for pid in user mnt pid net ipc uts cgroup; do
		printf '%s %s\n' "$pid" "$(readlink /proc/[0-9]*/ns/"$pid" | sort -u | wc -l)"
	done
	stat -c '%n %s %b %u %a %h' /var/lib/berth/audit-rate
}
# The receiver of the log goes on where it was: what is new is behind the lines that were there.
mark_log() {
	marked=$(log_text | wc -l)
	truncate -s 0 /var/lib/berth/audit-rate
	truncate -s 16384 /var/lib/berth/audit-rate
}
logged() {
	log_text | tail -n +$((marked + 1))
}
# many USER COUNT AT-ONCE STATUS PROGRAM ARGS...   a39_many.py; what it prints in $out
many() {
	out=$(python3 "$TOP/tests/attack/a39_many.py" "$@" 2>/run/arena/others)
	[ ! -s /run/arena/others ] || diag "$(cat /run/arena/others)"
}
# refused_often USER COUNT AT-ONCE STATUS VERB NAME
refused_often() {
	local user=$1 n=$2 together=$3 status=$4 verb=$5 name=$6 refused others seconds median limit lines uid plain
	uid=$(id -u "$user")
	noprv_snapshot /run/arena/before
	kept >/run/arena/kept
	mark_log
	many "$user" "$n" "$together" "$status" "$LAUNCHER" "$verb"
	read -r refused others seconds median <<<"$out"
	# By the machine as it is at this time.
	plain=$(does_nothing)
	[ "$plain" -gt "$plain_before" ] || plain=$plain_before
	is "$refused:$others" "$n:0" "A39 $name: refused $n times, each as the first"
	diag "$name: $seconds s, $median us a call and its process; $plain us one that does nothing"
	ok "A39 $name: a call takes at most 30 times what one takes that does nothing" test "$median" -le $((30 * plain))
	lines=$(logged | wc -l)
	# 20 in ten seconds; calls at once may count one line twice.
	limit=$((20 * (seconds / 10 + 2) * together))
	ok "A39 $name: the log has at most one line each, and one at least ($lines)" test "$lines" -ge 1 -a "$lines" -le "$n"
	ok "A39 $name: and no more than its limit lets through" test "$lines" -le "$limit"
	is "$(logged | grep -vcE "^<85>berth-launcher\[[0-9]+\]: deny uid=$uid verb=$verb: [ -~]+\$")" 0 \
	    "A39 $name: each of the known form"
	noprv_is_same /run/arena/before "NOPRIV A39 $name: nothing is left"
	kept >/run/arena/now
	is "$(diff /run/arena/kept /run/arena/now)" "" "A39 $name: nor anything that the kernel keeps"
	ok "A39 $name: nothing runs, and nothing was made" nothing_started
}

# The first line is written: silence is no proof of a limit.
does_nothing() {
	many carol 100 1 0 "$TESTBIN/true"
	awk '{ print $4 }' <<<"$out"
}
plain_before=$(does_nothing)
mark_log
run as carol "$LAUNCHER" start
like "$(logged)" "^<85>berth-launcher\[[0-9]+\]: deny uid=1002 verb=start" "A39 control: one refusal is logged"
refused_often carol "$count" 2 77 start "without a grant"
few=$((count / 4))
allow bob "revoked = 2026-01-01T00:00:00Z"
sed -i '/^entitlements/d' "$ALLOW/uid-1001.conf"
refused_often bob "$few" 1 77 start "a revoked grant"
allow bob "until = 2026-01-01T00:00:00Z"
refused_often bob "$few" 1 77 start "a grant that is over"
allow bob "engine = once"
refused_often bob "$few" 1 77 start "another kind of engine"
echo 'entitlements' >>"$ALLOW/uid-1001.conf"
refused_often bob "$few" 1 78 start "a policy that is wrong"
rm "$ALLOW/uid-1001.conf"

# These come before anybody is judged, and are not logged: whoever can call can be wrong.
mark_log
noprv_snapshot /run/arena/before
for words in "stop" "start start" "once"; do
	# shellcheck disable=SC2086
	many carol "$few" 1 64 "$LAUNCHER" $words
	like "$out" "^$few 0 " "A39 $words: refused $few times"
done
is "$(logged)" "" "A39 a wrong call makes no line"
noprv_is_same /run/arena/before "NOPRIV A39 nothing is left of wrong calls"

# One uid's flood does not silence another: each has a window of its own.
allow alice
engine_says R
mark_log
many carol 100 2 77 "$LAUNCHER" start
run as bob "$LAUNCHER" start
run as alice "$LAUNCHER" start
is "$rc" 0 "A39 in a flood of carol's a granted user is served"
like "$(logged)" 'deny uid=1001 ' "A39 in a flood of carol's the refusal of another is logged"
like "$(logged)" 'allow uid=1000 ' "A39 and a start that was granted"
stop_engines
done_testing
