#!/usr/bin/env bash
# berth attach, and start -a: what a job that runs by itself writes is seen, what is typed reaches it, and
# whoever looks holds up nobody and ends nothing. Terminals are in attach.py.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq python3 pgrep
jobs_world security.confined
install -d -o alice -g alice /home/alice/h
H=(-v /home/alice/h:/h)

# at FILE WORDS...: berth attach in the background, its streams to FILE and FILE.err; $client
at() {
	local file=$1
	shift
	: >"$file"
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
	    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin berth attach -q "$@") >"$file" 2>"$file.err" 8<&- &
	client=$!
}
# begin NAME FLAGS... -- SCRIPT: a detached job that says "tick" until /h/go is there, then SCRIPT
begin() {
	local name=$1
	local -a flags=()
	shift
	rm -f /home/alice/h/*
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	as alice berth run -d --rm "${H[@]}" "${flags[@]}" --name "$name" host \
	    bash -c "until [ -e /h/go ]; do echo tick; sleep 0.05; done; $2" >/dev/null
}
ticks() {
	wait_for 20 grep -q tick "$1"
}
go() {
	touch /home/alice/h/go
}
without_ticks() {
	grep -v '^tick$' "$1"
}

# --- what is seen
begin seen -- 'echo to stdout; echo to stderr >&2; exit 7'
at /run/arena/one seen
one=$client
at /run/arena/two --no-stdin seen
two=$client
ok "it shows what is written" ticks /run/arena/one
ok "to two at once" ticks /run/arena/two
go
client=$one
wait_job
is "$rc" 7 "the job's status"
client=$two
wait_job
is "$rc" 7 "for both"
for n in one two; do
	is "$(without_ticks /run/arena/$n):$(cat /run/arena/$n.err)" "to stdout:to stderr" "$n: each stream is its own, to the last line"
done
ok "the job is gone" jobs_are_gone

rm -f /home/alice/h/*
as alice berth run -d --rm "${H[@]}" --name early host sh -c 'echo early; touch /h/said; until [ -e /h/go ]; do sleep 0.05; done; echo late' >/dev/null
wait_for 20 test -e /home/alice/h/said
as alice sh -c 'until berth logs early | grep -q early; do sleep 0.05; done'
at /run/arena/one early
attached_to() {
	# The log is watched: inotify is there.
	[ -n "$(find "/proc/$1/fd" -lname '*inotify*' 2>/dev/null)" ]
}
ok "attached" wait_for 20 attached_to "$client"
go
wait_job
is "$rc:$(cat /run/arena/one)" "0:late" "what was written before is in the log alone"

begin large -- 'seq 200000; head -c 300000 /dev/urandom | tee /h/random; printf "no newline"'
at /run/arena/one large
ticks /run/arena/one
go
wait_job
is "$(sed '/^tick$/d' /run/arena/one | sha256sum)" \
    "$({ seq 200000; cat /home/alice/h/random; printf 'no newline'; } | sed '/^tick$/d' | sha256sum)" "1.7 MB of any bytes: all of them, in order"

# Its log turns, it ends, and its files lose their names while who looks is held up.
begin stopped -- 'seq 200000; touch /h/over; exit 5'
at /run/arena/one stopped
ticks /run/arena/one
kill -STOP "$client"
go
wait_for 20 test -e /home/alice/h/over
no_job() {
	[ -z "$(ls /home/alice/state/jobs)" ]
}
ok "who looks holds up no removal" wait_for 20 no_job
kill -CONT "$client"
wait_job
is "$rc:$(without_ticks /run/arena/one | sha256sum)" "5:$(seq 200000 | sha256sum)" "and sees it to the end nevertheless"

begin dots -- 'until [ -e /h/end ]; do printf .; sleep 0.02; done; exit 8'
at /run/arena/one dots
ticks /run/arena/one
go
ok "what grows without a newline is seen while it does" wait_for 20 grep -q '^\.\.\.' /run/arena/one
touch /home/alice/h/end
wait_job
is "$rc" 8 "to its end"

# --- who does not read holds up nobody
begin slow -- 'seq 200000; touch /h/over; sleep 1002'
mkfifo /run/arena/pipe
exec 8<>/run/arena/pipe
at /run/arena/pipe slow
slow=$client
wait_for 20 attached_to "$slow"
at /run/arena/two slow
quick=$client
ticks /run/arena/two
go
ok "a pipe that nobody reads: the job goes on" wait_for 20 test -e /home/alice/h/over
ok "and so does who else looks" wait_for 20 grep -qx 200000 /run/arena/two
exec 8<&-
as alice berth stop -t 60 slow >/dev/null
client=$slow
wait_job
client=$quick
wait_job
is "$rc" 143 "which ends with the job"
is "$(as alice sh -c 'berth run -d --rm --name yes host yes >/dev/null; berth attach -q yes | head -n1')" y "into head ends"
as alice berth ps -q --filter name=yes >/run/arena/out
like "$(cat /run/arena/out)" . "and leaves the job"
as alice berth rm -f yes >/dev/null

# --- what is typed
begin input -i -- 'while read -r line; do echo "got $line"; [ "$line" != end ] || exit 3; done'
go
run as alice timeout 100 berth attach -q input <<<$'one\nend'
is "$rc:$(sed '/^tick$/d' <<<"$out")" $'3:got one\ngot end' "what is typed reaches it"
begin input -i -- 'while read -r line; do echo "got $line"; [ "$line" != end ] || exit 3; done'
at /run/arena/one --no-stdin input
one=$client
ticks /run/arena/one
go
as alice timeout 100 berth attach -q --sig-proxy=false input <<<'from a second' >/run/arena/two 2>&1 &
two=$!
ok "the end of one input is not the job's" wait_for 20 grep -q 'got from a second' /run/arena/one
run as alice timeout 100 berth attach -q input <<<end
is "$rc" 3 "a third one still can"
client=$one
wait_job
is "$rc" 3 "who only looked"
client=$two
wait_job
is "$rc" 3 "and the second"
begin noinput -- 'cat; echo over'
as alice timeout 100 berth attach -q noinput <<<typed >/run/arena/one &
client=$!
ok "a job without -i: control: it is seen" ticks /run/arena/one
go
wait_job
is "$rc:$(without_ticks /run/arena/one)" 0:over "and gets nothing that is typed"

# --- signals
begin sig -- 'trap "echo int" INT; trap "echo usr1" USR1; trap "echo term; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
# With a group of its own, as a shell with job control gives it: an orphaned one ignores SIGTSTP.
set -m
at /run/arena/one --no-stdin sig
set +m
ticks /run/arena/one
go
wait_for 20 grep -q ready /run/arena/one
kill -INT "$client"
ok "SIGINT goes to the job" wait_for 20 grep -qx int /run/arena/one
kill -USR1 "$client"
ok "SIGUSR1 too" wait_for 20 grep -qx usr1 /run/arena/one
kill -TSTP "$client"
stopped() {
	[ "$(ps -o state= -p "$1" | tr -d ' ')" = T ]
}
ok "SIGTSTP stops the client" wait_for 20 stopped "$client"
states=$(as alice berth exec -q sig sh -c 'cat /proc/[0-9]*/stat 2>/dev/null')
is "$(grep -c ' (bash) ' <<<"$states"):$(grep -c ') T ' <<<"$states")" 1:0 "alone"
kill -CONT "$client"
at /run/arena/two --no-stdin --sig-proxy=false sig
two=$client
wait_for 20 attached_to "$two"
kill -INT "$two"
wait_job
is "$rc" 130 "--sig-proxy=false: SIGINT ends the client"
at /run/arena/two --no-stdin sig
wait_for 20 attached_to "$client"
kill -HUP "$client"
wait_job
is "$rc" 129 "SIGHUP does, always"
at /run/arena/two --no-stdin sig
wait_for 20 attached_to "$client"
kill -KILL "$client"
wait_job
like "$(as alice berth ps -q --filter name=sig)" . "the job is there after all of that"
at /run/arena/three --no-stdin sig
wait_for 20 attached_to "$client"
kill -TERM "$client"
wait_job
is "$rc:$(cat /run/arena/three)" "9:term" "SIGTERM goes to the job as well"
ok "which ends it" jobs_are_gone

# --- which job
run as alice berth attach -q nosuch
like "$rc:$out:$err" '^1::berth: no such job: nosuch' "no such job"
run as alice berth attach
is "$rc" 64 "no job: usage"
run as alice berth attach a b
is "$rc" 64 "two jobs: usage"
run as alice berth attach --detach-keys=ctrl- a
is "$rc" 64 "keys that are none"
id=$(as alice berth run -d --name over host sh -c 'echo from the job; exit 6')
as alice berth wait over >/dev/null
run as alice berth attach -q over
like "$rc:$out:$err" '^1::berth: not running: over' "one that has ended"
like "$err" 'exited' "its state is said"

start_job /run/arena/fore --name fore host sh -c 'echo up; exec sleep 1004'
wait_for 20 grep -q up /run/arena/fore
as alice sh -c 'until berth inspect fore >/dev/null 2>&1; do sleep 0.05; done'
run as alice berth attach -q fore
like "$rc:$out:$err" '^1::berth: job fore runs in the foreground' "one that has a client"
like "$err" 'berth exec -it fore sh$' "and what to do"
kill -KILL "$client"
wait_job

# --- start -a
run as alice timeout 100 berth start -q -a over
is "$rc:$out:$err" "6:from the job:" "start -a: all that the next run writes, and its status"
run as alice timeout 100 berth start -q -a "${id:0:6}"
is "$rc:$out" "6:from the job" "start -a: as often as one likes, by id"
run as alice timeout 100 berth start -q -a over nosuch
is "$rc" 64 "start -a of two is refused"
run as alice timeout 100 berth start -q -a nosuch
like "$rc:$out:$err" '^1::berth: no such job: nosuch' "start -a of none"
as alice berth rm over >/dev/null
as alice berth run -d -i --name again host sh -c 'read -r line; echo "got $line"; exit 2' >/dev/null
as alice berth stop -t 0 again >/dev/null
run as alice timeout 100 berth start -q -a -i again <<<word
is "$rc:$out" "2:got word" "start -a -i: its input"
as alice berth rm again >/dev/null

# --- terminals
run as alice /usr/bin/python3 "$TOP/tests/e2e/attach.py"
is "$rc:$err" "0:" "terminals: ran to their end"
looked_at terminal
ok "terminals: nothing is left" jobs_are_gone

# --- an engine that is gone, a supervisor that is
begin last -- 'echo on; until [ -e /h/end ]; do sleep 0.05; done; echo end; exit 5'
at /run/arena/one --no-stdin last
ticks /run/arena/one
pkill -KILL -x berth-engine
wait_for 20 sh -c '! pgrep -x berth-engine'
go
ok "its engine is killed: who looks sees it go on" wait_for 20 grep -qx on /run/arena/one
at /run/arena/two --no-stdin last
two=$client
ok "and the next engine lets others look" wait_for 20 attached_to "$two"
touch /home/alice/h/end
wait_job
is "$rc:$(cat /run/arena/two)" "5:end" "to its end"
begin killed -- 'sleep 1003'
at /run/arena/one --no-stdin killed
ticks /run/arena/one
pkill -KILL -x berth-job
wait_job
like "$rc:$(cat /run/arena/one.err)" '^(69:berth: the connection to the job was lost|137:)' "its supervisor is killed: it is told"
ok "nothing is left" jobs_are_gone
done_testing
