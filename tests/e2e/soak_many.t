#!/usr/bin/env bash
# P10: 3,000 jobs one after another, and 1,000 that run at once. Nothing grows: descriptors, mounts, cgroups,
# namespaces, processes, files and space below the state root, memory of the engine by no more than a KiB for
# every 1,000 jobs. `make soak` has 100,000 of them one after another (SOAK_MANY).
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined
many=${SOAK_MANY:-3000}
crowd=${SOAK_CROWD:-1000}

# in_a_row N: alice's jobs, from one shell, so that there is little else than them
in_a_row() {
	as alice bash -c 'for ((n = 0; n < $1; n++)); do berth run -q host sh -c "exit 7"; [ $? -eq 7 ] || exit; done' - "$1"
}
in_a_row 100
engine=$(engine_pid alice)

# What may not grow. The spare comes when it comes: see rest.
used() {
	printf '%s\n' "descriptors $(find "/proc/$engine/fd" -mindepth 1 | wc -l)" \
	    "mounts $(wc -l </proc/self/mountinfo) $(wc -l <"/proc/$engine/mountinfo")" \
	    "cgroups $(find /sys/fs/cgroup -type d | wc -l)" \
	    "processes $(pgrep -c 'berth')" "zombies $(ps -eo stat= | grep -c '^Z')" \
	    "files $(find /home/alice/state /run/berth /var/lib/berth ! -name 'engine.log*' | wc -l)" \
	    "space $(du -s --exclude='engine.log*' /home/alice/state | cut -f1)" \
	    "namespaces $(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/*' \( -name mnt -o -name pid -o -name net \) -printf '%l\n' 2>/dev/null | sort -u | wc -l)"
}
# What the engine alone has, in KiB: what it shares with its file is not its own.
memory() {
	awk '/^Anonymous:/ { print $2 }' "/proc/$engine/smaps_rollup"
}
nothing_has_grown() {
	ok "$1: nothing has grown" wait_for 20 settled
	settled || diag "$(diff <(echo "$before") <(used))"
}
ok "the engine is at rest" wait_for 10 rest 1

# --- one after another -------------------------------------------------------------------------------

ok "the first third of them: each ends with its status" in_a_row $((many / 3))
first=$(memory)
ok "$many jobs one after another: each ends with its status" in_a_row $((many - many / 3))
last=$(memory)
ok "they are gone" jobs_are_gone
nothing_has_grown "$many jobs one after another"
# Memory comes in pages of 4 KiB: two of them may be luck.
ok "the engine's memory: $first KiB after a third of them, $last KiB at the end" \
    test "$last" -le $((first + 8 + many * 2 / 3 / 1000))
is "$(engine_pid alice)" "$engine" "it is the same engine"

# --- at once -----------------------------------------------------------------------------------------

# As they can be started: no client waits for more than a few others; and none is started when these do not come.
as alice bash -c 'end=$((SECONDS + 300))
	for ((n = 0; n < $1 && SECONDS < end; n++)); do
	    berth run -q host sh -c "echo up; exec sleep 3600" &
	    ((n % 20)) || until [ "$(grep -c up /tmp/up)" -ge $((n - 40)) ] || [ "$SECONDS" -ge "$end" ]; do sleep 0.05; done
	done >/tmp/up; wait' - "$crowd" 2>/run/arena/err &
clients=$!
all_run() {
	[ "$(grep -c up /tmp/up)" -eq "$crowd" ]
}
ok "$crowd jobs at once: all of them run" wait_for 310 all_run
is "$(sort /run/arena/err | uniq -c | head -n 3)" "" "nobody complains"
is "$(pgrep -xc berth-job)" "$crowd" "control: as many supervisors"
# One descriptor for each, to know its end by.
now=$(find "/proc/$engine/fd" -mindepth 1 | wc -l)
ok "the engine has one descriptor for each of them ($now)" test "$now" -le $((crowd + 30))
is "$(wc -l </proc/self/mountinfo) $(wc -l <"/proc/$engine/mountinfo")" "$(sed -n 's/^mounts //p' <<<"$before")" \
    "their mounts are in none but their own namespaces"
is "$(find /sys/fs/cgroup -type d | wc -l)" "$(sed -n 's/^cgroups //p' <<<"$before")" "no cgroup was made for any"
no_zombies() {
	! ps -eo stat= | grep -q '^Z'
}
ok "there are no zombies" wait_for 10 no_zombies
during=$(memory)
ok "the engine's memory: $during KiB, a KiB for each at most" test "$during" -le $((last + crowd))
run as alice berth run -q host echo ok
is "$rc:$out" 0:ok "one more is served"
as alice berth daemon stop --force >/dev/null
wait "$clients"
ok "all of them are ended" wait_for 60 no_job

# --- afterwards --------------------------------------------------------------------------------------

is "$(find /home/alice/state -mindepth 2 -path '*/jobs/*')" "" "no directory of a job is left"
in_a_row 100
engine=$(engine_pid alice)
nothing_has_grown "an engine after all of that"
touch /home/alice/state/one-more
not_ok "control: a file more shows" settled
rm /home/alice/state/one-more
done_testing
