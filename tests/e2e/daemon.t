#!/usr/bin/env bash
# The engine's life: it is killed, and jobs go on; it is stopped; what it leaves is swept.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
grant alice security.confined >/dev/null

run as alice berth daemon state
is "$rc:$out" "69:engine       not running" "no engine yet"
run as alice berth --format=json daemon state
is "$rc:$(jq -c . <<<"$out")" '69:{"running":false}' "in JSON"
run as alice berth daemon start
is "$rc" 0 "daemon start"
like "$out" 'root +/home/alice/state' "prints the state"
first=$(engine_pid alice)
run as alice berth daemon start
is "$rc:$(engine_pid alice)" "0:$first" "a second start changes nothing"
run as alice berth --format=json daemon state
is "$(jq -c '[.running, .version, .jobs, .root, .entitlements]' <<<"$out")" \
    '[true,"0.1.0",0,"/home/alice/state",["security.confined","mount=*","idmap.mount","image=*"]]' "state in JSON"
is "$(jq -c '[.mode, .pid, .timeout, .leaving, (.memory > 100000), (.exits_in > 0), (.uptime < 600)]' <<<"$out")" \
    "[\"shared\",$first,600,false,true,true,true]" "and how it lives"
run as alice berth daemon state
like "$out" $'mode +shared\npid +'"$first"$'\nuptime +[0-9ms ]+\njobs +0\nmemory +[0-9.]+ [KM]iB\n' "as a table"
like "$out" 'exits +in (10m|9m [0-9]+s), if no job comes' "with the time of its end"
run unshare --pid --fork setpriv --reuid=alice --regid=alice --init-groups berth --format=json daemon state
is "$rc:$(jq -c .pid <<<"$out")" "0:null" "from where it cannot be seen it has no pid"
like "$(as alice berth version)" '0\.1\.0' "version"

# Nothing of ours has privilege, and the engine is what it should be.
uids() {
	local dir
	for dir in /proc/[0-9]*; do
		case $(readlink "$dir/exe" 2>/dev/null) in
		*/berth*) sed -n 's/^Uid:\t*//p' "$dir/status" | tr '\t' '\n' ;;
		esac
	done
}
is "$(uids | sort -u | xargs)" "1000 2147400000" "the processes of berth are the user's and their init: no process of berth has root's uid"
is "$(sed -n 's/^\(Uid\|Gid\|NoNewPrivs\|Seccomp\):\t*//p' "/proc/$first/status" | tr '\t\n' '  ')" \
    "1000 1000 1000 1000 1000 1000 1000 1000 0 2 " "the engine is alice, with a filter"
is "$(as alice cat "/proc/$first/environ" 2>&1 | grep -c denied):$(tr -d '\0' <"/proc/$first/environ")" "1:" \
    "its memory is closed to her, its environment empty"

