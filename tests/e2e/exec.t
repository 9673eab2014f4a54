#!/usr/bin/env bash
# Later processes in a job that runs: io.berth.Engine.Exec, as the job's supervisor serves it. They have
# exactly what the first one has, and of their own what they were given: user, variables, directory,
# streams or a terminal.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
install -d -o alice -g alice -m 777 /home/alice/h
share=(-v /home/alice/h:/h)

# A job that runs until /h/end is there; its socket in $ctl.
begin() {
	rm -f /home/alice/h/*
	start_job /run/arena/first "$@"
	wait_for 10 grep -q up /run/arena/first
	ctl=$(echo "$STATE"/jobs/*/ctl)
}
end() {
	touch /home/alice/h/end
	wait_job
	ok "$1: nothing is left" jobs_are_gone
}
ctl() {
	as alice timeout 200 python3 "$TOP/tests/e2e/ctl.py" "$ctl" "$@"
}
ex() {
	ctl exec "$@"
}
until_end='until [ -e /h/end ]; do sleep 0.05; done'
# What a process is, by which two can be compared: all but what differs by nature.
cat >/home/alice/about <<'END'
sed -E '/^(Pid|PPid|Tgid|Ngid|NS[a-z]*|Name|State|Vm[A-Za-z]*|Rss[A-Za-z]*|voluntary.*|nonvoluntary.*|Cpus.*|Mems.*|Hugetlb.*|SigQ|Threads|FDSize):/d' /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj /proc/self/personality /proc/self/loginuid /proc/self/uid_map
for ns in /proc/self/ns/*; do readlink $ns; done
ls /proc/self/fd | tr "\n" " "
cat /proc/self/cgroup /proc/self/coredump_filter /proc/self/timerslack_ns 2>/dev/null
stat -c "%d:%i" /proc/self/root/. /proc/self/cwd/.
ulimit -a; umask; pwd
awk '{ print "tty", $7, "leader", $6 == $1 || $6 == $4, "nice", $19 }' /proc/self/stat
tr "\0" "\n" </proc/$$/environ | sort
END
chmod 644 /home/alice/about

compare() {
	local name=$1
	shift
	begin "${share[@]}" -v /home/alice/about:/about:ro "$@" sh -c "sh /about >/h/first 2>&1; echo up; $until_end"
	ex '{}' sh -c 'sh /about >/h/later 2>&1'
	ok "$name: control: it says something" test -s /home/alice/h/first
	is "$(diff /home/alice/h/first /home/alice/h/later)" "" "$name: a later process is as the first one"
	end "$name"
}
compare "as it is" host
compare "another user" -u 1000:1000 -w /tmp -e A=1 host
compare "few rights" --cap-drop ALL --ulimit nofile=99:100 --ulimit core=0 host
compare "some rights" --cap-drop ALL --cap-add CHOWN --cap-add NET_RAW host
compare "no new privileges" --security-opt no-new-privileges host
compare "the user's groups" --keep-groups host

begin "${share[@]}" -u 1000:1000 -w /tmp -e A=1 -e B=1 host sh -c "echo up; $until_end"
run ex '{"user": "0"}' sh -c 'id -u; id -G; grep -E "^Cap(Prm|Bnd)" /proc/self/status | tr "\t\n" "  "'
is "$out" $'0\n0\nCapPrm: 00000000a80425fb CapBnd: 00000000a80425fb ' "a user of its own: root of the job"
run ex '{"user": "7:8", "env": ["B=2", "C=3"], "workdir": "/usr"}' sh -c 'id -u; id -g; echo $A$B$C; pwd'
is "$rc:$out" $'0:7\n8\n123\n/usr' "a user, variables and a directory of its own"
run ex '{}' sh -c 'echo $A$B; pwd; echo err >&2; exit 3'
is "$rc:$out:$err" $'3:11\n/tmp:err' "those of the job; its streams and its status"
run ex '{}' cat <<<"input"
is "$out" input "its input"
run ex '{"user": "nobody-such"}' true
is "$rc" 125 "a user that the image does not have: refused"
like "$err" 'Failed.*has no user nobody-such' "and it is said"
run ex '{"workdir": "/nowhere"}' true
is "$rc" 125 "a directory that is not there: refused"
like "$err" 'Failed.*/nowhere cannot be the working directory' "and it is said"
run ex '{}' no-such-program
is "$rc:$err" "127:not_found No such file or directory" "a program that is not there: 127"
run ex '{}' /etc/passwd
is "$rc" 126 "what is no program: 126"
run ex '{}' sh -c 'kill -9 $$'
is "$rc:$err" "137:signaled " "ended by a signal"
run ex '{"signal": 10}' sh -c 'trap "echo got; exit 5" USR1; while :; do sleep 0.02; done'
like "$rc" '^(5|138)$' "a signal reaches it"

# Descriptors: not one of the supervisor's, nor of other clients'.
ex '{}' sh -c 'echo in >/h/other; exec sleep 300' &
other=$!
wait_for 10 test -e /home/alice/h/other
run ex '{}' ls /proc/self/fd
is "$out" $'0\n1\n2\n3' "no descriptor but the three (and that of ls)"
run ex '{}' ls /proc/1/fd
like "$rc:$err" '^2:.*Permission denied' "those of the supervisor cannot be seen"
supervisor=$(pgrep -u alice -x berth-job)
count() {
	find "/proc/$supervisor/fd" -mindepth 1 | wc -l
}
# With nothing to do it has what it needs, and no more: then it sleeps, and nobody wakes it.
at_rest() {
	before=$(count)
	switches=$(grep ctxt "/proc/$supervisor/status")
	sleep 0.3
	grep -q '^State:.S' "/proc/$supervisor/status" && [ "$switches" = "$(grep ctxt "/proc/$supervisor/status")" ] &&
		[ "$before" -eq "$(count)" ]
}
ok "the supervisor is at rest" wait_for 10 at_rest
for _ in 1 2 3 4 5; do ex '{}' true; done
ex '{"tty": true}' true </dev/null
ex '{"tty": true, "detach": true}' true
same() {
	[ "$(count)" -eq "$before" ] && [ "$(find "/proc/$supervisor/task/$supervisor/children" -exec cat {} + | wc -w)" -eq 2 ]
}
ok "nothing of processes that have ended is left in the supervisor" wait_for 10 same
end "several"
wait "$other"
is $? 137 "the end of the job is the end of a later process"

