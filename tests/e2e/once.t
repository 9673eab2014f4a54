#!/usr/bin/env bash
# berth run --once: an engine for one call, a child of the caller, in the caller's cgroup and limits,
# that ends with it; when it is chosen; that many of them and a shared engine can work side by side on
# one state directory; and what holds when the launcher is stopped on its way.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
needs strace
run grant alice security.confined 'mount=*' --engine=any
is "$rc" 0 "a grant with both kinds of engine"
once=(timeout -k 5 200 berth run -q --once)
jobs=/home/alice/state/jobs

# refuses CODE REGEX NAME CMD...: three or fewer lines, and nothing has started
refuses() {
	local code=$1 regex=$2 name=$3
	shift 3
	run "$@"
	complained "$code" "$regex" "$name" nothing_is_left || diag "left: $(ours)"
}
ours() {
	pgrep '^berth(-|$)'
}
nothing_is_left() {
	[ -z "$(ours)" ]
}

# --- a job is a job ------------------------------------------------------------------------------
run as alice "${once[@]}" host -- sh -c 'echo out; echo err >&2; exit 3'
is "$rc:$out:$err" 3:out:err "status, output and errors"
ok "nothing is left when it has ended" nothing_is_left
is "$(ls -A "$jobs")" "" "in its state directory neither"
is "$(ls -d /run/berth /sys/fs/cgroup/berth 2>/dev/null)" "" "no runtime directory, no cgroup of berth's"
run as alice bash -c 'echo in | "$@" -i host -- cat' - "${once[@]}"
is "$rc:$out" 0:in "standard input"
run as alice "${once[@]}" host -- sh -c 'kill -USR1 $$'
is "$rc" 138 "a job that a signal ends"
run as alice "${once[@]}" host -- /nonexistent
is "$rc" 127 "a command that is not there"
run as alice "${once[@]}" --timeout=1 host -- sleep 60
is "$rc" 124 "--timeout"
run as alice "${once[@]}" -v /home/alice:/h host -- sh -c 'echo x >/h/made; id -u'
is "$rc:$out:$(stat -c %U /home/alice/made)" 0:0:alice "a mounted directory: what it writes is the user's"
run as alice script -qec "berth run -q --once -it host -- sh -c 'tty; stty size'" /dev/null </dev/null
like "$rc:$out" '/dev/pts/' "-it"

# --- a descendant of the caller ------------------------------------------------------------------
# start_once CMD...: in the background, as alice, in the cgroup /caller; $client is berth itself
cgroup=/sys/fs/cgroup/caller
mkdir -p "$cgroup"
start_once() {
	rm -f /home/alice/ready
	(
		[ ! -w "$cgroup/cgroup.procs" ] || echo "$BASHPID" >"$cgroup/cgroup.procs"
		cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
		    env -i HOME=/home/alice PATH=/usr/local/bin:/usr/bin:/bin \
		    berth run -q --once -v /home/alice:/h host -- sh -c 'touch /h/ready; exec "$@"' sh "$@"
	) >/run/arena/out 2>&1 &
	client=$!
	wait_for 20 test -e /home/alice/ready
	# Then it becomes what it is to be.
	[ "$1" != sleep ] || wait_for 20 pgrep -x sleep
}
parent() {
	ps -o ppid= -p "$1" | tr -d ' '
}
cgroup_of() {
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}
start_once sleep 300
engine=$(engine_pid alice)
init=$(parent "$engine")
job=$(pgrep -x sleep)
is "$(parent "$init")" "$client" "the engine's init is a child of berth"
is "$(parent "$job"):$(parent "$(parent "$job")")" "$(pgrep -x berth-job):$engine" "the job is below the engine"
if [ -w "$cgroup/cgroup.procs" ]; then
	for pid in "$init" "$engine" "$job"; do
		is "$(cgroup_of "$pid")" "$(cgroup_of "$client")" "pid $pid is in the caller's cgroup"
	done
	echo 1 >"$cgroup/cgroup.kill"
	ok "cgroup.kill of the caller's cgroup ends all of it" wait_for 5 nothing_is_left
else
	skip "the caller's cgroup" "no cgroup2"
	kill -KILL "$client"
fi
wait "$client" 2>/dev/null
is "$(pgrep -x sleep)" "" "the job too"

start_once sleep 300
kill -KILL "$client"
wait "$client" 2>/dev/null
ok "kill -9 of berth ends it all" wait_for 5 nothing_is_left
is "$(pgrep -x sleep)" "" "the job too"
as alice mkdir -p "$jobs/0123456789ab/u/x"
run as alice "${once[@]}" host -- true
is "$rc:$(ls -A "$jobs")" 0: "what is left of it the next one sweeps"

start_once sh -c 'until test -e /h/go; do sleep 0.05; done; exit 5'
kill -KILL "$(engine_pid alice)"
touch /home/alice/go
wait "$client"
is "$?" 5 "a job outlives its engine, as ever"
ok "and nothing is left" wait_for 5 nothing_is_left
start_once sleep 300
kill -KILL "$(parent "$(engine_pid alice)")"
wait "$client"
is "$?:$(head -n1 /run/arena/out)" "125:berth: the connection to the job was lost" "an init that is killed is told"
ok "and nothing is left" wait_for 5 nothing_is_left
start_once sh -c 'trap "exit 42" INT; touch /h/trapped; while :; do sleep 0.05; done'
wait_for 20 test -e /home/alice/trapped
kill -INT "$client"
wait "$client"
is "$?" 42 "SIGINT goes to the job"

