#!/usr/bin/env bash
# berth exec: one more command in a job that runs. It has what the job's first command has and a
# configuration of its own; its status, its streams, its signals and its terminal are as with run.
# Terminals are in exec_cli.py.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq python3 pgrep
jobs_world security.confined
install -d -o alice -g alice /home/alice/h
H=(-v /home/alice/h:/h)

# x WORDS...: berth exec as alice
x() {
	run as alice timeout -k 5 "$JOB_SECONDS" berth exec -q "$@"
}
gives() {
	local want=$1 name=$2
	shift 2
	x "$@"
	is "$rc:$out$err" "0:$want" "$name"
}
fails() {
	local regex=$1 name=$2
	shift 2
	x "$@"
	complained 125 "$regex" "$name"
}
host_pid() {
	pgrep -u alice -f -x "$1"
}

# Its supervisor and its first command tell what a later one is compared with.
# shellcheck disable=SC2016
tells='sed -n "/^\(Cap\|Groups\|NoNewPrivs\|Seccomp\|Uid\|Gid\)/p" /proc/self/status; ulimit -a; readlink /proc/self/ns/*; cat /proc/self/cgroup; hostname; ls /sys/class/net; umask; grep -c . /proc/self/mountinfo; cat /proc/self/oom_score_adj; ls /proc/self/fd | wc -l'
id=$(as alice berth run -d "${H[@]}" --name web -e A=job -e B=b -w /tmp --hostname box --ulimit nofile=100 --cap-drop CHOWN host \
    sh -c "{ $tells; } >/h/first </dev/null; touch /h/up; exec sleep 1001")
wait_for 20 test -e /home/alice/h/up
x web sh -c "{ $tells; } </dev/null"
is "$rc:$out" "0:$(cat /home/alice/h/first)" "rights, groups, limits, namespaces, filter: all as of the first command"
like "$out" 'box' "control: they were looked at"
gives sleep "it is in the job's processes" web sh -c 'cat /proc/[0-9]*/comm | grep -x sleep'
x web sh -c 'echo made >/mark'
gives made "and in its files" web cat /mark

# --- which job, which command
gives ok "by id" "$id" echo ok
gives ok "by the beginning of the id" "${id:0:6}" echo ok
gives ok "-- before the command" web -- echo ok
gives "-i -- x" "flags end at the job" web echo -i -- x
gives 'a\n b' "words are not read again" web printf '%s' 'a\n b'
x web printf '%s' $'\xff\x01 \xc3'
is "$(od -An -tx1 <<<"$out" | tr -d ' \n')" ff0120c30a "arguments are bytes"
fails 'no such job: nosuch' "no such job" nosuch true
like "$err" 'berth ps -a  shows them$' "and what to do"
fails 'there is no JOB' "no job"
fails 'there is no COMMAND' "no command" web
fails 'there is no COMMAND' "none behind --" web --
fails 'there is no command' "an empty command" web ''
fails 'no job can be called that' "a name that can be none" ../web true
fails 'no job can be called that' "an empty name" '' true
fails '--privileged is not available' "--privileged: refused by name" --privileged web true
fails 'unknown flag: --frobnicate' "an unknown flag" --frobnicate web true

# --- how it ends
for status in 0 1 7 125 255; do
	x web sh -c "exit $status"
	is "$rc:$out$err" "$status:" "status $status"
done
for name in TERM:143 KILL:137 ABRT:134; do
	x web sh -c "kill -${name%:*} \$\$"
	is "$rc" "${name#*:}" "ended by SIG${name%:*}"
done
x web nosuch
like "$rc:$out:$err" '^127::berth: cannot run nosuch in the job' "127: not found"
x web /etc/passwd
like "$rc:$out:$err" '^126::berth: cannot run /etc/passwd in the job' "126: not executable"
x web sh -c 'sleep 1002 & echo left'
is "$rc:$out" "0:left" "what it leaves running does not hold it up"
ok "and stays in the job" wait_for 20 host_pid 'sleep 1002'

# --- -e, --env-file, -w, -u
gives "job b" "the job's variables" web sh -c 'echo $A $B'
gives "mine b" "-e counts more than the job's" -e A=mine web sh -c 'echo $A $B'
run as_env alice MINE=yes OTHER=no -- berth exec -q -e MINE -e ABSENT web sh -c 'echo $MINE:$OTHER:$ABSENT'
is "$rc:$out" "0:yes::" "-e NAME passes the caller's, nothing else is passed"
printf 'A=file\nB=file\n' >/home/alice/vars
gives "flag file" "--env-file; -e counts more" --env-file vars -e A=flag web sh -c 'echo $A $B'
fails 'has no name' "-e without a name" -e =x web true
fails 'cannot open nosuch' "--env-file that is not there" --env-file nosuch web true
gives /tmp "without -w it is the job's" web pwd
gives /usr/bin "-w" -w /usr/bin web pwd
fails 'cannot be the working directory' "-w that is not there" -w /nosuch web true
fails 'absolute' "-w that is relative" -w tmp web true
gives "0 0" "without -u it is the job's" web sh -c 'echo $(id -u) $(id -g)'
gives "65534 65534" "-u NAME" -u nobody web sh -c 'echo $(id -u) $(id -g)'
gives "7 8" "-u UID:GID" -u 7:8 web sh -c 'echo $(id -u) $(id -g)'
fails 'has no user bob' "-u NAME that is not there" -u bob web true
run job -d --rm "${H[@]}" --name other -u 33:44 -w /usr host sh -c 'exec sleep 1003'
gives "33 44 /usr" "of a job with another user and directory" other sh -c 'echo $(id -u) $(id -g) $(pwd)'
gives "0 0" "-u 0 in it" -u 0:0 other sh -c 'echo $(id -u) $(id -g)'
as alice berth rm -f other >/dev/null

