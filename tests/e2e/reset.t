#!/usr/bin/env bash
# berth daemon reset: removes what engines made in the state directory; asks before, refuses while
# jobs run, and removes nothing that is not its own, whatever lies there.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
grant alice security.confined >/dev/null
as alice berth daemon stop
type_at() {
	as alice timeout 100 /usr/bin/python3 "$TOP/tests/e2e/type_at.py" "$@"
}

# --- asks
job host true
run as alice berth daemon reset
is "$rc:$out" "1:" "where nobody can be asked nothing is done"
is "$err" "berth: nothing was removed
  it would be what berth keeps in $STATE, and nobody said yes
  without asking:  berth daemon reset --force" "and it says how"
run type_at '[y/N] ' n berth daemon reset
like "$out" "remove what berth keeps in $STATE, jobs that are over and volumes\? \[y/N\] .*status 1\$" "on a terminal it asks"
ok "no is no" test -d "$STATE/host/etc"

# --- refuses
start_job /run/arena/out host sh -c 'echo up; sleep 100'
wait_for 5 grep -q up /run/arena/out
run as alice berth daemon reset --force
is "$rc" 1 "while a job runs it refuses"
like "$err" 'jobs that run: 1' "and says how many"
# The job of an engine that is gone, or of another one.
kill -KILL "$(engine_pid alice)"
wait_for 5 no_engine
run as alice berth daemon reset --force
is "$rc" 1 "also while one of another engine's runs"
like "$err" 'jobs that run: 1' "which it finds by its lock"
ok "the job has all that it had" test -d "$STATE/host/etc" -a -n "$(ls "$STATE/jobs")"
# What cannot be looked at for want of descriptors is no leftover.
id=$(ls "$STATE/jobs")
as alice berth daemon start >/dev/null
ok "the engine is at rest" wait_for 5 sh -c '! pgrep -x berth-sweep'
follow "$(engine_pid alice)" -f -P "$id" -e trace=openat,openat2 -e inject=openat,openat2:error=EMFILE
run as alice timeout 100 berth daemon reset --force
is "$rc" 1 "also while the engine cannot open the job's directory"
like "$err" 'jobs that run: 1' "and says that jobs run"
like "$(cat /run/arena/trace)" 'EMFILE' "control: it could not"
unfollow
ok "the job has all that it had, still" test -d "$STATE/host/etc" -a -n "$(ls "$STATE/jobs/$id")"
run as alice berth daemon stop
is "$rc" 1 "nor does the engine leave unasked"
kill -KILL "$(engine_pid alice)"
wait_for 5 no_engine
is "${#id}" 12 "control: one job"
before=$(ls -R "$STATE/jobs/$id" 2>/dev/null)
strace -f -qq -u alice -o /run/arena/trace -P "$id" -e trace=openat,openat2 \
    -e inject=openat,openat2:error=ENFILE:when=1..2 /usr/local/bin/berth daemon start >/dev/null 2>&1 &
tracer=$!
ok "control: the next engine cannot open the job's directory" wait_for 10 grep -q ENFILE /run/arena/trace
sleep 0.5
kill "$tracer"
is "$(ls -R "$STATE/jobs/$id" 2>/dev/null)" "$before" "and has left it alone"
kill "$client"
wait_job
ok "it ends" jobs_are_gone

# --- removes all that is its own, even what the user could not
mkdir -p "$STATE/jobs/0123456789ab/u/deep" "$STATE/jobs/0123456789ac"
chown -R 100005:100005 "$STATE/jobs/0123456789ab"
chmod 700 "$STATE/jobs/0123456789ab"
ln -s /home/alice/keep "$STATE/jobs/0123456789ad"
run type_at '[y/N] ' y berth daemon reset
like "$out" "emptied +$STATE"$'\n.*status 0$' "yes is yes"
ok "the engine leaves" wait_for 10 no_engine
is "$(ls -A "$STATE")" "" "nothing is left, not even of subordinate ids, nor a log"
is "$(stat -c '%U %a' "$STATE")" "alice 700" "but the directory itself"
run job host echo ok
is "$rc:$out" "0:ok" "and the next job runs as the first did"
as alice berth daemon stop
wait_for 5 no_engine
run as alice berth --format=json daemon reset --force
is "$rc:$(jq -c . <<<"$out")" "0:{\"kept\":[],\"root\":\"$STATE\"}" "it needs no engine that runs; in JSON"