# Not in the job's root: the directory that the supervisor was started in, through whatever leads there.
begin "${share[@]}" host sh -c "mkdir /tmp/d; echo up; $until_end"
ln -s /proc/self/fd/7 /home/alice/h/link
for fd in 3 4 5 6 7 8 9 10 11 12; do
	run ex "{\"workdir\": \"/proc/self/fd/$fd\"}" pwd
	is "$rc:$out" "125:" "workdir /proc/self/fd/$fd: not outside of the job"
done
run ex '{"workdir": "/h/link"}' pwd
is "$rc:$out" "125:" "nor over a link"

# A terminal of its own.
run ex '{"tty": true, "rows": 33, "columns": 77}' sh -c 'tty; stty size; stat -c %u $(tty); cat; exit 4' < <(printf 'typed\n\004')
is "$rc" 4 "with a terminal: its status"
# What is typed is echoed when it comes, wherever the command is by then.
is "$(tr -d '\r' <<<"$out" | LC_ALL=C sort | tr '\n' ' ')" "/dev/pts/0 0 33 77 typed typed " "the terminal is of the job's devpts, has its size, and is typed at"
run ex '{"tty": true, "user": "7"}' sh -c 'stat -c %u $(tty); ps -o tty= -p $$; echo x >/dev/tty' </dev/null
like "$out" $'^7\r\npts/0\r\nx' "it is the user's, and the controlling one"
# Names in /dev are the job's to change.
ex '{}' sh -c 'mv /dev/pts /dev/old 2>/dev/null; rm -f /dev/ptmx; ln -s /etc/passwd /dev/ptmx'
run ex '{"tty": true}' sh -c 'test -t 0 && echo tty' </dev/null
like "$out" '^tty' "it comes whatever stands in /dev"
run ex '{"tty": true, "detach_after": true}' sh -c 'echo there; until [ -e /h/never ]; do sleep 0.05; done; echo gone >/h/gone' </dev/null
like "$rc:$err" '^0:.*"detached"' "one that lets go of a terminal is told"
# Behind a client that hangs up: a terminal hangs up, a command without one ends with its group.
ex '{"hold": "/home/alice/h/go"}' sh -c 'sleep 1000 & sleep 1000' >/run/arena/hold &
ex '{"tty": true, "hold": "/home/alice/h/go"}' sh -c 'trap "echo hup >/h/hup; exit" HUP; : >/h/trapped; while :; do sleep 0.05; done' >/run/arena/hold2 </dev/null &
wait_for 10 grep -q started /run/arena/hold
wait_for 10 grep -q started /run/arena/hold2
two_sleep() {
	[ "$(pgrep -fc '^sleep 1000$')" -eq 2 ]
}
ok "control: they run" wait_for 10 two_sleep
wait_for 10 test -e /home/alice/h/trapped
touch /home/alice/h/go
ok "a client that hangs up: the terminal does" wait_for 10 test -e /home/alice/h/hup
none() {
	! pgrep -fc '^sleep 1000$'
}
ok "a client that hangs up: its command is ended, with its group" wait_for 10 none
run ex '{"detach": true}' sh -c 'echo lost; echo lost >&2; cat; echo done >/h/done'
is "$rc:$out" 0: "without a client: told of the start alone"
ok "without a client: it runs" wait_for 10 test -e /home/alice/h/done
run ex '{"detach": true, "tty": true}' sh -c 'head -c 100000 /dev/zero; echo done >/h/done2'
ok "without a client, at a terminal: nobody has to read" wait_for 10 test -e /home/alice/h/done2
not_running_on() {
	! pgrep -f '/h/[n]ever' >/dev/null
}
not_ok "control: what let go of its terminal runs on" not_running_on
end "the rest"
ok "what let go of its terminal has ended with the job" wait_for 10 not_running_on

# A set-id program of the image acts in the job as in the first process.
make_image /home/alice/image
install -m 4755 -o alice -g alice "$TESTBIN/whoami" /home/alice/image/root-of-it
begin "${share[@]}" "${USR[@]}" -u 7:7 /home/alice/image sh -c "/root-of-it; echo up; $until_end"
run ex '{}' /root-of-it
is "$out" "$(head -n1 /run/arena/first)" "a set-id program does what it does in the first process"
like "$out" '^7:0 ' "it does something"
end "set-id"

# Many at once, and one more than there can be.
begin "${share[@]}" host sh -c "echo up; $until_end"
n=40
[ -z "${BERTH_LONG-}" ] || n=200
clients=()
for ((i = 0; i < n; i++)); do
	ex '{}' sh -c "echo $i" >"/run/arena/many.$i" &
	clients+=($!)
done
wait "${clients[@]}"
is "$(cat /run/arena/many.* | sort -n | tr '\n' ' ')" "$(seq -s ' ' 0 $((n - 1))) " "$n at once: each has its output"
end "many"
done_testing
