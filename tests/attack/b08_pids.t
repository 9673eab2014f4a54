#!/usr/bin/env bash
# B08 (CVE-2019-6133, CVE-2013-4288): a process id is checked, and another process acted on that has the
# number by then. Nothing decides or acts by a number of a process that is not its own child; and with
# every number taken again at once nobody else's process is ever touched.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 nm

# --- in the code -----------------------------------------------------------------------------------
by_number='kill|killpg|tgkill|tkill|sigqueue|pthread_kill|pidfd_open|ptrace|process_vm_(read|write)v|getpgid|getsid|prlimit'
by_number+='|kcmp|sched_[gs]et(param|attr)|migrate_pages|move_pages|perf_event_open'
calls=$(find "$BUILD/helper" "$BUILD/client/engine" "$BUILD/common" -name '*.o' -print0 | xargs -0 nm -A -u |
	awk -v b="$BUILD/" -v r="^($by_number)\$" '{ sub(/@.*/, "", $3); sub(b, "", $1); if ($3 ~ r) print $1, $3 }' | sort)
isnt "$calls" "" "B08 control: what is allowed is seen"
# A supervisor is pid 1 of its job, whose processes are all there are; its command is its child, as
# what copies is the copier's. The administrator's tool opens its own child before it reaps it; the launcher its parent, and looks again who that is.
is "$(grep -vE '^client/engine/job/(process|copier)\.o: kill$|^helper/(admin/child|launcher/verb_once)\.o: pidfd_open$' <<<"$calls")" "" \
    "B08 no other object makes a call that takes a process id"
named() {
	grep -rnE "SYS_($by_number|rt_(tg)?sigqueueinfo)\b|(peer|cred|ucred)[a-z]*(\.|->)pid|(ssi|si)_pid" "$TOP/helper" "$TOP/common" \
	    "$TOP/client/engine" --include='*.[ch]'
}
isnt "$(named)" "" "B08 control: what is allowed is seen"
# The copier's own child, which is not reaped yet; and that there is no number: a sender outside, nobody to reap.
is "$(named | grep -vE 'job/copier\.c:[0-9]+:.*SYS_pidfd_open, child, 0|:[0-9]+:.*\bs?si_pid == 0\)')" "" \
    "B08 nor by number, nor does anything look at a peer's process id"
opened() {
	(cd "$TOP" && grep -rlE '"%[dul]*/(stat|status|exe|ns|root|cwd|cmdline|comm|cgroup)|/proc/%' "$@" --include='*.[ch]')
}
isnt "$(opened client/berth)" "" "B08 control: who only tells about one is seen"
is "$(opened helper/launcher common client/engine)" "" "B08 nor opens another process in procfs by its number"

# --- with numbers taken again ----------------------------------------------------------------------
needs_last_pid() {
	echo 5000 >/proc/sys/kernel/ns_last_pid
} 2>/dev/null
needs_last_pid || skip_all "this kernel has no ns_last_pid"

grant alice security.confined >/dev/null
as alice berth run -q host true
# $1: the process whose number is to be another's; its name is kept. Leaves the pid in $impostor.
cp /usr/bin/sleep /tmp/berth-engine
cp /usr/bin/sleep /tmp/berth-job
chmod 755 /tmp/berth-*
replace() {
	local old=$1 _
	kill -KILL "$old"
	for _ in {1..200}; do
		wait_for 5 test ! -e "/proc/$old"
		echo $((old - 1)) >/proc/sys/kernel/ns_last_pid
		(exec setpriv --reuid=alice --regid=alice --init-groups "/tmp/$2" 300) &
		impostor=$!
		if [ "$impostor" -eq "$old" ]; then
			wait_for 5 grep -q "$2" "/proc/$old/comm"
			return
		fi
		disown -a
		kill "$impostor"
	done
	return 1
}
for round in 1 2 3; do
	engine=$(engine_pid alice)
	ok "B08 round $round: another process has the engine's number" replace "$engine" berth-engine
	run job host echo served
	is "$rc:$out" "0:served" "B08 round $round: a job is served, by a new engine"
	is "$(cat "/proc/$engine/comm")" berth-engine "B08 round $round: who has the number lives"
	run as alice berth daemon stop --force
	is "$rc" 0 "B08 round $round: daemon stop ends the engine"
	revoke alice >/dev/null
	is "$(cat "/proc/$engine/comm")" berth-engine "B08 round $round: and not who has the number, nor does a revocation"
	disown -a
	kill "$impostor"
	grant alice security.confined >/dev/null
	as alice berth run -q host true
done
for round in 1 2 3; do
	start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
	wait_for 10 grep -q up /run/arena/out
	supervisor=$(pgrep -nx berth-job)
	ok "B08 round $round: another process has the supervisor's number" replace "$supervisor" berth-job
	wait_job
	isnt "$rc" 0 "B08 round $round: its client is told"
	run as alice berth daemon stop --force
	is "$(cat "/proc/$supervisor/comm")" berth-job "B08 round $round: who has the number is not ended"
	disown -a
	kill "$impostor"
	run job host echo served
	is "$rc:$out" "0:served" "B08 round $round: a job is served"
done

churn() {
	python3 "$TOP/tests/attack/churn.py" 20000 150 1000 1001 >/run/arena/churn &
	churn=$!
	wait_for 10 test -e /proc/20140
}
churned() {
	kill -TERM "$churn"
	wait "$churn"
	read -r taken hits </run/arena/churn
}
grant bob security.confined >/dev/null
churn
for round in 1 2 3 4 5 6; do
	clients=()
	for n in 1 2 3; do
		start_job /run/arena/out.$n host sh -c 'sleep 1000 & echo up; sleep 1000'
		clients+=("$client")
	done
	# A client that comes when the engine was ended has another one started.
	for n in 1 2 3; do
		wait_for 20 grep -q up /run/arena/out.$n
	done
	run job host true
	case $round in
	1 | 4) as alice berth daemon stop --force >/dev/null 2>&1 ;;
	2 | 5) kill -KILL "$(engine_pid alice)" && kill -TERM "${clients[@]}" ;;
	3)
		revoke alice >/dev/null
		grant alice security.confined >/dev/null
		# Its engine clears away what they left.
		run job host true
		;;
	6) kill -KILL "${clients[@]}" ;;
	esac
	wait "${clients[@]}" 2>/dev/null
	jobs_are_gone || fail "B08 churn, round $round: a job is left"
done
churned
ok "B08 many numbers were taken again ($taken)" test "$taken" -gt 200
is "$hits" 0 "B08 and none of their processes was signalled"
run job host echo served
is "$rc:$out" "0:served" "B08 afterwards a job is served"

# The control is a supervisor as one writes it in a hurry.
churn
for _ in 1 2 3 4 5; do
	echo 20000 >/proc/sys/kernel/ns_last_pid
	sleep 1000 &
	child=$!
	disown "$child"
	kill -KILL "$child"
	wait_for 10 grep -q python "/proc/$child/comm"
	kill -TERM "$child" 2>/dev/null
done
churned
isnt "$hits" 0 "B08 control: who signals by number hits another process"
done_testing