# --- streams
gives "" "without -i its input is empty" web cat
run as alice berth exec -q -i web cat <<<'typed'
is "$rc:$out" "0:typed" "-i passes it, to its end"
x web sh -c 'echo out; echo err >&2'
is "$rc:$out:$err" "0:out:err" "output and errors are two streams"
head -c 3000000 /dev/urandom >/run/arena/random
is "$(as alice berth exec -q -i web cat </run/arena/random | sha256sum)" "$(sha256sum </run/arena/random)" "3 MB of bytes through it and back"
is "$(as alice berth exec -q web yes | head -n1)" y "into head ends"
for n in 1 2 3 4 5; do
	as alice berth exec -q web sh -c "sleep 0.$n; echo $n" >"/run/arena/n$n" &
done
wait
is "$(cat /run/arena/n?)" $'1\n2\n3\n4\n5' "five at once"

# --- -d
x -d web sh -c 'readlink /proc/self/fd/1 >/h/fd; echo lost; until [ -e /h/go ]; do sleep 0.05; done; echo done >/h/left'
is "$rc:$out$err" "0:" "-d: it returns, and says nothing"
ok "-d: the command runs" wait_for 20 grep -q . /home/alice/h/fd
touch /home/alice/h/go
ok "-d: to its end" wait_for 20 grep -qx "done" /home/alice/h/left
run as alice berth logs web
is "$rc:$(grep -c lost <<<"$out$err")" 0:0 "-d: what it writes is in no log"
x -d web nosuch
like "$rc:$out:$err" '^127::berth: cannot run nosuch in the job' "-d of what is not there"
x -d -t web sh -c 'tty >/h/tty'
ok "-d -t: it has a terminal" wait_for 20 grep -q '^/dev/pts/' /home/alice/h/tty

# --- signals
# start_exec CMD...: in the background; $client
start_exec() {
	start_berth /run/arena/exec exec -q "$@"
}
for name in INT TERM HUP USR1; do
	rm -f /home/alice/h/ready
	start_exec web sh -c "trap 'echo got; exit 9' $name; touch /h/ready; while :; do sleep 0.05; done"
	wait_for 20 test -e /home/alice/h/ready
	kill "-$name" "$client"
	wait_job
	is "$rc:$(cat /run/arena/exec)" "9:got" "SIG$name goes to the command"
done
# With a group of its own, as a shell with job control gives it: an orphaned one ignores SIGTSTP.
set -m
start_exec web sleep 1004
set +m
wait_for 20 host_pid 'sleep 1004'
kill -TSTP "$client"
is_stopped() {
	[ "$(ps -o state= -p "$(host_pid "$1")" | tr -d ' ')" = T ]
}
ok "SIGTSTP stops it" wait_for 20 is_stopped 'sleep 1004'
is "$(ps -o state= -p "$(host_pid 'sleep 1001')" | tr -d ' ')" S "and not the job"
kill -CONT "$client"
not_stopped() {
	! is_stopped "$1"
}
ok "SIGCONT continues it" wait_for 20 not_stopped 'sleep 1004'
kill -KILL "$client"
wait_job
no_process() {
	! host_pid "$1"
}
ok "a client that is killed takes its command along" wait_for 20 no_process 'sleep 1004'
gives ok "and the job goes on" web echo ok

# --- terminals
run as alice /usr/bin/python3 "$TOP/tests/e2e/exec_cli.py"
is "$rc:$err" "0:" "terminals: ran to their end"
looked_at terminal

# --- a job in the foreground, an engine that is gone, a job that is
start_job /run/arena/fore --name fore host sh -c 'echo up; exec sleep 1005'
wait_for 20 grep -q up /run/arena/fore
gives ok "in a job in the foreground" fore echo ok
kill -KILL "$client"
wait_job
start_exec web sh -c 'echo up; sleep 1006'
wait_for 20 grep -q up /run/arena/exec
pkill -KILL -x berth-engine
wait_for 20 sh -c '! pgrep -x berth-engine'
gives ok "its engine was killed: the next one reaches it" web echo ok
ok "what was there goes on" wait_for 20 host_pid 'sleep 1006'
as alice berth kill web >/dev/null
wait_job
is "$rc" 137 "the job ends: so does the command"
none_runs() {
	[ -z "$(as alice berth ps -q)" ]
}
ok "none runs" wait_for 20 none_runs
fails 'not running: web' "in a job that has ended" web true
like "$err" 'exited' "its state is said"
as alice berth rm web >/dev/null
fails 'no such job: web' "in one that was removed" web true
ok "nothing is left" jobs_are_gone
done_testing
