#!/usr/bin/env bash
# A08: resource limits that the caller sets before the call, soft and hard. A start works or ends
# cleanly, never in between; no core, no file half written, the next start works. What the limits were
# is not what a shared engine and its jobs have: see helper/launcher/share.c.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs prlimit taskset chrt
launcher_world
cp "$BUILD/berth-engine" /run/arena/engine
allow alice
sed -i '/^root/d' "$ALLOW/uid-1000.conf"

# limited LIMITS CMD...: as alice, with these limits. Through a pipe: a file would be too large.
limited() {
	local limits=$1
	shift
	rc=0
	# shellcheck disable=SC2086
	out=$(as alice timeout -k 1 60 prlimit $limits "$@" 2>&1) || rc=$?
}
made() {
	find /run/berth /var/lib/berth/1000 -printf '%y %m %U:%G %s %p\n' | sort
}
fresh_state() {
	stop_engines
	rm -rf /var/lib/berth/1000
}
# What the kernel ends has not begun, or has just got ready and only its caller was ended.
none_or_whole() {
	if none_of_ours; then
		[ -z "$(find /var/lib/berth/1000 -mindepth 1 2>/dev/null)" ] || [ "$(made)" = "$golden" ]
	else
		[ "$(made)" = "$golden" ] && [ -n "$(engine_pid alice)" ]
	fi
}
kept() {
	sha256sum /etc/berth/berth.conf "$ALLOW"/*
	stat -c '%s %a %u' /var/lib/berth/audit-rate
	find / /home/alice /tmp -maxdepth 1 -name 'core*'
}
run as bob "$LAUNCHER" start
before=$(kept)
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A08 a start with the limits that everybody has"
golden=$(made)
fresh_state
noprv_snapshot /run/arena/before

# Limits that a user can take back: each start works, and each engine has the same.
soft="--fsize=0: --fsize=1: --nofile=10: --nofile=32: --data=1048576: --as=16777216: --stack=131072: --cpu=0: --cpu=1:
--nproc=0: --nproc=1: --core=unlimited --core=0: --memlock=0: --sigpending=0: --msgqueue=0: --nice=0 --rtprio=0 --rss=0:
--locks=0: --rttime=1:"
# What /proc/PID/limits says, without the blanks.
limits_of() {
	sed -E '1d; s/ +/ /g' "/proc/$1/limits"
}
run as alice "$LAUNCHER" start
usual=$(limits_of "$(engine_pid alice)")
like "$usual" 'Max core file size 0 0 bytes' "A08 documented: no cores"
like "$usual" 'Max open files 1024 ' "A08 documented: 1,024 descriptors"
is "$(awk '!/core file|open files|stack size/ && $(NF-1) ~ /^([0-9]|unl)/ && $(NF-2) != $(NF-1)' <<<"$usual" | grep -v 'nice priority\|realtime priority')" "" \
    "A08 documented: soft limits are the hard ones"
fresh_state
for limits in $soft "--fsize=0: --nofile=20: --nproc=0: --memlock=0: --stack=262144: --cpu=1: --data=4194304:"; do
	limited "$limits" "$LAUNCHER" start
	# Without a second to spend the kernel ends it at the first tick, if that comes before its first
	# deed; nothing was begun then.
	for _ in {1..20}; do
		[[ $limits == *--cpu=* && $rc -eq 152 ]] && nothing_started || break
		limited "$limits" "$LAUNCHER" start
	done
	is "$rc:$out" 0: "A08 soft limit $limits: a start is a start"
	is "$(made)" "$golden" "A08 soft limit $limits: it made all that it makes"
	is "$(limits_of "$(engine_pid alice)" | sed 's/core file.*/core/')" "$(sed 's/core file.*/core/' <<<"$usual")" \
	    "A08 soft limit $limits: it is not the engine's"
	fresh_state
done
as alice prlimit --fsize=0: --nproc=10: sleep 1000 2>/dev/null &
wait_for 5 pgrep -x sleep
like "$(limits_of "$(pgrep -x sleep)")" 'Max file size 0 .*Max processes 10 ' "A08 control: any other program keeps them"
disown -a
kill "$(pgrep -x sleep)"

# Those that it cannot: it works, says what it lacks, or the kernel does not let it begin.
hard="--fsize=0 --fsize=1 --fsize=100 --nofile=0 --nofile=3 --nofile=4 --nofile=8 --stack=8192 --stack=65536
--stack=unlimited --cpu=0 --cpu=1 --nproc=0 --nproc=1 --nproc=2 --core=unlimited --memlock=0 --sigpending=0 --msgqueue=0 --nice=0
--rtprio=0 --locks=0 --rttime=1"
for mib in 1 2 4 8 16 32 64; do
	hard+=" --as=$((mib << 20)) --data=$((mib << 20))"
done
# The steps of the launcher's own size, one after the other.
for kib in 0 4 64 128 132 136 140 144 160 256; do
	hard+=" --data=$((kib << 10))"
done
works=0 refused=0
for limits in $hard; do
	limited "$limits" "$LAUNCHER" start
	case $rc in
	0)
		works=$((works + 1))
		is "$(made)" "$golden" "A08 hard limit $limits: it works, as always"
		;;
	*)
		refused=$((refused + 1))
		# SIGXFSZ would come in the middle of something.
		[[ $limits != --fsize=* ]] || unlike "$rc $out" '^153|signal 25' "A08 hard limit $limits: no death by it"
		if [ "$rc" -ge 126 ]; then
			like "$out" '^[^:]*$|prlimit|Killed|ault|CPU time' "A08 hard limit $limits: ended by the kernel ($rc)"
			ok "A08 hard limit $limits: nothing half made" wait_for 20 none_or_whole
		else
			like "$rc $out" '^(70|71|77|78) berth: ' "A08 hard limit $limits: a clear end"
			ok "A08 hard limit $limits: nothing runs" wait_for 20 none_of_ours
			is "$(find /var/lib/berth/1000 -mindepth 1 2>/dev/null)" "" "A08 hard limit $limits: nothing half made"
		fi
		;;
	esac
	stop_engines
