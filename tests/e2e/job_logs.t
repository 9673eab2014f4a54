#!/usr/bin/env bash
# berth logs, of real jobs: every byte on its stream, with times, from a moment on, the last lines; -f to
# the end of the job, through a change of the file and a restart.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined
install -d -o alice /home/alice/h
run_d() {
	b run -d -v /home/alice/h:/h "$@"
}

run_d --name two host sh -c 'echo one; echo oh >&2; printf par; printf %s tial; exit 3'
b wait two
is "$rc:$out" "0:3" "a job that wrote"
b logs two
is "$rc:$out:$err" $'0:one\npartial:oh' "each stream on its own"
b logs -t two
like "$out" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z one
[0-9TZ:.-]+ partial$' "-t: a time before each line"
like "$err" '^[0-9TZ:.-]+ oh$' "on both streams"
b logs --tail 1 two
is "$out:$err" "partial:" "--tail: the last line"
b logs --since 1h two
is "$out:$err" $'one\npartial:oh' "--since"
b logs --until 1h two
is "$rc:$out:$err" "0::" "--until"
b --format=json logs two
is "$(jq -r 'select(.stream == "stdout").text' <<<"$out" | tr -d '\n')" "onepartial" "as JSON"
b logs -f two
is "$rc:$out:$err" $'0:one\npartial:oh' "-f of a job that is over: all, and an end"

# --- bytes
head -c 300000 /dev/urandom >/home/alice/h/random
run_d --name bytes host sh -c 'cat /h/random; cat /h/random >&2'
b wait bytes
as alice berth logs bytes >/run/arena/out 2>/run/arena/err
ok "any bytes: stdout" cmp /run/arena/out /home/alice/h/random
ok "any bytes: stderr" cmp /run/arena/err /home/alice/h/random

# --- a job in the foreground has none, until it is started again
b run -q --rm=false --name front host sh -c 'echo hello'
is "$rc:$out" "0:hello" "in the foreground the client has it"
for follow in '' -f; do
	# shellcheck disable=SC2086 # no word, or one
	run as alice timeout 60 berth logs $follow front
	is "$rc:$out:$err" "1::berth: job front has no log
  it is one in the foreground: its client has what it writes" "logs $follow says so"
done
b start front
b wait front
b logs front
is "$rc:$out:$err" "0:hello:" "started again it has one"
run_d --name silent host true
b wait silent
b logs silent
is "$rc:$out:$err" "0::" "nor is it an error that a job wrote nothing"

# --- a terminal's is one stream
run_d -t --name tty host sh -c 'echo out; echo err >&2'
b wait tty
b logs tty
is "$out:$err" $'out\r\nerr\r:' "of a terminal all is standard output"

# --- -f, and a change of the file. With one change nothing is lost, however slow the reader is.
# shellcheck disable=SC2016
run_d --name much host sh -c 'until [ -e /h/go ]; do sleep 0.05; done
    i=0; while [ $i -lt 1000 ]; do echo "$i 0123456789"; i=$((i + 1)); done
    head -c 9000000 /dev/zero | tr "\0" x; echo; echo end'
as alice timeout 200 berth logs -f much >/run/arena/follow &
follow=$!
touch /home/alice/h/go
rc=0
wait $follow || rc=$?
is "$rc" 0 "-f ends when the job does"
wanted() {
	seq -f '%.0f 0123456789' 0 999
	head -c 9000000 /dev/zero | tr '\0' x
	printf '\nend\n'
}
is "$(sha256sum </run/arena/follow)" "$(wanted | sha256sum)" "with every byte, through log and log.1"
ok "the file did change" test -e "$(echo "$STATE"/jobs/*/log.1)"
as alice berth logs much >/run/arena/out
is "$(sha256sum </run/arena/out)" "$(wanted | sha256sum)" "and afterwards, too"

# --- without -f it ends, whatever the job goes on to write while a slow reader takes what there was
mkfifo /run/arena/slow
rm -f /home/alice/h/go
run_d --name chat host sh -c 'seq 1 20000; until [ -e /h/go ]; do sleep 0.05; done; seq 20001 500000'
chat_has() {
	as alice berth logs --tail 1 chat | grep -qx "$1"
}
wait_for 60 chat_has 20000
as alice berth logs chat >/run/arena/slow &
exec 7</run/arena/slow
read -r -u 7 first
touch /home/alice/h/go
b wait chat
is "$first:$(tail -n1 <&7)" "1:20000" "without -f it ends with what was there, however much follows"
exec 7<&-

# --- bounded: of much more than that the end is there, in whole lines
run_d --name flood host sh -c 'seq 1 1000000'
b wait flood
as alice berth logs flood >/run/arena/out
first=$(head -n1 /run/arena/out)
ok "much of it is there" test "$(wc -l </run/arena/out)" -gt 100000
ok "the end of much: nothing is missing in it" cmp /run/arena/out <(seq "$first" 1000000)
size=$(cat "$STATE"/jobs/"$(inspected flood .id)"/log* | wc -c)
ok "and no more is kept than 16 MiB" test "$size" -le $((16 << 20))

# --- -f of a job that is started again
# shellcheck disable=SC2016
run_d --name again --restart=on-failure:2 host sh -c 'echo run $(cat /h/count 2>/dev/null); echo x >>/h/count; exit 1'
run as alice timeout 60 berth logs -f again
is "$rc:$(grep -c run <<<"$out")" "0:3" "-f goes on through restarts, and ends with the last one"

# --- removed while it is followed
run_d --name gone host sh -c 'echo up; exec sleep 1000'
as alice timeout 60 berth logs -f gone >/run/arena/follow 2>&1 &
follow=$!
wait_for 10 grep -q up /run/arena/follow
b rm -f gone
rc=0
wait $follow || rc=$?
is "$rc:$(cat /run/arena/follow)" "0:up" "one that is removed ends, too"

# --- its log turns, it ends, and its files lose their names while who looks is held up
rm -f /home/alice/h/*
# shellcheck disable=SC2016
run_d --rm --name turns host sh -c 'echo up; until [ -e /h/go ]; do sleep 0.05; done; seq 200000'
: >/run/arena/follow
(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin berth logs -f turns) >/run/arena/follow 8<&- &
client=$!
wait_for 20 grep -q up /run/arena/follow
kill -STOP "$client"
touch /home/alice/h/go
no_turns() {
	! as alice berth inspect turns >/dev/null 2>&1
}
ok "who follows holds up no removal" wait_for 60 no_turns
kill -CONT "$client"
rc=0
wait "$client" || rc=$?
is "$rc:$(sha256sum </run/arena/follow)" "0:$({ echo up; seq 200000; } | sha256sum)" "and sees it to the end nevertheless"

# --- what its user did to the file
run_d --name odd host echo text
b wait odd
dir=$STATE/jobs/$(inspected odd .id)
rm "$dir/log"
as alice mkfifo "$dir/log"
b logs odd
is "$rc:$out" "0:" "a pipe is no log, and nobody waits for it"
rm "$dir/log"
as alice ln -s /etc/passwd "$dir/log"
b logs odd
is "$rc:$out" "0:" "nor is a link"
rm "$dir/log"
head -c 200000 /dev/urandom | as alice tee "$dir/log" >/dev/null
b logs odd
is "$rc:$out" "0:" "nor what is no record"
done_testing
