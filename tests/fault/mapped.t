#!/usr/bin/env bash
# B10 for the verb "mount": every system call of a job with a directory that is mounted with other ids fails
# once with each of six errors, or whoever makes it is killed or stopped there: the client, the launcher and
# the two that this makes; the engine and the supervisor that asks for the mount are killed. The command then has what it always has, the
# directory with its owner included, or does not run; nothing of it stays, neither a process with privilege
# nor a mount; the next one works.
. "${BASH_SOURCE[0]%/*}/../attack/mapped.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
mappable /home/alice/m
handed_dir /home/alice/m/d
# Without engines for one call: there the client would take another way.
grant alice security.confined idmap.mount >/dev/null
as alice berth daemon start >/dev/null
# Each start of an engine has a cgroup of its own, and may leave that of one that was ending.
privileged() {
	noprv_snapshot /run/arena/now
	sed -E 's|(/cgroup/berth/1000/)[0-9.]+|\1START|' /run/arena/now | sort -u
}
privileged >/run/arena/before
like "$(cat /run/arena/before)" '/START' "control: the engine's cgroup is among what root has"
faults faults mapped 48
count=3
[ -z "${BERTH_LONG-}" ] || count=0
run python3 "$TOP/tests/fault/kills.py" "$seed" $count mapped
is "$rc" 0 "mapped: after each kill: no job twice, nothing left, the next call works"
[ "$rc" -eq 0 ] || diag "$out$err"
pairs=$(grep -E '^[a-z ]+ / [a-z ]+: [0-9]+ kills, ' <<<"$out")
is "$(wc -l <<<"$pairs")" 6 "mapped: each victim"
while read -r line; do
	like "$line" ': [1-9][0-9]* kills' "$line"
done <<<"$pairs"

as alice berth daemon start >/dev/null
run job -v /home/alice/m/d:/d:uid=101,gid=102 host stat -c %u:%g /d
is "$rc:$out" 0:101:102 "a directory is mounted with other ids"
ok "nothing is left of the jobs" jobs_are_gone
only_an_init() {
	[ "$(pgrep -cx berth-launcher)" -eq 1 ]
}
ok "nor of a launcher" wait_for 10 only_an_init
as_before() {
	privileged | diff /run/arena/before -
}
wait_for 10 as_before
is "$(as_before)" "" "no process with privilege, no file of root's, no cgroup and no mount more"
rm -f /home/alice/m/d/new
is "$(find /home/alice/m/d -printf '%f %U:%G\n' | sort | tr '\n' ' ')" "d 1000:1000 mine 1000:1000 theirs 1001:1001 " \
    "the files have the owners that they had"
done_testing
