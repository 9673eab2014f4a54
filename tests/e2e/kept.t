#!/usr/bin/env bash
# Jobs that live without a client, as the engine has them: what is on disk, how they are called, what can
# be asked of them; what runs goes on when the engine is killed, and what was killed is noted and started
# again if it wants that. Through the interface alone.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
I=io.berth.Engine
DETACHED='"detach":true,"keep":true,"stdin":null,"stdout":null,"stderr":null'

# start NAME MORE CMD...: a job that runs detached; its id in $id
start() {
	local name=$1 more=$2
	shift 2
	run varlink alice run "{$DETACHED,\"name\":\"$name\"$more}" "$@"
	id=$(member id 2>/dev/null)
}
call() {
	run varlink alice call "$I.$1" "$2"
}
on() {
	call "$1" "{\"job\":\"$2\"${3-}}"
}
# A member of the last line that was printed.
member() {
	python3 -c 'import json, sys
found = json.loads(sys.argv[2].splitlines()[-1])["parameters"]
for key in sys.argv[1].split("."):
    found = found[key]
print(found if isinstance(found, str) else json.dumps(found, sort_keys=True))' "$1" "$out"
}
state() {
	on Inspect "$1"
	member job.state
}
has_state() {
	[ "$(state "$1")" = "$2" ]
}
listed() {
	varlink alice more "$I.List" "$1" | grep -o '"name": "[^"]*"' | cut -d'"' -f4 | sort | tr '\n' ' '
}
no_engine() {
	! engine_pid alice >/dev/null
}
next_engine() {
	kill -KILL "$(engine_pid alice)"
	wait_for 5 no_engine
	as alice berth daemon start >/dev/null
}
error() {
	is "$(sed -n 's/.*"error": "io.berth.Engine.\([A-Za-z]*\)".*/\1/p' <<<"$out")" "$1" "$2"
}

# --- on disk, before anybody is told
start web ',"labels":{"a":"b","c":""},"stop_signal":10,"hostname":"box"' sh -c \
    'echo one >/kept; trap "exit 7" USR1; while :; do sleep 0.1; done'
web=$id
like "$out" '"event": "started"' "a job runs without a client"
is "$(member name)" web "it has its name"
dir=$STATE/jobs/$web
is "$(readlink "$STATE/names/web")" "$web" "which is a link that says its id"
is "$(stat -c '%A %U' "$dir/state.json" "$dir/request" "$dir/blob" "$dir")" \
    $'-rw------- alice\n-rw------- alice\n-rw------- alice\ndrwx------ alice' "what is kept of it is its user's alone"
ok "its socket is there" test -S "$dir/ctl"
on Inspect web
is "$(member job.state) $(member job.kept) $(member job.labels) $(member job.stop_signal) $(member job.image)" \
    'running true {"a": "b", "c": ""} 10 host' "Inspect: its record"
like "$(member job.command)" '^\["sh", "-c", "echo one' "its command"
is "$(member config.hostname) $(member config.detach)" "box true" "what it was asked to be"
like "$(member config.args)" 'echo one >/kept' "with its arguments"
is "$(listed '{}')" "web " "List: it runs"
run varlink alice open "{\"job\":\"web\",\"what\":\"state\"}"
like "$out" 'blob.* request.* state.json' "Open: its directory"

# --- how it can be called
for word in "$web" "${web:0:4}" "${web:0:1}" web; do
	on Inspect "$word"
	is "$(member job.id)" "$web" "it is found as ${word/$web/its id}"
done
for word in we web2 "${web}0" 000000000000 "$(tr 0-9a-f 1-9a-f0 <<<"${web:0:6}")"; do
	on Inspect "$word"
	error NoSuchJob "but not as ${word/$web/its id and }"
done
for word in '' ../jobs .. a/b "$(printf '%065d' 0)"; do
	on Inspect "$word"
	like "$out" 'InvalidParameter' "'${word:0:9}' is no name at all"
done

