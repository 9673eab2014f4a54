#!/usr/bin/env bash
# Many jobs: 300 one after the other and 60 at once, with files, mounts, failures and kills among them.
# Nothing grows: descriptors, memory, mounts, cgroups, namespaces, processes, files, keys. BERTH_LONG, or SOAK_JOBS and
# SOAK_AT_ONCE ask for more of them.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined network.host
in_a_row=${SOAK_JOBS:-${BERTH_LONG:+3000}}
in_a_row=${in_a_row:-300}
at_once=${SOAK_AT_ONCE:-60}

one() {
	local n=$1 id status=1
	case $((n % 8)) in
	0) job -e N="$n" host sh -c "exit $((n % 100))" ;;
	1) job -v /home/alice:/h --tmpfs /x host sh -c "echo $n >/x/f && cp /x/f /tmp/g && exit $((n % 100))" ;;
	2) job --network host -u 1000 host sh -c "sleep 0.01 & exit $((n % 100))" ;;
	3) job "${USR[@]}" /home/alice/image sh -c "mkdir -p /data/a/b && : >/data/a/b/c && chmod 0 /data/a && exit $((n % 100))" ;;
	4) job host /no/such/program 2>/dev/null ;;
	5) job host sh -c "(sleep 100 & sleep 100 &) ; kill -KILL \$\$" ;;
	6) # kept, and removed when it is over
		id=$(job -d host sh -c "echo $n; exit $((n % 100))") && status=$(as alice berth wait "$id") &&
			as alice berth rm "$id" >/dev/null || return 1
		return "$status"
		;;
	7) # entered, and removed while it runs
		id=$(job -d --name "n$n" host sleep 100) || return 1
		as alice berth exec "n$n" sh -c "sleep 100 & exit $((n % 100))"
		status=$?
		as alice berth rm -f "$id" >/dev/null || return 1
		return "$status"
		;;
	esac
}
wanted() {
	case $(($1 % 8)) in
	4) echo 127 ;;
	5) echo 137 ;;
	*) echo $(($1 % 100)) ;;
	esac
}
make_image /home/alice/image
for n in 0 1 2 3 4 5 6 7; do
	one $n
	is $? "$(wanted $n)" "a job of kind $n ends with its status"
done
ok "these jobs are gone" jobs_are_gone
engine=$(engine_pid alice)

# What may not grow. The spare comes when it comes: see rest.
used() {
	printf '%s ' "descriptors $(find "/proc/$engine/fd" -mindepth 1 | wc -l)" \
	    "mounts $(wc -l </proc/self/mountinfo) $(wc -l <"/proc/$engine/mountinfo")" \
	    "cgroups $(grep -lx 'populated 1' -r /sys/fs/cgroup/berth --include=cgroup.events | wc -l)" \
	    "processes $(pgrep -c 'berth')" "zombies $(ps -eo stat= | grep -c '^Z')" \
	    "files $(find /home/alice/state /run/berth /var/lib/berth ! -name 'engine.log*' | wc -l)" \
	    "namespaces $(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/*' \( -name mnt -o -name pid -o -name net \) -printf '%l\n' 2>/dev/null | sort -u | wc -l)"
}
memory() {
	awk '/^Rss:/ { print $2 }' "/proc/$engine/smaps_rollup"
}
ok "the engine is at rest" wait_for 10 rest 1
rss=$(memory)

wrong=
half=
for ((n = 0; n < in_a_row; n++)); do
	one $n
	status=$?
	[ "$status" -eq "$(wanted $n)" ] || wrong="$wrong $n:$status"
	[ "$n" -ne $((in_a_row / 2)) ] || half=$(memory)
done
is "$wrong" "" "$in_a_row jobs in a row: each ends with its status"
ok "$in_a_row jobs in a row: they are gone" jobs_are_gone
ok "$in_a_row jobs in a row: nothing has grown" wait_for 10 settled
settled || diag "$before"$'\n'"$(used)"
ok "$in_a_row jobs in a row: memory ($rss, half way $half, $(memory) kB)" test "$(memory)" -le $((half + 512))

pids=()
for ((n = 0; n < at_once; n++)); do
	one $n &
	pids+=($!)
done
wrong=
for ((n = 0; n < at_once; n++)); do
	wait "${pids[n]}"
	status=$?
	[ "$status" -eq "$(wanted $n)" ] || wrong="$wrong $n:$status"
done
is "$wrong" "" "$at_once jobs at once: each ends with its status"
ok "$at_once jobs at once: they are gone" jobs_are_gone
ok "$at_once jobs at once: nothing has grown" wait_for 10 settled
settled || diag "$before"$'\n'"$(used)"
is "$(engine_pid alice)" "$engine" "all of them were served by one engine"

# Engines, too, come and go.
# The engine has answered that it leaves, and may be there for a moment.
round() {
	as alice berth daemon stop && as alice berth run -q host true
}
round
engine=$(engine_pid alice)
ok "a fresh engine is at rest" wait_for 10 rest 1
for _ in {1..12}; do
	round
done >/dev/null 2>&1
engine=$(engine_pid alice)
ok "12 engines after each other: nothing has grown" wait_for 10 settled
settled || diag "$before"$'\n'"$(used)"
# One that is still ending when the next starts leaves its empty cgroup for the one after.
few_cgroups() {
	[ "$(find /sys/fs/cgroup/berth/1000 -mindepth 1 -type d | wc -l)" -le 3 ] && return
	round
	false
}
ok "12 engines after each other: at most two cgroups of former ones are left" wait_for 10 few_cgroups
engine=$(engine_pid alice)
wait_for 10 settled
start_job /run/arena/out host sh -c 'echo up; exec sleep 60'
wait_for 10 grep -q up /run/arena/out
not_ok "control: one job that runs shows" settled
kill -KILL "$client"
wait_job
ok "and is gone" wait_for 10 settled
done_testing
