#!/usr/bin/env bash
# All controllers of cgroup2, lent on by root as systemd does: berth's own cgroups stand among them, what
# root sets there holds for a user's engine and jobs, and revoking ends them by cgroup.kill.
. "${BASH_SOURCE[0]%/*}/../../attack/jobs.sh"
arena_enter "$@"
top=/sys/fs/cgroup
like " $(cat $top/cgroup.controllers) " ' cpu .*io .*memory .*pids ' "the controllers are there"
for controller in cpu io memory pids; do
	echo "+$controller" >$top/cgroup.subtree_control
done
jobs_world security.confined
run job host echo ok
is "$rc:$out" "0:ok" "a job runs"
for controller in cpu io memory pids; do
	echo "+$controller" >$top/berth/cgroup.subtree_control
done
is "$(cat $top/berth/cgroup.subtree_control)" "cpu io memory pids" "root lends them on to users"
run job host echo ok
is "$rc:$out" "0:ok" "and a job still runs"
ok "in a cgroup with limits to set" test -e $top/berth/1000/pids.max
engine=$(engine_pid alice)
like "$(grep ^0:: "/proc/$engine/cgroup")" '^0::/berth/1000/' "the engine is below its user"

# --- what root sets
echo 40 >$top/berth/1000/pids.max
run job host sh -c 'i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i + 1)); done; echo all'
unlike "$rc:$out" 'all' "pids.max holds: a hundred processes are not to be had"
like "$(cat $top/berth/1000/pids.events)" 'max [1-9]' "the kernel counted it"
ok "the engine is well" test -d "/proc/$engine"
echo max >$top/berth/1000/pids.max
echo $((48 << 20)) >$top/berth/1000/memory.max
run job host python3 -c 'x = bytearray(200 << 20); print("all")'
unlike "$out" all "memory.max holds"
isnt "$rc" 0 "the job is told"
echo max >$top/berth/1000/memory.max
run job host echo ok
is "$rc:$out" "0:ok" "afterwards a job runs"

# --- what a user cannot
for file in pids.max memory.max cgroup.procs cgroup.subtree_control cgroup.kill; do
	not_ok "B06 alice cannot write $file of her own" as alice sh -c "echo 1 >$top/berth/1000/$file"
done
run job host sh -c 'find /sys/fs/cgroup -writable -type f 2>/dev/null | grep -E "(max|kill)$"; echo looked'
is "$out" looked "B06 nor does a job see one to write"

# --- the end
start_job /run/arena/out host sh -c 'trap "" TERM HUP INT; echo up; while :; do sleep 100; done'
ok "a job that will not end" wait_for 30 grep -q up /run/arena/out
echo 1 >$top/berth/1000/cgroup.freeze
revoke alice >/dev/null
ok "revoked, frozen as it is: all of it ends" wait_for 10 bash -c '! pgrep -u alice -x "berth-engine|berth-job|sleep" >/dev/null'
done_testing