# --- while it runs
on StartJob web
error Running "StartJob: it runs"
on Remove web
error Running "Remove: it runs"
start web '' true
error NameTaken "its name is taken"
is "$(member id)" "$web" "by it"
ok "and nothing is left of the other" test "$(ls "$STATE/jobs")" = "$web"
run varlink alice exec '{"job":"web"}' cat /kept
like "$out" '"status": 0' "Exec: a process in it, which ends"
is "$(grep -x one <<<"$out")" one "and wrote what it read"
on Kill web ',"signal":0'
like "$out" InvalidParameter "Kill: 0 is no signal"
varlink alice call "$I.Wait" '{"job":"web"}' >/run/arena/waited &
waiter=$!
on StopJob web
is "$out" '{"parameters": {}}' "StopJob: answered when it is over"
wait "$waiter"
like "$(cat /run/arena/waited)" '"reason": "exited", "status": 7' "Wait tells its status: the stop signal came first"
on Inspect web
is "$(member job.state) $(member job.status) $(member job.stopped)" "exited 7 true" "the record has it"

# --- when it is over
is "$(listed '{}')" "" "List: nothing runs"
is "$(listed '{"all":true}')" "web " "but it is there"
on Wait web
is "$(member status)" 7 "Wait: at once"
on StopJob web
is "$out" '{"parameters": {}}' "StopJob: at once"
on Kill web ',"signal":15'
error NotRunning "Kill: it does not run"
is "$(member state)" exited "it is over"
run varlink alice exec '{"job":"web"}' true
error NotRunning "Exec: nor can it be entered"
run varlink alice more "$I.Attach" '{"job":"web"}'
error NotRunning "Attach: nor attached to"
run varlink alice open '{"job":"web","what":"root"}'
error NotRunning "Open: it has no processes"
ok "its socket is gone" test ! -e "$dir/ctl"
start web '' true
error NameTaken "its name is taken still"
call Usage '{}'
is "$(member jobs) $(member running)" "1 0" "Usage: a job, which does not run"
isnt "$(member reclaimable)" 0 "and takes room"

# --- once more
on StartJob web
is "$(member id) $(member name)" "$web web" "StartJob: the same"
ok "it runs" has_state web running
run varlink alice exec '{"job":"web"}' sh -c 'cat /kept; hostname'
is "$(grep -xE 'one|box' <<<"$out" | tr '\n' ' ')" "one box " "with what it wrote, and what it was"
on Inspect web
is "$(member job.stopped) $(member job.restarts)" "false 0" "as if for the first time"
on Remove web ',"force":true'
is "$out" '{"parameters": {}}' "Remove with force: it is ended before"
is "$(find "$STATE/jobs" "$STATE/names" -mindepth 1)" "" "and nothing is left"
on Inspect web
error NoSuchJob "there is no such job"
start web '' true
like "$out" started "its name is free"
wait_for 10 has_state web exited
call Prune '{}'
is "$(member removed)" "[\"$id\"]" "Prune: what is over"
is "$(listed '{"all":true}')" "" "it is gone"

# --- what the user put there
start one ',"labels":{"x":"1"}' true
one=$id
start two '' true
two=$id
ok "two jobs are over" wait_for 10 has_state two exited
wait_for 10 has_state one exited
copy() {
	cp -a "$STATE/jobs/$one" "$STATE/jobs/$1"
	sed -i "s/$one/$1/; s/\"name\":\"one\"/\"name\":\"$1\"/" "$STATE/jobs/$1/state.json"
}
copy abcdef000001
copy abcdef000002
on Inspect abcdef0000
error AmbiguousJob "a beginning of two ids"
is "$(member jobs | tr -d '[],"' | tr ' ' '\n' | sort | tr '\n' ' ')" "abcdef000001 abcdef000002 " "both are told"
on Inspect abcdef000002
is "$(member job.id)" abcdef000002 "a whole id is none"
ln -s abcdef000001 "$STATE/names/abcdef000002"
on Inspect abcdef000002
is "$(member job.id)" abcdef000002 "a link in the name of another job is none"
ln -s "../../../etc" "$STATE/names/etc"
ln -s abcdef000009 "$STATE/names/stale"
mkdir "$STATE/names/dir"
for word in etc stale dir; do
	on Inspect $word
	error NoSuchJob "a name that leads nowhere: $word"