state_of() {
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"
}
is_in_state() {
	[ "$(state_of "$1")" = "$2" ]
}
# With a group of its own, as a shell with job control gives it: an orphaned one ignores SIGTSTP.
set -m
start_once sleep 300
job=$(pgrep -x sleep)
kill -TSTP "$client"
ok "^Z stops berth" wait_for 10 is_in_state "$client" T
ok "and the job" wait_for 10 is_in_state "$job" T
kill -CONT "$client"
ok "both go on" wait_for 10 is_in_state "$job" S
set +m
run root "$ADMIN" revoke alice
wait "$client"
is "$rc:$?" 0:125 "to revoke the grant ends a job that runs"
ok "and nothing is left" wait_for 5 nothing_is_left
run grant alice security.confined 'mount=*' --engine=any

# Limits are the caller's: hard and soft, and the priority.
limits() {
	run as alice bash -c "$1; exec \"\${@}\" host -- cat /proc/self/limits" - "${once[@]}"
}
# What the user has elsewhere on this host counts, too.
limits 'ulimit -Sn 500; ulimit -Hn 600; ulimit -v 8000000; ulimit -u 2000; ulimit -t 55'
like "$rc:$out" $'Max open files +500 +600 ' "ulimit -n"
like "$out" $'Max address space +8192000000 +8192000000 ' "ulimit -v"
like "$out" $'Max processes +2000 +2000 ' "ulimit -u"
like "$out" $'Max cpu time +55 +55 ' "ulimit -t"
run as alice nice -n 7 "${once[@]}" host -- sh -c 'cut -d" " -f19 /proc/self/stat'
is "$rc:$out" 0:7 "nice"
run as alice bash -c 'ulimit -u 3; exec "$@" host -- sh -c "sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait"' - "${once[@]}"
isnt "$rc" 0 "a limit of processes binds the job"
ok "and what could not work has ended" wait_for 5 nothing_is_left

# Children that the shell had before it became berth are not waited for.
run as alice bash -c 'sleep 300 & exec "$@" host -- echo done' - "${once[@]}"
is "$rc:$out" 0:done "a caller with children of its own"
pkill -x sleep

# --- which of the two ---------------------------------------------------------------------------
engines() {
	log_text | sed -n 's/.*: allow uid=1000 verb=\([a-z]*\) .*/\1/p' | tail -n "$1" | tr '\n' ' '
}
run as alice berth run -q host -- true
is "$rc:$(engines 1)" "0:start " "with both the shared one"
is "$(as alice "${once[@]}" host -- echo beside; engines 1)" "beside
once " "--once beside it"
is "$(engine_pid alice >/dev/null && as alice berth daemon state | sed -n 's/^jobs *//p')" 0 "which knows nothing of it"
run as_env alice SLURM_JOB_ID=4711 -- berth run -q host -- true
is "$rc:$(engines 1)" "0:once " "in a batch job an engine of its own"
run as_env alice SLURM_JOB_ID= -- berth run -q host -- true
is "$rc:$(engines 1)" "0:once " "an empty SLURM_JOB_ID is none"
as alice berth daemon stop
wait_for 5 nothing_is_left
run grant alice --engine=shared
run as_env alice SLURM_JOB_ID=4711 -- berth run -q host -- true
is "$rc:$(engines 1)" "0:start " "in a batch job with a shared engine alone: that one"
as alice berth daemon stop
wait_for 5 nothing_is_left
refuses 125 'may not use an engine for one call.*engine = shared.*--engine=any' "and --once by name is refused" \
    as alice "${once[@]}" host -- true