# --- while somebody makes a job's directory, whichever engine that is: its lock is held here
as alice berth daemon start >/dev/null
exec {lock}<"$STATE/jobs"
flock -s "$lock"
as alice timeout 60 berth daemon reset --force >/run/arena/reset 2>&1 &
reset=$!
resets() {
	pgrep -x berth-reset >/dev/null
}
ok "reset begins" wait_for 5 resets
run as alice timeout 100 berth daemon state
is "$rc" 0 "others are served meanwhile"
run job host true
is "$rc" 125 "but no job is started"
like "$err" 'the engine starts no more jobs.*its state is being reset' "and why is said"
run as alice timeout 100 berth volume create late
is "$rc" 69 "and no volume is made"
like "$err" 'the state of the engine is being reset' "with the reason"
ok "nothing is removed" test -d "$STATE/host/etc" -a -d "$STATE/jobs" -a -f "$STATE/engine.log"
flock -u "$lock"
rc=0
wait "$reset" || rc=$?
is "$rc:$(ls -A "$STATE")" "0:" "when the directory is made or given up it goes on"
exec {lock}<&-
ok "and the engine leaves" wait_for 10 no_engine
# While another engine's reset is at work.
as alice berth daemon start >/dev/null
exec {lock}<"$STATE/jobs"
flock -x "$lock"
run job host true
is "$rc" 125 "no job begins while another engine's reset is at work"
like "$err" "$STATE cannot be used"$'\n'"  it is being emptied:  berth daemon reset"$'\n'".*try again" "and why is said"
flock -u "$lock"
exec {lock}<&-
run job host echo ok
is "$rc:$out" "0:ok" "behind it one does"

# --- a sweeper of its own that takes long holds locks as jobs do
start_job /run/arena/out host sh -c 'echo up; sleep 100'
wait_for 5 grep -q up /run/arena/out
follow "$(engine_pid alice)" -f -e trace=unlinkat -e inject=unlinkat:signal=STOP:when=1
pkill -KILL -x berth-job
ok "a sweeper stands still" wait_for 10 grep -q 'stopped by SIGSTOP' /run/arena/trace
unfollow
wait_job
as alice timeout 60 berth daemon reset --force >/run/arena/reset 2>&1 &
reset=$!
ok "reset begins" wait_for 5 resets
sleep 2
ok "it waits for it" resets
pkill -CONT -x berth-sweep
rc=0
wait "$reset" || rc=$?
is "$rc:$(ls -A "$STATE")" "0:" "and does not take it for a job"
ok "the engine leaves" wait_for 10 no_engine

# --- while something is copied to a job that is over: that can take as long as its client likes
as alice berth run -q --rm=false --name over host true
as alice berth volume create keepme >/dev/null
as alice mkfifo hold
as alice berth cp -q - over:/tmp </home/alice/hold &
copy=$!
exec 9>/home/alice/hold
ok "something is copied" wait_for 10 pgrep -x berth-archive
run as alice timeout 100 berth daemon reset --force
is "$rc:$(tail -n 3 <<<"$err")" "69:berth: the state directory is in use
  something is being copied from a job or to it, or is being removed
  try again when that is done" "reset does not wait for the end of a copy"
exec 9>&-
rc=0
wait "$copy" || rc=$?
is "$rc:$(as alice berth volume ls -q):$(as alice berth ps -aq | wc -l)" "0:keepme:1" "and has removed nothing"

# --- nobody waits for it any more: it must not come when something new is there
no_resets() {
	! resets
}
# Where it waits, and where each of these leaves it.
interrupt() {
	kill -INT "$client"
}
stop_engine() {
	as alice timeout 100 berth daemon stop
}
term_engine() {
	kill -TERM "$(engine_pid alice)" && wait_for 10 no_engine
}
kill_engine() {
	kill -KILL "$(engine_pid alice)" && wait_for 10 no_engine
}
for end in interrupt stop_engine term_engine kill_engine; do
	as alice berth daemon start >/dev/null
	exec {lock}<"$STATE/jobs"
	flock -s "$lock"
	start_berth /run/arena/reset daemon reset --force
	ok "reset begins" wait_for 10 resets
	$end
	ok "$end: it is given up" wait_for 10 no_resets
	rc=0
	wait "$client" || rc=$?
	isnt "$rc" 0 "its client is told"
	run as alice berth volume create "$end"
	is "$rc" 0 "the engine serves"
	flock -u "$lock"
	exec {lock}<&-
