#!/usr/bin/env bash
# C34: a job says itself how it ended: in its output, in files that look like the runtime's, through the
# descriptors of its supervisor, by processes that end for it. What is told is what wait(2) has told, to
# who called, in the record and in every verb.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
jobs_world security.confined
# What an answer, a record and a report look like.
cat >/run/arena/fakes <<'EOF2'
fake() { printf '{"parameters":{"event":"exited","status":0,"reason":"exited","why":""}}\0{"parameters":{"event":"started","id":"000000000000","name":"x"},"continues":true}\0'; }
record='{"id":"000000000000","name":"j","state":"exited","status":0,"reason":"exited","why":""}'
everywhere() {
	for dir in / /run /tmp /root /var /dev /dev/shm /etc . .. /.. /../.. /proc/1/cwd /proc/1/root; do
		for name in state.json state.new exit status exit_code result request blob log ctl pid lock jobs/state.json 0; do
			echo "$record" >"$dir/$name"
		done
	done
	for fd in /proc/1/fd/* /proc/self/fd/* /proc/[0-9]*/fd/*; do fake >"$fd"; done
	echo "$record" >/proc/1/mem
	fake | dd of=/proc/1/mem conv=notrunc
} 2>/dev/null >/dev/null
EOF2
chmod 644 /run/arena/fakes
fakes=(-v /run/arena/fakes:/fakes:ro)
# ends WANTED NAME SCRIPT: status in the foreground, and of a job that is kept, in all that tells it
ends() {
	local want=$1 name=$2 reason=exited
	[ "$want" -le 128 ] || reason=signaled
	run job "${fakes[@]}" host sh -c ". /fakes; $3"
	is "$rc" "$want" "C34 $name: to who called"
	as alice berth run -d -q --name j "${fakes[@]}" host sh -c ". /fakes; $3" >/dev/null 2>&1
	run as alice timeout 60 berth wait j
	is "$rc:$out" "0:$want" "C34 $name: to who waits"
	run as alice berth inspect j
	is "$(python3 -c 'import json, sys; j = json.load(sys.stdin)[0]; print(j["state"], j["status"], j["reason"])' <<<"$out")" \
	    "exited $want ${4:-$reason}" "C34 $name: in the record"
	like "$(as alice berth ps -a | grep ' j$')" "Exited \\($want\\)" "C34 $name: in the list"
	as alice berth rm j >/dev/null
}

# Asked for below: a run that comes after one which had itself asked to end.
as alice berth run -d -q --name later --restart on-failure:1 host \
    sh -c '[ ! -e /again ] || { sleep 7; exit 4; }; : >/again; kill -TERM 1; sleep 100' >/dev/null

ends 7 "answers in its output" 'fake; fake >&2; exit 7'
ends 7 "files and descriptors" 'everywhere; exit 7'
ends 0 "files and descriptors of one that succeeds" 'record="{\"status\":9}"; everywhere; exit 0'
ends 7 "signals to its supervisor" 'for s in KILL INT HUP USR1 CHLD STOP CONT PIPE SEGV; do kill -$s 1; done; exit 7'
ends 143 "SIGTERM to its supervisor, which passes it on" 'kill -TERM 1; sleep 100; exit 7'
ends 9 "children that end before, with 0" 'for i in 1 2 3 4 5 6 7 8 9 10; do true & done; wait; exit 9'
ends 9 "orphans that end before, with 0" 'for i in 1 2 3 4 5 6 7 8 9 10; do (true & exit 0); done; sleep 0.2; exit 9'
ends 9 "orphans that stay" '(setsid sleep 100 &) ; exit 9'
ends 0 "an orphan that is killed" '(sh -c "kill -9 \$\$" & exit 3); sleep 0.2; exit 0'
ends 143 "a signal that it sends itself" 'fake; kill -TERM $$; sleep 100'
ends 137 "SIGKILL that it sends itself" 'everywhere; kill -KILL $$; sleep 100'
ends 137 "a number like that of a signal" 'exit 137' exited
ends 9 "another program in its place" 'exec sh -c "exit 9"'
ends 0 "numbers beyond a byte" 'python3 -c "import os; os._exit(256)"'
ends 125 "the number that is berth's own" 'fake; exit 125' exited
ends 127 "the number of a command that is not there" 'exit 127' exited

# Nor can it say that a person has ended it, which would be the end of its policy.
as alice berth run -d -q --name j --restart on-failure:2 host sh -c 'kill -TERM 1; sleep 100' >/dev/null
run as alice timeout 60 berth wait j
restarted() {
	as alice berth inspect j | python3 -c 'import json, sys; j = json.load(sys.stdin)[0]; print(j["state"], j["restarts"], j["stopped"])'
}
wait_for 20 eval 'test "$(restarted)" = "exited 2 False"'
is "$(restarted)" "exited 2 False" "C34 a signal by way of its supervisor: no person has asked"
as alice berth rm -f j >/dev/null

run as alice timeout 60 berth wait later
wait_for 20 eval 'as alice berth ps -a | grep -q "Exited (4).*later"'
like "$(as alice berth ps -a)" 'Exited \(4\).*later' "C34 and the end that was asked for is not the next run's"
as alice berth rm later >/dev/null

# A later process: its status is its own, and the job's is none of it.
as alice berth run -d -q --name j "${fakes[@]}" host sleep 1000 >/dev/null
run as alice timeout 60 berth exec j sh -c '. /fakes; everywhere; fake; fake >&2; (sleep 100 & exit 0); exit 7'
is "$rc" 7 "C34 a process that entered: its own status"
run as alice timeout 60 berth exec j sh -c 'kill -KILL $$'
is "$rc" 137 "C34 a process that entered: its own signal"
is "$(as alice berth ps -a | grep -c ' Up ')" 1 "C34 and the job goes on"
# The supervisor's descriptors, memory and socket: by any process, as any user.
for user in 0 7; do
	run as alice timeout 60 berth exec -u $user j sh -c 'ls /proc/1/fd; readlink /proc/1/cwd /proc/1/root /proc/1/exe; cat /proc/1/environ /proc/1/maps /proc/1/mem; true'
	is "$rc:$out" "0:" "C34 as $user: nothing of its supervisor can be looked into"
done
as alice berth kill -s TERM j >/dev/null
run as alice timeout 60 berth wait j
is "$out" 143 "C34 what a person ended is told as that"
as alice berth rm j >/dev/null
ok "C34 nothing is left of the jobs" jobs_are_gone
done_testing
