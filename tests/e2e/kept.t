#!/usr/bin/env bash
# Jobs that live without a client, as the engine has them: what is on disk, how they are called, what can
# be asked of them while they run, when they are over, once more. Through the interface alone.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
# shellcheck source=tests/e2e/kept.sh
. "${BASH_SOURCE[0]%/*}/kept.sh"

# --- on disk, before anybody is told
start web ',"labels":{"a":"b","c":""},"stop_signal":10,"hostname":"box"' sh -c \
    'trap "exit 7" USR1; echo one >/kept; while :; do sleep 0.1; done'
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
like "$(member job.command)" '^\["sh", "-c", "trap' "its command"
is "$(member config.hostname) $(member config.detach)" "box true" "what it was asked to be"
like "$(member config.args)" 'echo one >/kept' "with its arguments"
is "$(listed '{}')" "web " "List: it runs"
run varlink alice --socket "$SOCKET" open "{\"job\":\"web\",\"what\":\"state\"}"
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
only_web() {
	[ "$(ls "$STATE/jobs")" = "$web" ]
}
ok "and nothing is left of the other" wait_for 10 only_web
has_written() {
	varlink alice --socket "$SOCKET" exec '{"job":"web"}' cat /kept | grep -qx one
}
wait_for 10 has_written
run varlink alice --socket "$SOCKET" exec '{"job":"web"}' cat /kept
like "$out" '"status": 0' "Exec: a process in it, which ends"
is "$(grep -x one <<<"$out")" one "and wrote what it read"
on Kill web ',"signal":0'
like "$out" InvalidParameter "Kill: 0 is no signal"
varlink alice --socket "$SOCKET" call "$I.Wait" '{"job":"web"}' >/run/arena/waited &
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
run varlink alice --socket "$SOCKET" exec '{"job":"web"}' true
error NotRunning "Exec: nor can it be entered"
run varlink alice --socket "$SOCKET" more "$I.Attach" '{"job":"web"}'
error NotRunning "Attach: nor attached to"
run varlink alice --socket "$SOCKET" open '{"job":"web","what":"root"}'
error NotRunning "Open: it has no processes"
no_socket() {
	[ ! -e "$dir/ctl" ]
}
ok "its socket is gone" wait_for 10 no_socket
start web '' true
error NameTaken "its name is taken still"
call Usage '{}'
is "$(member jobs) $(member running)" "1 0" "Usage: a job, which does not run"
isnt "$(member reclaimable)" 0 "and takes room"

# --- once more
# Its supervisor has answered before it is gone: who calls at once waits for that.
for _ in 1 2 3 4 5; do
	on StartJob web
	on StopJob web ',"seconds":1'
done
on StartJob web
is "$(member id) $(member name)" "$web web" "StartJob: the same"
ok "it runs" has_state web running
run varlink alice --socket "$SOCKET" exec '{"job":"web"}' sh -c 'cat /kept; hostname'
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
on Remove web
on Inspect web
error NoSuchJob "what is over is removed without force"
start old '' true
start young '' sh -c 'sleep 100'
is "$(varlink alice --socket "$SOCKET" more "$I.List" '{"all":true}' | grep -o '"name": "[^"]*"' | tr -d '\n')" \
    '"name": "young""name": "old"' "List: the youngest first"
wait_for 10 has_state old exited
on Inspect old
old=$(member job.id)
call Prune '{}'
is "$(member removed)" "[\"$old\"]" "Prune: what is over, and nothing that runs"
kill -STOP "$(pgrep -x berth-job)"
on Remove young ',"force":true'
is "$out" '{"parameters": {}}' "Remove with force: also when its supervisor stands still"

start screen ',"tty":true,"interactive":true,"rows":10,"columns":33' sh -c 'stty size; cat'
on StopJob screen ',"seconds":0'
on StartJob screen
run varlink alice --socket "$SOCKET" exec '{"job":"screen"}' sh -c 'stat -L -c %F /proc/2/fd/0; stty size </proc/2/fd/0'
is "$(grep -v event <<<"$out" | tr '\n' ' ')" "character special file 10 33 " "StartJob: a terminal is one again, and of its size"
on Remove screen ',"force":true'

# --- more than a message holds
start big ',"labels":{"l":"'"$(printf '%08000d' 0)"'"}' sh -c : "$(printf '\377%0100000d' 0)" "$(printf '%0100000d' 0)" end
on Inspect big
is "$(member cut)" true "Inspect: arguments that are too long are cut"
is "$(member config.args | tr -d 0)" '["sh", "-c", ":", "\ufffd"]' "those that have room are there"
like "$(member job.command)" $'^\\["sh", "-c", ":", "\\\\ufffd00*"\\]$' "of the command its beginning, as UTF-8"
is "$(listed '{"all":true}')" "big " "List has room for it"
on Remove big ',"force":true'
is "$(listed '{"all":true}')" "" "it is gone"

# --- a job that is not kept
start_job /run/arena/out --name brief host sh -c 'echo up; sleep 100'
wait_for 10 grep -q up /run/arena/out
wait_for 5 has_state brief running
on Inspect brief
is "$(member job.kept) $(member job.detached)" "false false" "a job in the foreground is one as well"
kill "$client"
wait_job
ok "and is gone with its end" jobs_are_gone
no_name() {
	[ -z "$(ls "$STATE/names")" ]
}
ok "its name too" wait_for 10 no_name
done_testing
