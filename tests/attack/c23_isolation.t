#!/usr/bin/env bash
# C23: processes, IPC, names and clocks. A job signals everything it can name, traces, looks for shared
# memory and queues of others, and changes the host's name and time: nothing outside of it notices.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs ipcmk ipcs python3
jobs_world security.confined

# Outside: a process and IPC of alice's own; beside: a job that has the same.
(exec setpriv --reuid=alice --regid=alice --init-groups sleep 7777) &
outside=$!
disown "$outside"
as alice sh -c 'ipcmk -M 4096 -p 0666; ipcmk -S 1 -p 0666; ipcmk -Q -p 0666' >/dev/null
as alice sh -c 'echo outside >/dev/shm/outside'
mkdir /run/arena/mqueue && mount -t mqueue mqueue /run/arena/mqueue && chmod 1777 /run/arena/mqueue
as alice sh -c ': >/run/arena/mqueue/outside' 2>/dev/null || : >/run/arena/mqueue/outside
start_job /run/arena/sibling "${PROBE[@]}" host sh -c 'ipcmk -M 4096 -p 0666 >/dev/null; echo sibling >/dev/shm/sibling
	: >/dev/mqueue/sibling; ipcs -m | grep -c 666; echo up; exec sleep 8888'
wait_for 10 grep -q up /run/arena/sibling
is "$(head -n 1 /run/arena/sibling)" 1 "C23 control: the job beside has a segment of its own, and sees that alone"
sibling=$(pgrep -f 'sleep 8888' | tail -n 1)
engine=$(engine_pid alice)
supervisors=$(pgrep -x berth-job | tr '\n' ' ')

# all_alive NAME: nobody outside of the attacker has ended or stopped
all_alive() {
	local pid dead=
	for pid in "$outside" "$engine" "$sibling" $supervisors; do
		grep -qsE '^State:[[:space:]][SRD]' "/proc/$pid/status" || dead="$dead $pid"
	done
	is "$dead" "" "C23 $1: everybody else lives"
}
run as alice "$TESTBIN/probe" processes 32768
like "$out" "seen [0-9]{2}" "C23 control: outside, the probe sees processes"
run as alice kill -0 "$outside"
is "$rc" 0 "C23 control: outside, alice can signal her own"

for user in 0 1000; do
	run job -u $user "${PROBE[@]}" host sh -c '/t/probe processes 70000; ls /proc | grep -c "^[0-9]"'
	like "$out" '^seen [2-6]' "C23 user $user: a job finds itself"
	is "$(wc -l <<<"$out")" 2 "C23 user $user: and no process that is not in its /proc"
	for signal in KILL TERM STOP HUP USR1; do
		run job -u $user host sh -c "trap '' $signal 2>/dev/null; kill -$signal -1; for p in $outside $engine $sibling $supervisors; do kill -$signal \$p; done 2>/dev/null; echo tried"
		is "$out" tried "C23 user $user: control: signal $signal was sent"
		all_alive "user $user: signal $signal to -1 and to their numbers"
	done
	run job -u $user host sh -c 'i=2; while [ $i -lt 400 ]; do kill -KILL $i 2>/dev/null; [ $i = $$ ] || :; i=$((i + 1)); done'
	is "$rc" 137 "C23 user $user: control: one of them was its own"
	all_alive "user $user: SIGKILL to every number"
done
run job host sh -c 'kill -KILL 1; kill -STOP 1; kill -SEGV 1; echo alive'
is "$rc:$out" "0:alive" "C23 nor does pid 1 of a job end by its hand"
run job host sh -c 'kill -TERM 1; sleep 1000; echo ignored'
isnt "$out" ignored "C23 documented: SIGTERM to pid 1 ends the job, and its own alone"
all_alive "after it"
# The host's procfs, which a user may mount, names processes of everybody.
reach='for f in exe cwd root ns/mnt fd/0; do readlink /x/$p/$f >/dev/null && echo "$n $f"; done
	head -c1 /x/$p/maps 2>/dev/null | grep -q . && echo "$n maps"'
run job -v /proc:/x host sh -c "n=outside p=$outside; $reach; n=engine p=$engine; $reach; n=own p=self; $reach
	n=supervisor; for p in $supervisors; do $reach; done"
like "$out" $'^own exe\nown cwd' "C23 control: a job that looks for them opens its own"
is "$(grep -v '^own ' <<<"$out")" "" "C23 by the host's /proc neither a process outside nor an engine nor a supervisor is opened"
run as alice sh -c "ln -sfn /proc /tmp/x; cd /tmp; n=outside p=$outside; ${reach//\/x\//\/tmp\/x\/}"
like "$out" 'outside root.*outside fd/0.*outside maps' "C23 control: outside, alice opens her own"

# IPC.
ipc='ipcs | grep -c 666; ls -A /dev/shm /dev/mqueue'
run as alice ipcs
is "$(grep -c 666 <<<"$out")" 3 "C23 control: outside there are three objects"
for user in 0 1000; do
	run job -u $user host sh -c "$ipc"
	is "$out" $'0\n/dev/mqueue:\n\n/dev/shm:' "C23 user $user: no IPC of anybody's, SysV or POSIX"
done
run job host sh -c 'for i in 1 2 3 4 5; do ipcmk -Q >/dev/null; done; ipcrm -a; ipcs | grep -c 0x; rm -f /dev/shm/* /dev/mqueue/*'
is "$out" 0 "C23 control: a job makes its own and removes all it sees"
run as alice ipcs
is "$(grep -c 666 <<<"$out"):$(cat /dev/shm/outside):$(ls /run/arena/mqueue)" "3:outside:outside" "C23 what is outside is there"
is "$(nsenter -t "$sibling" --ipc ipcs -m | grep -c 666)" 1 "C23 and what is beside"

# Names and clocks.
name=$(hostname)
run job "${PROBE[@]}" host /t/probe clocks
is "$(grep -c ' EPERM$' <<<"$out"):$(wc -l <<<"$out")" "6:6" "C23 no name and no clock is set"
hostname control
is "$(hostname)" control "C23 control: the host's root sets the name"
hostname "$name"
run job host sh -c 'hostname other; hostname'
isnt "$out" other "C23 nor by hostname(1)"
is "$(hostname)" "$name" "C23 the host's name is the same"

# Which namespaces are whose.
start_job /run/arena/out host sh -c 'echo up; exec sleep 9999'
wait_for 10 grep -q up /run/arena/out
other=$(pgrep -f 'sleep 9999' | tail -n 1)
for namespace in pid ipc uts mnt net cgroup; do
	ids=$(readlink /proc/self/ns/$namespace "/proc/$sibling/ns/$namespace" "/proc/$other/ns/$namespace" | sort -u | wc -l)
	is "$ids" 3 "C23 $namespace: two jobs and the host, three namespaces"
done
for namespace in user time; do
	is "$(readlink "/proc/$sibling/ns/$namespace")" "$(readlink "/proc/$other/ns/$namespace")" "C23 documented: $namespace is shared among jobs"
done
isnt "$(readlink "/proc/$sibling/ns/user")" "$(readlink /proc/self/ns/user)" "C23 and user is not the host's"
kill -KILL "$client"
wait_job
as alice berth daemon stop --force >/dev/null
kill "$outside"
umount /run/arena/mqueue
ok "C23 nothing is left of the jobs" jobs_are_gone
done_testing