done
start stale '' true
like "$out" started "a stale name is free"
start dir '' true
error Failed "one that is a directory is not"
rmdir "$STATE/names/dir"
rm "$STATE/names/etc"
echo '{' >"$STATE/jobs/$two/state.json"
on Inspect "$two"
is "$(member job.state) $(member job.reason)" "exited failed" "a record that is none: the job is seen"
like "$(member job.why)" 'cannot be read' "and why"
on StartJob "$two"
error Failed "it cannot be started"
rm "$STATE/jobs/$two/state.json"
mkfifo "$STATE/jobs/$two/state.json"
on Remove "$two"
is "$out" '{"parameters": {}}' "but removed"
sed -i 's/"network":"none"/"network":"host"/' "$STATE/jobs/abcdef000001/request"
on StartJob abcdef000001
error Refused "StartJob decides anew: what the request asks for now is not granted"
like "$out" 'network.host' "and says what"
sed -i 's/^{/{"devices":[],/' "$STATE/jobs/abcdef000002/request"
on StartJob abcdef000002
error Failed "a request that nobody can make"
printf 'bojb\1\0\0\0\1\0\0\0\0\0\0\0true' >"$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that ends too early"
rm "$STATE/jobs/$one/blob"
ln -s /etc/passwd "$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that is a link"
is "$(state one)" exited "it is as it was"
rm -r "$STATE/jobs/abcdef000001/u"
ln -s /home/alice "$STATE/jobs/abcdef000001/u"
sed -i 's/"network":"host"/"network":"none"/' "$STATE/jobs/abcdef000001/request"
on StartJob abcdef000001
error Failed "what it wrote is a link"
call Prune '{"filter":{"labels":["x=1"]}}'
like "$(member removed)" "$one" "Prune: with a label"
call Prune '{"filter":{"until":3600}}'
is "$(member removed)" '[]' "nothing that is old enough"
call Prune '{}'
is "$(ls "$STATE/jobs")" "" "all"
ok "what a link led to is there" test -d /home/alice/state

# --- the engine is killed
start web ',"restart":"always"' sh -c 'echo ok; while :; do sleep 0.1; done'
web=$id
start plain '' sh -c 'while :; do sleep 0.1; done'
plain=$id
next_engine
call State '{}'
is "$(member jobs)" 2 "the next engine counts what runs"
is "$(listed '{}')" "plain web " "and lists it"
run varlink alice exec '{"job":"web"}' echo entered
ok "and enters it" grep -qx entered <<<"$out"
run as alice berth daemon stop
is "$rc" 1 "it does not leave while they run"
start web '' true
error NameTaken "nor gives their names away"
# As when nobody has ever needed it.
run varlink alice call "$I.Stop" '{"when_idle":true}'
sleep 0.3
like "$(engine_pid alice)" '^[0-9]+$' "nor when it is asked to leave when nothing runs"
# Supervisors are the parents of the shells that have these ids as host name.
supervisor() {
	local pid
	for pid in $(pgrep -x berth-job); do
		[ "$(nsenter -t "$pid" -u hostname)" != "$1" ] || echo "$pid"
	done | head -n1
}
kill -KILL "$(supervisor "$plain")"
ok "its supervisor is killed: the job is lost" wait_for 10 has_state plain exited
on Inspect plain
is "$(member job.reason) $(member job.status)" "lost 137" "and the record says so"
kill -KILL "$(supervisor "$web")"
restarted() {
	on Inspect web
	[ "$(member job.state) $(member job.restarts)" = "running $1" ]
}
ok "one that wants it is started again" wait_for 15 restarted 1
kill -KILL "$(supervisor "$web")"
ok "by an engine whose own it is, too" wait_for 15 restarted 2
kill -KILL "$(engine_pid alice)"
wait_for 5 no_engine
kill -KILL "$(supervisor "$web")"
as alice berth daemon start >/dev/null
ok "and by the next engine, when both were killed" wait_for 15 restarted 3
is "$(state plain)" exited "what does not want it stays as it is"
next_engine
run as alice timeout 30 berth daemon stop --force
is "$rc" 0 "stop --force ends jobs of engines before"
ok "they are over" sh -c '! pgrep -x berth-job'
as alice berth daemon start >/dev/null
is "$(state web)" exited "and stay so"
on Inspect web
is "$(member job.stopped)" true "for a person wanted it"
on Remove web
on Remove plain

# --- a job that is not kept
start_job /run/arena/out --name brief host sh -c 'echo up; sleep 100'
wait_for 10 grep -q up /run/arena/out
wait_for 5 has_state brief running
on Inspect brief
is "$(member job.kept) $(member job.detached)" "false false" "a job in the foreground is one as well"
kill "$client"
wait_job
ok "and is gone with its end" jobs_are_gone
is "$(ls "$STATE/names")" "" "its name too"
done_testing
