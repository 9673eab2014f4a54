#!/usr/bin/env bash
# Who calls, and from where: without a home, a terminal, an environment or a directory; twenty at
# once; two users side by side; an engine at another address; root.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

# --- twenty clients and no engine
grant alice security.confined >/dev/null
grant bob security.confined >/dev/null
grant dave security.confined >/dev/null
pids=()
for n in {1..20}; do
	start_job "/run/arena/out.$n" host sh -c "echo job $n; exit $n"
	pids+=("$client")
done
failed=
for n in {1..20}; do
	wait "${pids[n - 1]}"
	status=$?
	[ "$status:$(cat "/run/arena/out.$n")" = "$n:job $n" ] || failed="$failed $n($status)"
done
is "$failed" "" "twenty clients at once before there is an engine: each has its job"
# What an engine has just forked is called as it is for a moment.
one_engine() {
	[ "$(pgrep -xc berth-engine)" = 1 ]
}
ok "and there is one engine" wait_for 5 one_engine
is "$(grep -c 'engine started' "$STATE/engine.log")" 1 "no other one was started"
ok "nothing is left of the twenty jobs" jobs_are_gone
for round in 1 2 3; do
	kill -KILL "$(engine_pid alice)"
	pids=()
	for n in {1..10}; do
		start_job "/run/arena/out.$n" host true
		pids+=("$client")
	done
	failed=
	for n in {1..10}; do
		wait "${pids[n - 1]}" || failed="$failed $n: $(cat "/run/arena/out.$n")"
	done
	is "$failed" "" "ten more while an engine is being killed, round $round"
	ok "and there is one engine, round $round" wait_for 5 one_engine
done

# --- an environment with nothing in it, and other oddities
bare() {
	setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth "$@"
}
run bare run host sh -c 'echo $HOME $USER $XDG_RUNTIME_DIR'
is "$rc:$out" "0:/root" "env -i"
mv /home/alice /home/was
run bare run host echo ok
is "$rc:$out" "0:ok" "no home directory, with an engine that runs"
mv /home/was /home/alice
run sh -c 'mkdir /tmp/gone && cd /tmp/gone && rmdir /tmp/gone && exec setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth run host pwd'
is "$rc:$out" "0:/" "a current directory that was removed"
run sh -c 'mkdir -p -m 700 /root/x && cd /root/x && exec setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth run host pwd'
is "$rc:$out" "0:/" "a current directory that cannot be read"
run setsid -w setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth run host tty
is "$rc:$out" "1:not a tty" "no terminal at all"
run su -s /bin/sh alice -c 'berth run host id -u'
is "$rc:$out" "0:0" "su"
run su - alice -s /bin/sh -c 'berth run host id -u'
is "$rc:$out" "0:0" "su -"
printf 'root ALL=(ALL) NOPASSWD: ALL\nalice ALL=(bob) NOPASSWD: ALL\n' >/etc/sudoers.d/berth-test 2>/dev/null && {
	run sudo -n -u alice berth run host id -u
	is "$rc:$out" "0:0" "sudo -u alice"
	run as alice sudo -n -u bob berth run --dry-run host id
	like "$rc:$out" 'uid-1001.conf' "sudo -u bob by alice: it is bob who asks"
}
run nohup setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth run host echo ok
is "$rc:$out" "0:ok" "nohup"
few_descriptors() {
	run as alice sh -c 'ulimit -n 20; ulimit -c 0; berth run host echo ok'
	[[ $err != *'Too many references'* ]]
}
# No more than that may be on their way between a user's processes, all of the host's together: unix(7).
wait_for 10 few_descriptors
is "$rc:$out" "0:ok" "with 20 descriptors"
run as alice sh -c 'umask 777; berth run host sh -c umask'
is "$rc:$out" "0:0022" "with umask 777"
run as alice nice -n 19 berth run host echo ok
is "$rc:$out" "0:ok" "nice"
run as alice bash -c 'trap "" CHLD TERM INT HUP PIPE ALRM USR1; exec berth run host sh -c "kill -TERM \$\$; echo not ended"'
is "$rc:$out" "143:" "with every signal ignored: a job has them as usual"
run as alice env --block-signal berth run host sh -c 'kill -TERM $$; echo not ended'
is "$rc:$out" "143:" "with every signal blocked"
run as_env alice BERTH_HOST= -- berth run host echo ok
is "$rc:$out" "0:ok" "an empty BERTH_HOST is none"