# --- kill -9 while a job runs
start_job /run/arena/out -v /home/alice:/h host sh -c 'echo up; while [ ! -e /h/go ]; do sleep 0.05; done; echo done; exit 9'
wait_for 5 grep -q up /run/arena/out
kill -KILL "$first"
gone() {
	[ ! -d "/proc/$first" ]
}
no_engine() {
	! engine_pid alice
}
wait_for 5 gone
run job host echo next
is "$rc:$out" "0:next" "the engine is killed: the next call works"
second=$(engine_pid alice)
isnt "$second" "$first" "by another engine"
ok "the job goes on" test -d "/proc/$client"
# That of the call behind it goes a moment after its end.
one_job() {
	[ "$(find "$STATE/jobs" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
}
wait_for 10 one_job
is "$(find "$STATE/jobs" -mindepth 1 -maxdepth 1 | wc -l)" 1 "and its directory is not swept"
touch /home/alice/go
wait_job
is "$rc:$(tr '\n' ' ' </run/arena/out)" "9:up done " "to its end, with its output and status"
ok "nothing is left of it" jobs_are_gone
rm /home/alice/go

# Signals are still forwarded when the engine is gone, and a client that is killed takes its job along.
for how in TERM KILL; do
	start_job /run/arena/out host sh -c 'trap "echo got it; exit 11" TERM; echo up; while :; do sleep 0.02; done'
	wait_for 5 grep -q up /run/arena/out
	kill -KILL "$(engine_pid alice)"
	wait_for 5 no_engine
	kill -s $how "$client"
	wait_job
	[ $how = KILL ] || is "$rc:$(tail -n1 /run/arena/out)" "11:got it" "with the engine gone a signal reaches the job"
	job host true
	ok "SIG$how: nothing is left of it" jobs_are_gone
done

# The supervisor itself is killed: what it leaves is swept by the engine, or by the next one.
for engine in alive dead; do
	start_job /run/arena/out host sh -c 'echo up; sleep 300'
	wait_for 5 grep -q up /run/arena/out
	supervisor=$(pgrep -x berth-job)
	[ $engine = alive ] || kill -KILL "$(engine_pid alice)"
	kill -KILL "$supervisor"
	wait_job
	is "$rc" 125 "engine $engine, supervisor killed: the client is told"
	like "$(cat /run/arena/out)" 'connection to the job was lost' "engine $engine: in words"
	job host true
	ok "engine $engine: nothing is left of it" jobs_are_gone
	is "$(pgrep -fc '^sleep 300$')" 0 "engine $engine: nor of its processes"
done

# --- stop
run as alice berth daemon stop
is "$rc:$(engine_pid alice)" "0:" "daemon stop"
# The first process of its namespace is the last one to go.
cgroup_is_empty() {
	[ -z "$(find /sys/fs/cgroup/berth/1000 -mindepth 2 -name cgroup.procs -exec cat {} + 2>/dev/null)" ]
}
ok "its cgroup is empty" wait_for 5 cgroup_is_empty
run as alice berth daemon stop
is "$rc" 0 "daemon stop when there is none"
start_job /run/arena/out host sh -c 'trap "echo asked; exit 0" TERM; echo up; while :; do sleep 0.02; done'
wait_for 5 grep -q up /run/arena/out
run as alice berth daemon stop
is "$rc" 1 "daemon stop while a job runs: refused"
like "$err" 'jobs that run: 1' "and says how many"
is "$(as alice berth --format=json daemon state | jq -c '[.jobs, .exits_in]')" "[1,null]" "the state: a job, no time of its end"
like "$(as alice berth daemon state)" 'exits +10m after its last job' "in words"
# On a terminal it asks.
type_at() {
	as alice timeout 100 /usr/bin/python3 "$TOP/tests/e2e/type_at.py" "$@"
}
for answer in n '' yup; do
	run type_at '[y/N] ' "$answer" berth daemon stop
	like "$out" '1 job runs; end it too\? \[y/N\] .*status 1$' "on a terminal it asks; \"$answer\" is no"
done
run type_at '[y/N] ' y berth --format=json daemon stop
like "$out" '"why":"jobs that run: 1".*status 1$' "in JSON it says why not"
unlike "$out" 'y/N' "not if its output is for a program"
run type_at '[y/N] ' y berth daemon stop
like "$out" 'end it too\? \[y/N\] .*status 0$' "\"y\" is yes"
is "$(engine_pid alice)" "" "the engine has ended"
wait_job
like "$(cat /run/arena/out)" 'asked' "and the job, which was asked first"
start_job /run/arena/out host sh -c 'trap "echo asked; exit 0" TERM; echo up; while :; do sleep 0.02; done'
wait_for 5 grep -q up /run/arena/out
run as alice berth daemon stop --force
is "$rc:$(engine_pid alice)" "0:" "daemon stop --force"
wait_job
like "$(cat /run/arena/out)" 'asked' "the job was asked first"
ok "nothing is left of it" jobs_are_gone
start_job /run/arena/out host sh -c 'trap "" TERM; echo up; while :; do sleep 0.02; done'
wait_for 5 grep -q up /run/arena/out
run as alice timeout 100 berth daemon stop --force
is "$rc:$(engine_pid alice)" "0:" "a job that does not listen ends, too"
wait_job
ok "nothing is left of that one" jobs_are_gone

# --- a lock is no job that runs: who copies from one that is over has it, and who removes one
as alice berth run -q --rm=false --name over host true
as alice mkfifo hold
as alice berth cp -q - over:/tmp </home/alice/hold &
copy=$!
exec 9>/home/alice/hold
ok "something is copied to a job that is over" wait_for 10 pgrep -x berth-archive
mkdir "$STATE/jobs/deadbeef0004"
chown alice:alice "$STATE/jobs/deadbeef0004"
exec {lock}<"$STATE/jobs/deadbeef0004"
flock -x "$lock"
run as alice berth daemon stop
is "$rc" 0 "the engine leaves"
is "$(as alice berth daemon start -q >/dev/null; as alice berth --format=json daemon state | jq .jobs)" 0 "no job runs for the next one"
run as alice berth daemon stop
is "$rc:$(engine_pid alice)" "0:" "which leaves as well"
exec {lock}<&- 9>&-
rc=0
wait "$copy" || rc=$?
is "$rc" 0 "the copy goes on"
run as alice berth rm over
is "$rc" 0 "and then the job can be removed"

# --- what somebody left in the state directory
mkdir -p "$STATE/jobs/deadbeef0000/u/a/b" "$STATE/jobs/deadbeef0001"
touch "$STATE/jobs/deadbeef0002"
ln -s /home/alice/keep "$STATE/jobs/deadbeef0003"
mkdir /home/alice/keep && touch /home/alice/keep/me
chown -hR alice:alice "$STATE/jobs" /home/alice/keep
chmod 0 "$STATE/jobs/deadbeef0000/u/a"
run job host echo ok
is "$rc:$out" "0:ok" "leftovers of jobs hinder nothing"
ok "and are removed" jobs_are_gone
ok "a link among them is removed, not what it leads to" test -e /home/alice/keep/me

# --- a revocation ends what runs
start_job /run/arena/out host sh -c 'echo up; sleep 300'
wait_for 5 grep -q up /run/arena/out
revoke alice >/dev/null
wait_job
isnt "$rc" 0 "revoke ends the job"
is "$(engine_pid alice):$(pgrep -fc '^sleep 300$')" ":0" "and the engine, and all that ran"
run "$TESTBIN/no_userns" 1000 /usr/local/bin/berth run host true
is "$rc:$(engine_pid alice)" "125:" "then there is no grant, nor an engine where users may make none"
like "$err" 'the grant of alice \(uid 1000\) was revoked|alice \(uid 1000\) has no grant' "and she is told"
done_testing
