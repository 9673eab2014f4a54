#!/usr/bin/env bash
# engine.log and berth daemon logs: a line each for what the engine did, bounded, escaped, and no
# way out of the state directory.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
grant alice security.confined >/dev/null
log=$STATE/engine.log

run as alice berth daemon logs
is "$rc:$out:$err" "0::berth: nothing has been written yet" "no log yet"
# Who called may know of the end of a job before that is written down.
ended() {
	[ "$(grep -c ' ended' "$log")" = "$1" ]
}
job --name web host sh -c 'exit 7'
wait_for 5 ended 1
job host /no/such
wait_for 5 ended 2
job --timeout 1s host sleep 100
wait_for 5 ended 3
job --network host host true
start_job /run/arena/out --name long host sh -c 'echo up; sleep 100'
wait_for 5 grep -q up /run/arena/out
pkill -KILL -x berth-job
wait_job
wait_for 5 grep -q 'killed by' "$log"
as alice berth daemon stop
job host true
ok "jobs are over" jobs_are_gone
ok "and their ends written down" wait_for 5 ended 5
kill -TERM "$(engine_pid alice)"
left() {
	grep -q 'SIGTERM' "$log"
}
ok "an engine that is sent SIGTERM says so" wait_for 5 left

run as alice berth daemon logs
text=$(sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z /TIME /; s/job [0-9a-f]{12}/job ID/; s/\([0-9a-f]{12}\)/(ID)/' <<<"$out")
is "$rc:$text" "0:TIME shared engine started: version $(berth version | sed 's/berth //'), time-out 600 s
TIME shared job ID (web) started
TIME shared job ID (web) ended with status 7
TIME shared job ID (ID) started
TIME shared job ID (ID) ended with status 127
TIME shared job ID (ID) started
TIME shared job ID (ID) ended with status 124
TIME shared job not started: refused: network.host is not granted to alice (uid 1000): the grant in /etc/berth/allow/uid-1000.conf allows: security.confined mount=* idmap.mount image=*
TIME shared job ID (long) started
TIME shared job ID (long) ended: its supervisor was killed by signal 9
TIME shared engine leaves: it was stopped; jobs that run: 0
TIME shared engine started: version $(berth version | sed 's/berth //'), time-out 600 s
TIME shared job ID (ID) started
TIME shared job ID (ID) ended with status 0
TIME shared engine leaves: it was sent SIGTERM; jobs that run: 0" "a line for everything"
is "$out" "$(cat "$log")" "the log itself"
is "$(stat -c '%U %a' "$log")" "alice 600" "which is the user's alone"
run as alice berth daemon logs --tail 2
is "$out" "$(tail -n2 "$log")" "--tail 2"
run as alice berth daemon logs --tail 0
is "$rc:$out" "0:" "--tail 0"
run as alice berth daemon logs --tail all
is "$out" "$(cat "$log")" "--tail all"
run as alice berth daemon logs --tail x
is "$rc" 64 "--tail x"
run as alice berth --format=json daemon logs -n 1
is "$(jq -r '.time + " " + .text' <<<"$out")" "$(tail -n1 "$log")" "in JSON, an object a line"
run as bob berth daemon logs
isnt "$rc:$out" "0:$(cat "$log")" "bob does not get it"

# --- -f
as alice timeout 250 berth daemon logs -f --tail 1 >/run/arena/follow &
follow=$!
wait_for 5 grep -q SIGTERM /run/arena/follow
job --name seen host true
wait_for 10 grep -q '(seen) ended' /run/arena/follow
is "$(sed 's/.*shared //; s/job [0-9a-f]*/job ID/' /run/arena/follow | tail -n +2)" "engine started: version $(berth version | sed 's/berth //'), time-out 600 s
job ID (seen) started
job ID (seen) ended with status 0" "-f shows what comes"

# --- its size
yes "$(printf '%099d' 0)" | head -n 2620 >>"$log"
job --name full host true
wait_for 10 grep -q '(full) ended' "$log"
like "$(stat -c %s "$log")" '^[0-9]{2,3}$' "a full log makes room"
like "$(head -n1 "$log.1")" 'engine started' "and is kept"
is "$(as alice berth daemon logs --tail 3 | grep -c -e ^0000 -e full)" 3 "both are shown as one"
like "$(as alice berth daemon logs | head -n1)" 'engine started' "from the first line on"
ok "-f goes on with the new one" wait_for 10 grep -q '(full) ended' /run/arena/follow
kill "$follow"
yes "$(printf '%099d' 0)" | head -n 2622 >>"$log"
job --name more host true
wait_for 10 grep -q '(more) ended' "$log"
is "$(find "$STATE" -maxdepth 1 -name 'engine.log*' | wc -l)" 2 "there are never more than two"

# Two engines that find it full at once: who comes second waits for the first, and looks again.
yes "$(printf '%099d' 0)" | head -n 2622 >>"$log"
inode=$(stat -c %i "$log")
exec {held}<"$log"
flock -n "$held"
# A refusal is written down before it is answered, and takes no other lock.
run job --network host host true
is "$rc:$(stat -c %i "$log")" "125:$inode" "one that somebody else moves is not moved"
flock -u "$held"
exec {held}<&-
engine=$(engine_pid alice)
follow "$engine" -e trace=flock -e inject=flock:signal=STOP:when=1
job --network host host true 2>/run/arena/refused &
refused=$!
locked() {
	grep -q 'stopped by SIGSTOP' /run/arena/trace
}
ok "an engine has found it full" wait_for 5 locked
mv "$log" "$log.1"
as alice sh -c "echo other >$log"
unfollow
kill -CONT "$engine"
wait "$refused"
is "$(head -n1 "$log"):$(stat -c %i "$log.1")" "other:$inode" "it does not move the one of another that was faster"
like "$(tail -n1 "$log")" 'network.host' "and writes to that one"

# --- what somebody put in its place
odd() {
	as alice berth daemon stop
	wait_for 5 no_engine
	rm -f "$log" "$log.1"
	as alice "${@:2}"
	run job host true
	is "$rc" 0 "$1: jobs run"
	ok "$1: makes room" test -f "$log" -a ! -L "$log" -a -s "$log"
	run as alice timeout 100 berth daemon logs
	is "$rc" 0 "$1: logs does not hang"
}
rc=0
touch /home/alice/other && chown alice /home/alice/other
odd "a link" ln -s /home/alice/other "$log"
odd "a second name" ln /home/alice/other "$log"
is "$(stat -c %s /home/alice/other)" 0 "what it leads to is not written to"
ok "a file with two names made room" test -f "$log.1"
odd "a pipe" mkfifo "$log"
odd "a directory" mkdir "$log"
# Nothing is written any more.
as alice berth daemon stop
wait_for 5 no_engine
rm -r "$log.1"
printf '2026-01-01T00:00:00Z shared \033[31mred\033]0;x\007\n' >"$log"
chown alice "$log"
run as alice berth daemon logs
is "$out" '2026-01-01T00:00:00Z shared \x1b[31mred\x1b]0;x\x07' "nothing that a terminal obeys is shown"
printf '2026-01-01T00:00:00Z shared \302\2332J\177\342\200\256gr\303\274n\n' >"$log"
run as alice berth --format=json daemon logs
is "$out" '{"time":"2026-01-01T00:00:00Z","text":"shared \u009b2J\u007f\u202egr\u00fcn"}' "in JSON neither, nor a C1 control"
printf '2026-01-01T00:00:00Z %0900d \033 end\n' 7 >"$log"
run as alice berth daemon logs
is "$out" "2026-01-01T00:00:00Z $(printf %0900d 7) \x1b end" "a long line is shown whole"
printf '2026-01-01T00:00:00Z \377%0900d end\n' 7 >"$log"
run as alice berth --format=json daemon logs
is "$(jq -r .text <<<"$out")" "\xff$(printf %0900d 7) end" "in JSON as well"
done_testing
