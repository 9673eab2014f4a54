#!/usr/bin/env bash
# A12 (CVE-2016-8659, CVE-2026-41163, apptainer #1854): a setuid program whose caller can trace it, look into
# its memory or take its descriptors is the caller's. From its execve(2) to the end of the last process
# that it made, the process that was called, the one that works, the init, the watcher and the engine
# are tried at, in every way that ptrace(2) governs, with handles from before and after. Nothing is by
# design allowed against any of them, the engine included: its file cannot be read (0711), so the kernel
# lets nobody trace it who has not the host's capabilities, the namespace's root neither. Its user can
# end, stop and slow the engine down: signals, limits and priorities are theirs; not the init.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs nsenter unshare
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice "until = 2099-01-01T00:00:00Z" "engine = any"
allow bob
stalk=$TESTBIN/stalk
rounds=100
[ -z "${BERTH_LONG-}" ] || rounds=10000

# --- the control: what is tried works where nothing is in its way
setpriv --reuid=alice --regid=alice --clear-groups sleep 1000 &
sleeper=$!
disown -a
wait_for 5 grep -q sleep "/proc/$sleeper/comm"
run "$stalk" 1000 pid $sleeper 2
kinds=$(sed -n 's/^hit \(.*\) [0-9]*$/\1/p' <<<"$out" | sort)
for kind in "write mem" "read mem" "call process_vm_readv" "call process_vm_writev" "read maps" "read environ" \
	"read auxv" "read syscall" "read io" "write oom_score_adj" "write uid_map" "follow exe" "follow cwd" \
	"follow root" "follow fd/0" "follow ns/user" "follow ns/mnt" "list fd" "list fdinfo" "call pidfd_getfd" \
	"call kcmp" "call get_robust_list" "read addresses in stat" "call PTRACE_SEIZE" "call PTRACE_ATTACH"; do
	ok "A12 control: of a process of one's own: $kind" grep -qx "$kind" <<<"$kinds"
done
run "$stalk" 1001 pid $sleeper 2
like "$out" 'hits 0$' "A12 control: and none of it of somebody else's"
run "$stalk" - pid $sleeper 1
like "$out" 'hit steer kill.*hit steer setpriority.*hit steer sched_setaffinity' "A12 control: steering is seen"
kill "$sleeper"

# --- all that a call makes, from its execve to its end
engine_says R
# stalked NAME ROUNDS WORDS...
stalked() {
	local name=$1 count=$2 tries hits good all_good=0 all_tries=0 turn
	shift 2
	# On a busy machine once more: a launcher that gets no turn is ended by its alarm.
	for ((turn = 0; turn < 8; turn++)); do
		run timeout $((300 + count)) "$stalk" "$@"
		read -r _ _ _ good _ tries _ hits <<<"$(head -n 1 <<<"$out")"
		is "$rc:$hits" "0:0" "A12 $name: nobody got in"
		[ "$hits" = 0 ] || diag "$(grep ^hit <<<"$out")"
		diag "$name: $(head -n 1 <<<"$out"); statuses $(sort <<<"$err" | uniq -c | tr -s '\n ' ' ')"
		all_good=$((all_good + good)) all_tries=$((all_tries + tries))
		[ "$all_good" -le $((count / 2)) ] || [ "$all_tries" -le $((100 * count)) ] || break
		wait_for 10 none_of_ours
		stop_engines
	done
	ok "A12 $name: and the launcher did its work" test "$all_good" -gt $((count / 2))
	ok "A12 $name: and it was tried often" test "$all_tries" -gt $((100 * count))
	ok "A12 $name: nothing is left" wait_for 10 none_of_ours
	stop_engines
}
stalked "start" "$rounds" 1000 "$rounds" start "$LAUNCHER"
stalked "once" "$rounds" 1000 "$rounds" once "$LAUNCHER"
stalked "start, when nothing else runs" $((rounds / 50)) -i 1000 $((rounds / 50)) start "$LAUNCHER"
is "$(log_text | grep -c 'deny')" 0 "A12 none of these calls was refused"

# A refusal too: it has read root's files by then, and somebody else's view of it is no better.
allow alice "until = 2020-01-01T00:00:00Z"
for _ in {1..8}; do
	run "$stalk" 1000 $((rounds / 2)) start "$LAUNCHER"
	like "$out" "good 0 tries [0-9]+ hits 0\$" "A12 a refused start: nobody got in"
	[[ ! $out =~ tries\ [0-9]{4,} ]] || break