run as alice berth --format=json run --once host -- true
like "$rc:$err" '^125:.*"what":' "in JSON"
# What is there already judges each call by the policy of that moment; so nobody else reads it before.
reads_policy() {
	run as alice strace -qq -o /home/alice/trace -e trace=open,openat berth run -q host -- true
	is "$rc:$(grep -c '"/etc/berth' /home/alice/trace | sed 's/[1-9].*/some/')" "0:$1" "$2"
}
reads_policy some "a first call reads the policy"
reads_policy 0 "a call that the shared engine takes does not"
run grant alice --engine=once
run as alice berth run --dry-run --format=json host -- true
is "$rc" 0 "when the grant has another engine than the one that runs: --dry-run"
run as alice berth run -q -d host -- true
like "$rc:$err" '^125:.*-d is not possible here' "-d is told to be impossible"
run as alice bash -c 'echo in | berth run -q -i --cidfile=/home/alice/id host -- cat'
is "$rc:$out:$err:$(engines 1)" "0:in::once " "the call gets one of its own, with its input"
is "$(wc -c </home/alice/id)" 12 "and its id"
rm /home/alice/id
ok "and the shared one leaves" wait_for 5 nothing_is_left
run as alice berth run -q host -- true
is "$rc:$(engines 1)" "0:once " "a grant with engine = once: without asking"
run as alice berth info
like "$rc:$out" '^0:.*security.confined' "info says what this user gets"
refuses 77 'may not use a shared engine.*engine = once' "a shared one is refused" as alice berth daemon start
run as alice berth run --dry-run host -- true
is "$rc" 0 "--dry-run decides for that kind"
ok "it ended" wait_for 5 nothing_is_left
refuses 125 'root does not run jobs' "root" root berth run --once host -- true
refuses 125 'bob \(uid 1001\) has no grant' "a user without a grant" as bob berth run --once host -- true
refuses 125 '--once contradicts --host' "--host" as alice berth --host=unix:/x run --once host -- true
refuses 125 '--once contradicts --host' "BERTH_HOST" as_env alice BERTH_HOST=unix:/x -- berth run --once host -- true
run as_env alice BERTH_HOST=unix:/x -- berth run host -- true
like "$rc:$err" '125:.*cannot connect to the engine at /x' "an address that the user chose wins over the grant"

# A state directory of its own, made by the launcher: by several at once.
run root sed -i '/^root/d' /etc/berth/allow/uid-1000.conf
rm -rf /var/lib/berth/1000
pids=()
for i in 1 2 3 4 5 6; do
	as alice "${once[@]}" host -- sh -c 'exit 0' &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do
	wait "$pid" || bad=$((bad + 1))
done
is "$bad:$(stat -c '%U %a' /var/lib/berth/1000)" "0:alice 700" "six first calls make one state directory"
run grant alice --engine=any

# --- many at once -------------------------------------------------------------------------------
# Twenty engines for one call, a shared one that starts among them and sweeps, leftovers to sweep, and
# a skeleton of the image host to be made anew.
rm -rf /home/alice/state/host
as alice mkdir -p "$jobs/0123456789ab/u/x" "$jobs/0123456789ac"
many() {
	local i pids=() bad=0
	for i in $(seq 20); do
		as alice "${once[@]}" host -- sh -c 'test -e /etc/passwd && test -s /etc/group &&
			echo "$1" >/tmp/me && sleep 0.1 && test "$(cat /tmp/me)" = "$1"' sh "$i" &
		pids+=($!)
	done
	as alice berth run -q host -- true &
	pids+=($!)
	for i in "${pids[@]}"; do
		wait "$i" || bad=$((bad + 1))
	done
	echo "$bad"
}
is "$(many)" 0 "twenty at once, and a shared engine that begins among them"
is "$(many)" 0 "and again, beside it"
no_jobs() {
	[ -z "$(ls -A "$jobs")" ]
}
ok "nothing is left below jobs" wait_for 10 no_jobs
is "$(find /home/alice/state/host -name '.*' | grep -v '/host$')" "" "no half-made file is in the image host"
as alice berth daemon stop
wait_for 5 nothing_is_left

# --- a call that cannot be sent
run as alice strace -qq -o /home/alice/trace -e trace=sendmsg,wait4 -e inject=sendmsg:error=ENOBUFS:when=1 \
    berth run -q --once host -- true
like "$rc:$err" '^125:berth: cannot send the call' "a call that cannot be sent is an error"
like "$(cat /home/alice/trace)" 'INJECTED.*wait4\([0-9]+, .*\) = [0-9]+' "and the launcher was waited for"
ok "nothing is left" nothing_is_left

# --- a launcher that is stopped on its way -------------------------------------------------------
# The caller can freeze it between its decision and the split (the fourth change of its uid, to the
# namespace's owner, is behind the one and before the other). Here a tracer of root's stops it there,
# and meanwhile the grant is taken away: the engine that is started then decides once more.
# held CMD...: that call, and CMD while its launcher is stopped
held() {
	local pid
	rm -f /run/arena/trace
	(
		is_held() {
			pid=$(sed -n 's/^\([0-9]*\) *--- stopped by SIGSTOP.*/\1/p' /run/arena/trace)
			[ -n "$pid" ]
		}
		wait_for 20 is_held
		"$@"
		kill -CONT "$pid"
	) &
	run env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/alice SLURM_JOB_ID=1 strace -f -qq -u alice -o /run/arena/trace \
	    -e trace=clone3,setresuid -e inject=setresuid:signal=STOP:when=4 berth run -q --once host -- true
	wait
}
held true
is "$rc" 0 "control: a launcher that is held goes on"
like "$(cat /run/arena/trace)" 'stopped by SIGSTOP.*clone3\(.*CLONE_NEWUSER' "control: it was held before the split"
held root rm /etc/berth/allow/uid-1000.conf
like "$(log_text | tail -n1)" 'allow uid=1000 verb=once' "the launcher had decided before the grant was gone"
like "$(cat /run/arena/trace)" 'clone3\(.*CLONE_NEWUSER' "and split after it"
like "$rc:$err" '125:berth: refused: .*no grant' "the engine refuses"
ok "and nothing runs" wait_for 5 nothing_is_left
done_testing
