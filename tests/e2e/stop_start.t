#!/usr/bin/env bash
# berth stop, kill, wait, start, restart and rm, of real jobs: who gets which signal, what is said of it,
# what stays and what goes.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq strace
jobs_world security.confined
state() {
	inspected "$1" '[.state, .status, .reason]'
}
# A job that writes which signals it gets, and ends at SIGTERM and SIGINT with a status of its own.
# shellcheck disable=SC2016
trapper='trap "echo TERM; exit 3" TERM; trap "echo INT; exit 4" INT; trap "echo USR1" USR1; echo up; while :; do sleep 0.05; done'
up() {
	as alice berth logs "$1" | grep -q up
}
start_trapper() {
	local name=$1
	shift
	b run -d --name "$name" "$@" host sh -c "$trapper"
	wait_for 10 up "$name"
}

# --- stop
start_trapper one
b stop one
is "$rc:$out:$err" "0:one:" "stop names what is over"
is "$(state one)" '["exited",3,"exited"]' "it had SIGTERM, and ended as it wished"
b stop one
is "$rc:$out:$err" "0:one:" "stop of one that is over: done"
start_trapper int --stop-signal INT
b stop int
is "$(state int)" '["exited",4,"exited"]' "--stop-signal"
b run -d --name deaf host sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
wait_for 10 up deaf
b stop -t 1 deaf
is "$rc:$out:$(state deaf)" '0:deaf:["exited",137,"signaled"]' "stop -t 1: then SIGKILL"
b run -d --name now host sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
wait_for 10 up now
b stop --time=0 now
is "$rc:$(state now)" '0:["exited",137,"signaled"]' "-t 0: at once"
start_trapper always --restart=always
b stop always
is "$(state always)" '["exited",3,"exited"]' "one that is stopped is not started again by its policy"
b stop one nobody int
is "$rc:$out:${err%%$'\n'*}" $'1:one\nint:berth: no such job: nobody' "several, and one that is not there"

# Several have their time at once: one that takes long keeps no other waiting.
b run -d --name slow host sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
wait_for 10 up slow
start_trapper quick
as alice timeout 200 berth stop -t 50 slow quick >/run/arena/stop &
stopper=$!
is_over() {
	[ "$(state "$1")" = '["exited",3,"exited"]' ]
}
ok "stop tells all of them at once" wait_for 20 is_over quick
is "$(state slow | jq -c '.[0]'):$(cat /run/arena/stop)" '"running":' "while the first one still runs"
b kill slow
rc=0
wait $stopper || rc=$?
is "$rc:$(tr '\n' ' ' </run/arena/stop)" "0:slow quick " "and names them in their order"
b rm slow quick

# --- kill
start_trapper sig
b kill -s USR1 sig
is "$rc:$out" "0:sig" "kill -s"
usr1() {
	as alice berth logs sig | grep -qx USR1
}
ok "it has got it" wait_for 10 usr1
b kill sig
b wait sig
is "$rc:$out:$(state sig)" '0:137:["exited",137,"signaled"]' "kill: SIGKILL"
b kill sig
is "$rc:$err" "1:berth: not running: sig
  its state: exited
  start it again:  berth start" "kill of one that is over"

# --- wait
start_trapper w
as alice timeout 200 berth wait w sig >/run/arena/wait &
waiter=$!
b stop w
rc=0
wait $waiter || rc=$?
is "$rc:$(tr '\n' ' ' </run/arena/wait)" "0:3 137 " "wait prints the status of each, and exits with 0"
b --format=json wait w
is "$(jq -c . <<<"$out")" '[{"job":"w","status":3,"reason":"exited","why":""}]' "as JSON"

# --- start and restart
b run -d --name again host sh -c 'cat /root/kept 2>/dev/null; echo kept >/root/kept; echo done'
b wait again
b start again
is "$rc:$out:$err" "0:again:" "start"
b wait again
b logs again
is "$out" "done
kept
done" "the same command, in the directory that it left, and its log goes on"
b --format=json inspect again
is "$(jq -c '.[0] | [.detached, .kept, .state]' <<<"$out")" '[true,true,"exited"]' "it is over again"
start_trapper r
first=$(inspected r .started)
b restart -t 5 r
is "$rc:$out:$err" "0:r:" "restart"
is "$(inspected r "[.state, .started > $first]")" '["running",true]' "it runs anew"
b start r
is "$rc:${err%%$'\n'*}" "1:berth: the job is running: r" "start of one that runs"
b restart one
is "$rc:$out" "0:one" "restart of one that is over starts it"

# --- between two runs: whatever is tried, who tries it is not sent on to what cannot be done then either
b run -d --name loop --restart=always host false
asleep() {
	[ "$(inspected loop '.state == "restarting" and .restarts >= 6')" = true ]
}
wait_for 60 asleep
between='1::berth: not running: loop
  its state: restarting
  wait for its next run, or end it:  berth stop'
b start loop
is "$rc:$out:$err" "$between" "start of one between two runs"
b exec loop true
is "$rc:$out:$err" "125${between#1}" "exec in it"
b rm -f loop

# --- rm
b rm r
is "$rc:$out:$err" "1::berth: the job is running: r
  end it, and remove it:  berth rm -f" "rm of one that runs"
id=$(inspected again .id)
ok "its directory is there" test -d "$STATE/jobs/$id"
b rm again "${id:0:11}"
is "$rc:$out" "1:again" "rm"
ok "it is gone, with its directory" test ! -e "$STATE/jobs/$id"
ok "and its name" test ! -L "$STATE/names/again"
b start again
is "$rc:${err%%$'\n'*}" "1:berth: no such job: again" "for all verbs"
b rm --force r one int deaf now always sig w
is "$rc:$(wc -l <<<"$out")" "0:8" "rm -f: those that run, too"
b rm -f never one
is "$rc:$out:$err" "0:never
one:" "rm -f: one that is not there is no error"
b rm -fv never
is "$rc:$out" "0:never" "rm -fv, as scripts have it"
b rm -f never/one
is "$rc" 0 "nor what no job is called"
b rm never
is "$rc:${err%%$'\n'*}" "1:berth: no such job: never" "without -f it is"
ok "nothing is left" jobs_are_gone
is "$(ls -A "$STATE/names" 2>/dev/null)" "" "not even a name"

# --- what somebody put where the kernel works is removed by who looks after the job: the engine has others
b run -d --name full host true
as alice berth wait full >/dev/null
work=("$STATE"/jobs/*/w)
as alice mkdir "${work[0]}/filled"
engine=$(engine_pid alice)
follow "$engine" -f -e trace=unlink,unlinkat,rmdir
b start full
is "$rc:$out" "0:full" "start of one whose work directory is full"
as alice berth wait full >/dev/null
unfollow
like "$(grep -v "^$engine " /run/arena/trace)" 'filled' "it is removed"
unlike "$(grep "^$engine " /run/arena/trace)" 'filled' "not by the engine"
b rm full

# --- without an engine
start_trapper kept
b stop kept
as alice berth daemon stop
b start kept
is "$rc:$out" "0:kept" "start starts an engine"
kill -KILL "$(engine_pid alice)"
b stop kept
is "$rc:$out:$(state kept)" '0:kept:["exited",3,"exited"]' "stop reaches a job of an engine that was killed"
b rm kept
is "$rc" 0 "and rm removes it"
done_testing