done
like "$out" "tries [0-9]{4,} " "A12 a refused start: and it was tried often"
allow alice "until = 2099-01-01T00:00:00Z" "engine = any"

# Whose directory and root are shared, the kernel makes nobody.
noprv_snapshot /run/arena/before
run "$stalk" 1000 share "$LAUNCHER"
like "$rc $err" '^71 .*the kernel did not honour its setuid bit' "A12 a launcher that shares its directory with its caller is none"
noprv_is_same /run/arena/before "NOPRIV A12 and has done nothing"

# --- what stays
engine_stays
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A12 an engine that stays"
engine=$(engine_pid alice)
init=$(awk '$1 == "PPid:" { print $2 }' "/proc/$engine/status")
inside() {
	nsenter --target "$init" --user --setuid 0 --setgid 0 "$@"
}
# no_way_in PID WHO
no_way_in() {
	run "$stalk" 1000 pid "$1" 5
	like "$out" 'tries [0-9]{3,} hits 0$' "A12 $2: not by its user"
	run "$stalk" 1001 pid "$1" 5
	like "$out" 'tries [0-9]{3,} hits 0$' "A12 $2: not by another granted user"
	run inside "$stalk" - pid "$1" 5
	like "$out" 'tries [0-9]{3,} hits [0-9]+' "A12 $2: it was tried by root of its namespace"
	# To signal and slow down what lives there is a right of CAP_KILL and CAP_SYS_NICE in there, for who is
	# not in the init's pid namespace: root's nsenter(1) alone. From inside: starved_end.t, watcher.t.
	is "$(grep '^hit' <<<"$out" | grep -v '^hit steer')" "" "A12 $2: not by root of its namespace, with all capabilities there"
}
mapfile -t pids < <(ours)
is "${#pids[@]}" 3 "A12 an engine, its init and its watcher"
for pid in "${pids[@]}"; do
	no_way_in "$pid" "$(cat "/proc/$pid/comm") $([ "$pid" = "$engine" ] && echo that is the engine || true)"
done
# The user's own all the same; the watcher is not.
ok "A12 the engine is its user's to signal" as alice kill -0 "$engine"
not_ok "A12 and not another's" as bob kill -0 "$engine"
for pid in "${pids[@]}"; do
	case $pid in
	"$engine" | "$init") ;;
	*) not_ok "A12 the watcher is not" as alice kill -0 "$pid" ;;
	esac
done

# The control: the same program, in a file that can be read, in the same namespace.
nsenter --target "$init" --user --setuid 0 --setgid 0 "$TESTBIN/pause" &
readable=$!
disown -a
wait_for 5 grep -q pause "/proc/$readable/comm"
run inside "$stalk" - pid "$readable" 2
like "$out" 'hit (read|write) mem.*hit call PTRACE_ATTACH' "A12 control: a readable program in there is open to root of the namespace"
kill "$readable"
stop_engines
# So the launcher does not start one.
chmod 0755 "$ENGINE"
run as alice "$LAUNCHER" start
is "$rc" 78 "A12 an engine that can be read is not started"
if engine=$(engine_pid alice); then
	init=$(awk '$1 == "PPid:" { print $2 }' "/proc/$engine/status")
	run inside "$stalk" - pid "$engine" 2
	like "$out" 'hits 0$' "A12 and so nobody gets into it"
fi
stop_engines

# --- berth's own engine, and a job
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW"/uid-100?.conf
grant alice security.confined --engine=any >/dev/null
grant bob security.confined >/dev/null
start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/out
engine=$(engine_pid alice)
init=$(awk '$1 == "PPid:" { print $2 }' "/proc/$engine/status")
no_way_in "$engine" "berth's engine"
no_way_in "$(pgrep -x berth-job)" "a job's supervisor"
# In a job: pid 1 is its supervisor, a fork of the engine.
for user in 0 1000; do
	run job -u $user "${PROBE[@]}" host /t/stalk - pid 1 5
	like "$out" 'tries [0-9]{3,} hits 0$' "A12 a job's supervisor: not by its command as $user"
	# shellcheck disable=SC2016  # for the shell in the job
	run job -u $user "${PROBE[@]}" host sh -c 'sleep 1000 & exec /t/stalk - pid $! 2'
	like "$out" 'hit read mem' "A12 control: a process of the job's own is open to it"
done
kill -TERM "$client"
wait_job
ok "A12 nothing is left of the jobs" jobs_are_gone
done_testing