done
run job -v interrupt:/v host echo ok
is "$rc:$out" "0:ok" "a job runs"
is "$(as alice berth volume ls -q | xargs)" "interrupt keepme kill_engine stop_engine term_engine" "all that was made since is there"
# What has begun comes to its end, and nothing is made meanwhile.
ok "the engine is at rest" wait_for 5 sh -c '! pgrep -x berth-sweep'
follow "$(engine_pid alice)" -f -e trace=unlinkat -e inject=unlinkat:signal=STOP:when=1
start_berth /run/arena/reset daemon reset --force
ok "it removes" wait_for 10 grep -q 'stopped by SIGSTOP' /run/arena/trace
unfollow
kill -INT "$client"
rc=0
wait "$client" || rc=$?
is "$rc" 130 "who waits goes"
run as alice berth volume create late
is "$rc" 69 "no volume is made"
ok "it goes on" pkill -CONT -x berth-reset
ok "to its end: the engine leaves" wait_for 10 no_engine
is "$(ls -A "$STATE")" "" "and nothing is left"

# --- a directory that alice uses for more: her files, and links in every place
mkdir /home/alice/keep /home/alice/keep/sub
echo precious >/home/alice/keep/file
chown -R alice:alice /home/alice/keep
as alice berth daemon start >/dev/null
as alice sh -c "cd $STATE && echo mine >notes.txt && mkdir photos && echo mine >photos/1 && ln -s /home/alice/keep link &&
	echo mine >jobs/mine && mkdir jobs/results && echo mine >jobs/results/1 && ln -s /home/alice/keep jobs/link &&
	echo mine >host/mine && echo mine >host/etc/mine && echo mine >host/var/tmp/mine && echo mine >'odd
name'"
before=$(tree /home/alice/keep)
run as alice berth daemon reset --force
is "$rc" 0 "reset in a directory with other things"
is "$(sort <<<"$(sed -E 's/^not berth.s +| +//' <<<"$out" | tail -n +2)")" "host
jobs
link
notes.txt
odd\\x0aname
photos" "names what it kept"
is "$(cd "$STATE" && find . -type f -o -type l | sort | tr '\n' ' ')" \
    "./host/etc/mine ./host/mine ./host/var/tmp/mine ./jobs/link ./jobs/mine ./jobs/results/1 ./link ./notes.txt ./odd ./photos/1 name " \
    "which is all that was alice's"
is "$(cat "$STATE"/{notes.txt,photos/1,host/etc/mine,jobs/mine} | uniq -c | tr -s ' ')" " 4 mine" "as it was"
is "$(tree /home/alice/keep)" "$before" "what links lead to is untouched"
run job host echo ok
is "$rc:$out" "0:ok" "jobs run beside all that"
ok "the job is over" wait_for 10 sh -c "! ls $STATE/jobs | grep -qE '^[0-9a-f]{12}$'"

# A link, or a file, in the place of each of its own; planted while the engine runs.
for name in jobs host host/etc host/var host/etc/passwd host/usr engine.log engine.log.1; do
	as alice berth daemon start >/dev/null
	for with in /home/alice/keep /home/alice/keep/file file; do
		rm -rf "${STATE:?}/$name"
		if [ $with = file ]; then
			as alice sh -c "echo mine >$STATE/$name"
		else
			as alice ln -s $with "$STATE/$name"
		fi
		run as alice berth daemon reset --force
		[ "$(tree /home/alice/keep)" = "$before" ] || break 2
		wait_for 10 no_engine
		rm -rf "${STATE:?}/$name"
		as alice berth daemon start >/dev/null || break 2
	done
done
is "$(tree /home/alice/keep)" "$before" "nor does one in the place of something of its own lead it out"
is "$name $with" "engine.log.1 file" "all of them were tried"
as alice ln -s /home/alice/keep "$STATE/host2"
rm -rf "$STATE/jobs"
as alice ln -s /home/alice/keep "$STATE/jobs"
run as alice berth daemon reset --force
like "$out" 'jobs' "a link in the place of its directory is named, not removed"
ok "it is still there" test -L "$STATE/jobs"
rm "$STATE/jobs"

# Somebody else's state directory is no engine's business.
run as bob berth daemon reset --force
like "$rc:$out" '^0:emptied +/home/bob/' "bob resets his own"
unlike "$out" "$STATE" "and no other"
ok "alice's is as it was" test -e "$STATE/notes.txt"
done_testing
