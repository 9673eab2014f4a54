#!/usr/bin/env bash
# The state directory's file system is full, or the directory is gone, while jobs live: what cannot be
# done is refused with its reason and leaves nothing, what runs goes on, everybody is told the same status,
# a log loses what it has no room for and nothing else, and all works again when there is room.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
mkdir "$STATE"
mount -t tmpfs -o size=512k,nr_inodes=400,uid=1000,gid=1000,mode=700 full "$STATE"
jobs_world security.confined
install -d -o alice -g alice /home/alice/h
mkfifo -m 666 /home/alice/h/a /home/alice/h/b
shared=(-v /home/alice/h:/h)

berth() {
	run as alice timeout 60 berth "$@"
}
fill() {
	as alice sh -c 'cat /dev/zero >state/filler' 2>/dev/null
	ok "the file system is full" test "$(df --output=avail "$STATE" | tail -n1)" -eq 0
}
room() {
	rm -f "$STATE/filler"
}
# In ps -a, and on disk.
record() {
	as alice berth ps -a --format=json | jq -r --arg name "$1" ".[] | select(.name == \$name) | $2"
}
has_ended() {
	[ "$(record "$1" .state)" = exited ]
}
let_go() {
	timeout 60 sh -c "echo go >/home/alice/h/$1"
}
logs() {
	[ "$(as alice berth logs "$1" 2>/dev/null | tail -n1)" = "$2" ]
}
names() {
	find "$STATE/names" "$STATE/jobs" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '
}

berth run -d --name=a "${shared[@]}" host sh -c 'echo one; read -r _ </h/a
yes 0123456789abcdef0123456789abcdef | head -n 3000; touch /h/written; read -r _ </h/a; echo three; read -r _ </h/a; exit 3'
is "$rc" 0 "a job runs"
berth run -d --name=b --restart=always "${shared[@]}" host sh -c 'read -r _ </h/b; exit 4'
is "$rc" 0 "and one with a policy"
ok "it says something" wait_for 10 logs a one
before=$(names)

# --- what cannot be done
fill
berth run -d --name=c host true
is "$rc" 125 "no room: no job that is kept"
like "$err" 'state directory .* cannot be used'$'\n''  .*(full|No space left)' "and the reason"
is "$(names)" "$before" "nothing of it is there, nor its name"
berth run -q host sh -c 'echo hi; exit 6'
is "$rc:$out" "6:hi" "one that needs no room runs"
berth exec a sh -c 'echo in; exit 5'
is "$rc:$out" "5:in" "jobs that run can be entered"

# --- the log: more than a pipe holds, and less than the file system, should it be read when there is room again
let_go a
ok "a job whose log has no room goes on" wait_for 15 test -e /home/alice/h/written
berth logs a
is "$rc:$err:$(head -n1 <<<"$out")" "0::one" "its log can be read"
is "$(grep -cvE '^[0-9TZ:.-]+ std(out|err) [FP] ' "$STATE/jobs/$(readlink "$STATE/names/a")/log")" 0 "and has whole records alone"
room
let_go a
ok "there is room: it is written again" wait_for 10 logs a three

# --- the end
fill
as alice timeout 60 berth wait a >/run/arena/told 2>&1 &
wait=$!
let_go a
wait "$wait"
is "$(cat /run/arena/told)" 3 "who waits is told the status"
ok "it has ended" wait_for 10 has_ended a
is "$(record a '[.status, .reason] | @csv')" '3,"exited"' "and the record has the same"
berth stop -t 30 b
is "$rc" 0 "stop"
is "$(record b '[.state, .status, .stopped] | @csv')" '"exited",143,true' "is recorded, and that a person wanted it"
is "$(find "$STATE/jobs" -name state.new)" "" "nothing half-written is left"
berth start a
is "$rc:$(record a .state)" "0:running" "a job that is over can be started: it has its files"
berth stop -t 30 a
is "$rc:$(record a '[.state, .status] | @csv')" '0:"exited",143' "and stopped"
berth rm a
is "$rc" 0 "it can be removed"
berth rm -f b
is "$rc:$(names)" "0:" "and so can the other: nothing is left"
room

# --- no file can be made
berth run -d --name=a "${shared[@]}" host sh -c 'echo one; read -r _ </h/a; echo two; touch /h/two; read -r _ </h/a; echo three; sleep 300'
ok "a job says something" wait_for 10 logs a one
as alice sh -c 'i=0; while : >"state/f$i"; do i=$((i + 1)); done' 2>/dev/null
not_ok "no file can be made" as alice touch state/more
berth run -d --name=c host true
is "$rc" 125 "no job is made"
like "$err" 'full|No space left' "and the reason"
rm -f "$STATE"/f[0-9]*
let_go a
ok "the job goes on" wait_for 10 test -e /home/alice/h/two
berth rm -f a
is "$rc:$(names)" "0:" "nothing is left"

# --- the state directory is gone
berth run -d --name=a host sleep 300
is "$rc" 0 "a job runs"
find "$STATE" -mindepth 1 -delete 2>/dev/null
berth ps -a
is "$rc" 0 "its directory is gone: ps -a"
berth run -d --name=b host true
isnt "$rc" 124 "run ends"
[ "$rc" -eq 0 ] || like "$err" '^berth: .*'$'\n''  ' "with a message"
berth daemon stop --force
is "$rc" 0 "daemon stop --force"
no_process() {
	! pgrep -x 'berth-job|berth-engine' >/dev/null
}
ok "nothing runs" wait_for 10 no_process
berth run -d --name=a host true
is "$rc" 0 "the next engine makes it again"
berth rm -f a
is "$rc:$(names)" "0:" "all is as before"
done_testing