# --- an address of the caller's own: nothing is started there
as alice berth daemon stop
run as_env alice BERTH_HOST=unix:///run/berth/1000/engine.sock -- berth run host true
is "$rc:$(engine_pid alice)" "125:" "BERTH_HOST: the plain error, and no engine"
like "$err" 'cannot connect to the engine at /run/berth/1000/engine.sock' "it says where"
run as alice berth --host unix:/run/berth/1000/engine.sock run host true
is "$rc:$(engine_pid alice)" "125:" "--host: likewise"
for address in tcp://localhost ssh://x unix: unix:relative "unix:/$(printf '%0200d' 0)" /run/x; do
	run as alice berth --host "$address" run host true
	is "$rc:$(engine_pid alice)" "125:" "--host ${address:0:20}: refused"
done
run as alice berth run host echo ok
is "$rc:$out" "0:ok" "without it an engine is started"
like "$err" '^(berth: starting the engine)?$' "and at most that is said"
as alice berth daemon stop
run as alice berth run -q host echo ok
is "$rc:$err" "0:" "with -q not even that"
run as_env alice BERTH_HOST=unix:/run/berth/1000/engine.sock -- berth run host echo ok
is "$rc:$out" "0:ok" "the default address by name, with an engine there"

# --- two users at once
start_job /run/arena/alice --name same host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/alice
run as bob berth run --name same host sh -c 'set -- /proc/[0-9]*; echo $#; hostname; cat /proc/1/uid_map | tr -s " "'
is "$rc" 0 "bob has a job of the same name at the same time"
is "${out%%$'\n'*}" 2 "and sees his own processes alone"
like "$out" ' 0 1001 1' "with his own ids"
like "$(as bob berth daemon state)" 'jobs +0' "his engine counts his own jobs"
run as bob sh -c 'cat /home/alice/state/jobs/*; ls /home/alice/state /proc/'"$(engine_pid alice)"'/fd /proc/'"$(engine_pid alice)"'/root'
is "$out" "" "bob sees nothing of alice's state or engine"
is "$(grep -c 'Permission denied' <<<"$err")" 4 "for he may not"
run as bob kill "$(engine_pid alice)"
like "$rc:$err" '^1:.*not permitted' "nor can he end it"
run as bob berth run -v /home/bob:/h host sh -c 'for p in $(seq 1 400); do kill -0 $p 2>/dev/null && echo $p; done | wc -l'
like "$out" '^[0-9]$' "nor does a job of his see other pids"
as alice ipcmk -Q -p 0666 >/dev/null
is "$(as bob ipcs -q | grep -c 0x)" 1 "control: outside he sees a message queue of hers"
run as bob berth run host sh -c 'ls -A /dev/mqueue /dev/shm; ipcs -q | grep -c 0x'
is "$(tail -n1 <<<"$out")" 0 "in a job of his he does not"
as alice ipcrm -a
kill -KILL "$client"
wait_job
is "$(find /run/berth -maxdepth 1 -mindepth 1 | sort | tr '\n' ' ')" "/run/berth/1000 /run/berth/1001 " "each has a directory of their own"
is "$(stat -c %U:%a /home/alice/state /home/alice/state/jobs /home/bob/state | tr '\n' ' ')" "alice:700 alice:700 bob:700 " "closed to others"

# --- root, and a user without anything
run berth run host true
is "$rc" 125 "root runs no jobs"
like "$err" 'refused: root does not run jobs' "and is told why"
is "$(wc -l <<<"$err")" 3 "in three lines"
run as dave berth run host sh -c 'whoami; id -un 1003'
is "$rc:$out" $'0:root\ndave' "a user's own account is in the image host"
ok "nothing is left of all these jobs" jobs_are_gone
done_testing
