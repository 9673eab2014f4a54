#!/usr/bin/env bash
# The spare: a supervisor made ahead, with the namespaces of a job and nothing of any. Who gets it is served as
# who does not; each is used once; it keeps nothing up, and goes with its engine.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined network.host

# The pid of alice's spare, or nothing and status 1.
spare() {
	pgrep -x berth-spare
}
# It waits, with all made: then it is in recvmsg(2), whose number each architecture has of its own.
ready() {
	[[ $(cut -d ' ' -f 1 "/proc/$(spare)/syscall") =~ ^(47|212)$ ]] && grep -q 'State:.S' "/proc/$(spare)/status" &&
		[ "$(find "/proc/$(spare)/fd" -mindepth 1 ! -lname '/dev/null' ! -lname 'pipe:*' | wc -l)" -eq 8 ]
}
no_spare() {
	! spare
}
ok "an engine at rest has a spare" wait_for 10 ready
first=$(spare)
run as alice sh -c "cat /proc/$first/environ /proc/$first/maps"
isnt "$rc" 0 "its user cannot look into it"
is "$(sed -n 's/^NSpid:.*\t//p' "/proc/$first/status")" 1 "it is the first process of a namespace"
is "$(find "/proc/$first/fd" -mindepth 1 -printf '%l\n' | grep -c engine.sock)" 0 "it has no socket of the engine's"
spare_has() {
	for name in pid mnt net ipc uts cgroup; do
		readlink "/proc/$1/ns/$name"
	done
}
# The pid of the supervisor of a job that runs, which is ended by end_job
begin_job() {
	start_job /run/arena/out "$@" host sh -c 'echo up; exec sleep 60'
	wait_for 10 grep -q up /run/arena/out
	supervisor=$(pgrep -x berth-job)
}
end_job() {
	kill -KILL "$client"
	wait_job
	wait_for 10 jobs_are_gone
}
has=$(spare_has "$first")
begin_job
is "$supervisor:$(spare_has "$first")" "$first:$has" "the next job is its, in the namespaces that it has made"
ok "a new one is made while that runs" wait_for 10 ready
second=$(spare)
isnt "$second" "$first" "it is another"
is "$(spare_has "$second" | sort - <(echo "$has") | uniq -d)" "" "and so is each of its namespaces"
end_job
begin_job
is "$supervisor" "$second" "the job after that is that one's"
end_job

# Nothing that a job does reaches the next one.
ok "one is ready" wait_for 10 ready
job host sh -c 'echo x >/tmp/left; echo x >/dev/shm/left; mkdir /run/left; touch /dev/left; ipcmk -Q' >/dev/null
ok "the next is ready" wait_for 10 ready
run job host sh -c 'ls -A /tmp /dev/shm /run; ls /dev | grep left; ipcs -q | grep -c 0x'
is "$out" $'/dev/shm:\n\n/run:\n\n/tmp:\n0' "a job finds nothing of the one before"

ok "one is ready" wait_for 10 ready
run job -v /home/alice:/h host sh -c 'ls -A /h/state/run /h/state/jobs; grep -c /h/state/run/ /proc/self/mountinfo'
is "$out" $'/h/state/jobs:\n\n/h/state/run:\n0' "nor a mounted home what is made ahead"

# What a job sees is the same with a spare and without one.
seen() {
	run job "$@" host sh -c 'hostname; cut -d" " -f3- /proc/self/mountinfo | sed "s/[0-9]*:[0-9]* //; s/jobs.[0-9a-f]*//g"; ls -l /dev | sed "s/[A-Z][a-z][a-z] .*:[0-9][0-9]//; s/, *[0-9]*:.*//"; id; cat /proc/1/comm; ls -l /proc/self/fd | wc -l; ip addr 2>/dev/null | grep -c UP; cat /proc/self/status | grep -E "^(Cap|Seccomp|NoNew|Umask|NSpid)"'
	sed 's/^[0-9a-f]\{12\}$/id/; s/[0-9]* root/root/' <<<"$rc:$out" | sort
}
ok "one is ready" wait_for 10 ready
with=$(seen -h same)
like "$with" 'same' "with a spare: it runs"
kill -KILL "$(spare)"
ok "a spare can be killed" wait_for 10 no_spare
without=$(seen -h same)
is "$without" "$with" "without one a job sees the same"

# Whatever happens to it, a job is served.
ended() {
	! grep -q 'State:.[^Z]' "/proc/$1/status"
}
for signal in KILL TERM SEGV; do
	ok "one is ready" wait_for 10 ready
	pid=$(spare)
	kill -$signal "$pid"
	[ $signal != KILL ] || wait_for 5 ended "$pid"
	run job host echo served
	is "$rc:$out" 0:served "it is ended by SIG$signal the moment before: a job is served"
done
ok "one is ready" wait_for 10 ready
before=$(spare)
run job --network host host readlink /proc/self/ns/net
is "$rc:$out" "0:$(readlink /proc/self/ns/net)" "a job with the host's network has no use for it"
is "$(spare)" "$before" "and leaves it"

# Something is there that jobs must not see, and was not when it was made.
ok "one is ready" wait_for 10 ready
mkdir -p /run/user/1000/berth && chown -R alice /run/user/1000 && chmod 0700 /run/user/1000
older=$(spare)
begin_job
isnt "$supervisor" "" "after something more had to be hidden a job runs"
isnt "$supervisor" "$older" "and not in namespaces that are older"
end_job

begin_job
ok "one is ready" wait_for 10 ready
as alice berth daemon stop --force >/dev/null
wait_job
ok "it goes with its engine" wait_for 5 no_spare
job host true
ok "one is ready" wait_for 10 ready
kill -KILL "$(engine_pid alice)"
ok "also when that is killed" wait_for 5 no_spare
job host true
ok "one is ready" wait_for 10 ready
kill -STOP "$(spare)"
as alice berth daemon stop
ok "also when it is stopped itself" wait_for 5 no_spare
grant alice security.confined --engine=any >/dev/null
begin_job --once
isnt "$supervisor" "" "an engine for one call has a job"
is "$(spare)" "" "and no spare"
end_job
done_testing