done
ok "A08 control: some of them are too low, others are not ($works, $refused)" test "$works" -gt 10 -a "$refused" -gt 5
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A08 afterwards a start is a start"
is "$(made)" "$golden" "A08 and makes what it makes"
fresh_state
is "$(kept)" "$before" "A08 no file was changed or cut, and there is no core"
rm -rf /run/berth
noprv_is_same /run/arena/before "A08 NOPRIV"
cd /home/alice && as alice bash -c 'ulimit -c unlimited; kill -SEGV $$' 2>/dev/null
cd "$TOP" || exit 1
case $(cat /proc/sys/kernel/core_pattern) in
[/\|]*) ;;
*) isnt "$(kept)" "$before" "A08 control: another program leaves a core" ;;
esac
rm -f /home/alice/core*

# A limit is no way to fill the log either: refusals are counted all the same.
lines_of() {
	log_text | grep -c 'deny uid=1002'
}
for limits in --fsize=0 --nofile=3 --nofile=4 --nofile=5 --nofile=6; do
	: >/var/lib/berth/audit-rate
	truncate -s 16384 /var/lib/berth/audit-rate
	old=$(lines_of)
	SECONDS=0
	# shellcheck disable=SC2016  # for the shell of carol's
	ends=$(as carol bash -c 'prlimit --pid $$ "$1" && for _ in {1..200}; do "$0" start; echo $?; done' "$LAUNCHER" "$limits" 2>/dev/null)
	# 20 in ten seconds.
	most=$((20 * (SECONDS / 10 + 2)))
	new=$(($(lines_of) - old))
	ok "A08 $limits: no flood of the log ($new of 200, at most $most)" test "$new" -le "$most"
	ok "A08 $limits: control: there were more than may be in it" test "$most" -lt 200
	is "$(grep -cE '^7[0-9]$' <<<"$ends")" 200 "A08 $limits: control: so often the launcher ran, and ended by itself"
done

# Priority, processors, the out-of-memory killer: back to what the user could have, as far as the
# kernel lets the user do it.
share_of() {
	printf '%s ' "$(ps -o ni= -p "$1" | tr -d ' ')" "$(ps -o cls= -p "$1" | tr -d ' ')" \
	    "$(cat "/proc/$1/oom_score_adj")" "$(awk '/^Cpus_allowed:/ { print $2 }' "/proc/$1/status")"
}
odd_share() {
	(echo 700 >/proc/self/oom_score_adj && as alice taskset -c 0 chrt -b 0 "$@")
}
cpus=$(awk '/^Cpus_allowed:/ { print $2 }' /proc/self/status)
odd_share sleep 1000 &
wait_for 5 pgrep -x sleep
is "$(share_of "$(pgrep -x sleep)")" "0 B 700 1 " "A08 control: another program keeps its share"
disown -a
kill "$(pgrep -x sleep)"
odd_share "$LAUNCHER" start
is "$(share_of "$(engine_pid alice)")" "0 TS 0 $cpus " "A08 the caller's share is not the engine's"
fresh_state
odd_share nice -n 7 "$LAUNCHER" start
is "$(share_of "$(engine_pid alice)")" "7 TS 0 $cpus " "A08 a nice value that the user could not take back stays"
fresh_state

# And so it is with berth, its own engine and a job.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
job_limits='sed -E "1d; s/ +/ /g" /proc/self/limits'
out=$(as alice berth run -q host sh -c "$job_limits")
is "$(sed 's/core file.*/core/' <<<"$out")" "$(sed 's/core file.*/core/' <<<"$usual")" "A08 a job has the engine's limits"
usual=$out
as alice berth daemon stop
for limits in $soft; do
	limited "$limits" berth run -q host sh -c "head -c 100000 /dev/zero >/tmp/x; $job_limits"
	case $limits:$rc in
	--cpu=*:152 | --cpu=*:125) like "$out" '^$|failed with status 152' "A08 berth with $limits: the kernel ends it" ;;
	--fsize=*:125 | --nproc=*:125) like "$out" '^berth: ' "A08 berth with $limits: says what it lacks" ;;
	*) is "$rc:$out" "0:$usual" "A08 berth with $limits: a job has none of it" ;;
	esac
	as alice berth daemon stop >/dev/null 2>&1
done
for limits in --fsize=0 --nofile=3 --nofile=4 --nofile=8 --as=1048576 --as=8388608 --as=33554432 --stack=8192 --stack=unlimited \
    --nproc=0 --nproc=1 --memlock=0 --sigpending=0 --cpu=0 --core=unlimited --data=4194304; do
	limited "$limits" berth run -q host echo served
	like "$rc:$out" '^(0:served|125:berth: .*|(1[3-9][0-9]|12[67]).*)$' "A08 berth with hard $limits: served, or a clear end"
	as alice berth daemon stop --force >/dev/null 2>&1
	stop_engines
	run job host echo next
	is "$rc:$out" "0:next" "A08 berth with hard $limits: the next call is served"
	as alice berth daemon stop >/dev/null 2>&1
	ok "A08 berth with hard $limits: no job is left" jobs_are_gone
	stop_engines
done
done_testing
