#!/usr/bin/env bash
# What berth prints where: colour on a terminal only, levels, a progress line that is gone again; and
# outputs that end early, are full, or are shared.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs script jq
jobs_world security.confined

esc=$'\e'
# seen [VAR=X...] -- SHELL-COMMAND: what a terminal gets; in $out
seen() {
	local -a more=()
	while [ "$1" != -- ]; do
		more+=("$1")
		shift
	done
	run as_env alice "${more[@]}" -- script -qec "$2" /dev/null
}

# --- colour
seen TERM=xterm -- 'berth help'
like "$out" "^${esc}\[1musage:${esc}\[0m berth" "a heading on a terminal"
seen TERM=xterm -- 'berth bogus'
like "$out" "^${esc}\[1;31mberth:${esc}\[0m unknown command: bogus" "an error on a terminal"
for how in NO_COLOR=1 NO_COLOR=false TERM=dumb TERM=; do
	seen TERM=xterm "$how" -- 'berth help; berth bogus; berth explain -- run --network host host'
	unlike "$out" "$esc" "$how: no colour"
	like "$out" 'unknown command: bogus' "$how: the text is the same"
done
seen -- 'berth help; berth bogus'
like "$out" 'unknown command: bogus' "no TERM: the text is the same"
unlike "$out" "$esc" "no TERM: no colour"
seen TERM=xterm NO_COLOR= -- 'berth help'
like "$out" "$esc" "an empty NO_COLOR says nothing"
seen TERM=xterm -- 'berth explain -- run --network host host'
like "$out" "${esc}\[32mallow   ${esc}\[0m" "a verdict that allows"
like "$out" "${esc}\[31mrefuse  ${esc}\[0m" "and one that refuses"

# Each descriptor for itself.
seen TERM=xterm -- 'berth explain -- run --network host host 2>/home/alice/err'
like "$out" "$esc" "standard output is the terminal: coloured"
like "$(cat /home/alice/err)" '^berth: refused' "standard error is a file: it has the text"
unlike "$(cat /home/alice/err)" "$esc" "standard error is a file: not"
seen TERM=xterm -- 'berth explain -- run --network host host >/home/alice/out'
like "$(cat /home/alice/out)" 'refuse' "standard output is a file: it has the text"
unlike "$(cat /home/alice/out)" "$esc" "standard output is a file: not coloured"
like "$out" "^${esc}\[1;31mberth:" "standard error is the terminal: coloured"
seen TERM=xterm -- 'berth --format=json help; berth --format=json explain -- run --network host host; berth --format=json bogus; berth --format=json daemon state'
like "$out" '"summary".*"allowed".*"why".*"running"' "all of it as JSON"
unlike "$out" "$esc" "no colour in JSON"

# Of all that a terminal gets, only these sequences are berth's, and only berth's are there.
odd=$'\e]0;x\a\x9b31m\e[5m'
seen TERM=xterm -- "berth '$odd'; berth run --'$odd' host; berth run -v '/$odd:/x' host; berth run --name '$odd' host; berth explain -- run -v '/usr:/$odd' host; berth --log-level=debug run host '/$odd'"
like "$out" 'x1b.0;x.x07' "text of others is shown, escaped"
is "$(sed "s/${esc}\[\(0\|1\|2\|31\|32\|1;31\)m//g" <<<"$out" | LC_ALL=C tr -d '\r\n -~' | od -An -c)" "" \
    "text of others brings no sequence of its own"

# --- levels: an error, a warning, a note, and steps
shown() {
	local text=$1 what
	for what in 'its time \(--timeout\) is over' 'no engine is running' '^berth: \[[0-9.]+ ms\] '; do
		[[ $text =~ $what ]] && printf '1' || printf '0'
	done
}
level() {
	local wanted=$1
	shift
	run as alice berth "$@" run --timeout 1s host sleep 9
	text=$err
	run as alice berth "$@" daemon stop
	run as alice berth "$@" daemon stop
	is "$(shown "$text"$'\n'"$err")" "$wanted" "$*: warnings, notes, steps: $wanted"
	run as alice berth "$@" bogus
	like "$err" 'unknown command' "$*: errors are shown"
}
level 110 --log-level=info
level 100 --log-level=warning
level 000 --log-level=error
level 000 -q
level 000 -q --log-level=debug
# The loop's [[ has ^ at the head of the text only.
run as alice berth --log-level=debug run host true
is "$(grep -cE '^berth: \[[0-9]+\.[0-9] ms\] ' <<<"$err"):$(wc -l <<<"$err")" "$(wc -l <<<"$err"):$(wc -l <<<"$err")" \
    "debug: each line has its time"
for step in 'nobody listens at /run/berth/1000/engine.sock' 'berth-launcher start ended with status 0' \
    'connected at /run/berth/1000/engine.sock' 'the engine took the call Run' 'the job runs'; do
	like "$err" "$step" "debug: $step"
done
ok "debug: the times do not go back" sort -C -n <<<"$(sed -n 's/^berth: \[\([0-9.]*\) ms\].*/\1/p' <<<"$err")"
run as alice berth --format=json --log-level=debug run host true
is "$(jq -s 'map(select(has("debug") and (.us | type) == "number")) | length > 2' <<<"$err")" true "debug in JSON"
run as alice berth --format=json --log-level=info run --timeout 1s host sleep 9
like "$(jq -r .warning <<<"$err")" 'its time' "a warning in JSON"
as alice berth daemon stop
run as alice berth --format=json daemon stop
is "$rc:$err" "0:" "no notes between JSON"

# --- progress: somebody holds the lock, as another client that starts an engine does
run job host true
as alice berth daemon stop
# Until let_go
hold() {
	rm -f /run/arena/go
	wait_for 5 flock -n /run/berth/1000/lock true
	flock /run/berth/1000/lock sh -c 'until [ -e /run/arena/go ]; do sleep 0.02; done' &
	holder=$!
	wait_for 5 not_free
}
not_free() {
	! flock -n /run/berth/1000/lock true
}
let_go() {
	touch /run/arena/go
	wait "$holder"
}
# A client has waited for longer than it takes to say so.
starts_late() {
	pgrep -x -u alice berth && sleep 0.5
}
hold
as_env alice TERM=xterm -- script -qec 'berth run host echo result' /dev/null >/run/arena/told &
seer=$!
ok "a start that takes long is told" wait_for 20 grep -q 'starting the engine' /run/arena/told
let_go
rc=0
wait "$seer" || rc=$?
is "$rc:$(cat /run/arena/told)" "0:berth: starting the engine ..."$'\r'"${esc}[Kresult"$'\r' "and erased"
# silent NAME [VAR=X...] -- COMMAND
silent() {
	local name=$1
	shift
	as alice berth daemon stop
	hold
	(wait_for 20 starts_late; touch /run/arena/go) &
	seen "$@"
	unlike "$out" 'starting' "$name: no progress"
	like "$out" 'result' "$name: and the result"
	wait "$holder"
}
silent "-q" TERM=xterm -- 'berth -q run host echo result'
silent "--log-level=warning" TERM=xterm -- 'berth --log-level=warning run host echo result'
silent "a terminal that cannot erase" TERM=dumb -- 'berth run host echo result'
silent "JSON" TERM=xterm -- 'berth --format=json run host echo result'
silent "standard output is no terminal" TERM=xterm -- 'berth run host echo result | cat'
silent "standard error is no terminal" TERM=xterm -- 'berth run host echo result 2>&1 >/dev/tty | cat'
as alice berth daemon stop
hold
(wait_for 20 starts_late; touch /run/arena/go) &
run job host echo result
is "$rc:$out:$err" "0:result:" "no terminal at all: nothing but the result"
wait "$holder"
as alice berth daemon stop
mv "$LAUNCHER" "$LAUNCHER.away"
rm -f /run/arena/go
printf '#!/bin/sh\nuntil [ -e /run/arena/go ]; do sleep 0.02; done\necho "berth: no luck" >&2\nexit 71\n' >"$LAUNCHER"
chmod 755 "$LAUNCHER"
: >/run/arena/told
as_env alice TERM=xterm -- script -qec 'berth run host true' /dev/null >/run/arena/told &
seer=$!
ok "one that fails is told, too" wait_for 20 grep -q 'starting the engine' /run/arena/told
touch /run/arena/go
wait "$seer"
is "$(cat /run/arena/told)" "berth: starting the engine ..."$'\r'"${esc}[K${esc}[1;31mberth:${esc}[0m no luck"$'\r' "an error takes the place of the progress line"
mv -f "$LAUNCHER.away" "$LAUNCHER"

# --- ^C in the middle of a start
hold
run as alice timeout --foreground -s INT 0.5 berth run host true
is "$rc" 124 "^C while an engine is being started ends berth"
ok "nothing of it stays" jobs_are_gone
is "$(pgrep -x berth)" "" "no client"
let_go
run job host echo next
is "$rc:$out" "0:next" "and the next call works"

# --- outputs that end early, and full ones
for words in help "help run" "--format=json help" info version "__complete run --"; do
	# shellcheck disable=SC2086
	run as alice bash -c 'set -o pipefail; "$@" | head -n1' sh berth $words
	like "$rc:$err" '^(0|141):$' "berth $words | head -1: no error"
	# shellcheck disable=SC2086
	run as alice bash -c 'trap "" PIPE; "$@" | true; exit "${PIPESTATUS[0]}"' sh berth $words
	like "$rc:$err" '^(0:|1:(berth: |.*"what":")cannot write to standard output)' "berth $words | true, SIGPIPE ignored: said in words, if at all"
	# shellcheck disable=SC2086
	run as alice bash -c '"$@" >/dev/full' sh berth $words
	like "$rc:$err" '^1:(berth: |.*"what":")cannot write to standard output' "berth $words >/dev/full"
	# shellcheck disable=SC2086
	run as alice bash -c '"$@" >&-' sh berth $words
	is "$rc:$err" "0:" "berth $words with standard output closed"
done
run as alice bash -c 'berth bogus 2>/dev/full'
is "$rc:$out" "64:" "an error that cannot be shown is still a status"
run root bash -c '"$0" check >/dev/full' "$ADMIN"
is "$rc:${err%%$'\n'*}" "71:berth: cannot write the result" "berth-admin check >/dev/full"

# --- two at once
as alice berth daemon stop
as alice berth run host echo one >/run/arena/one 2>&1 &
first=$!
as alice berth run host echo two >/run/arena/two 2>&1 &
second=$!
wait "$first"
is "$?:$(cat /run/arena/one)" "0:one" "two first calls at once: one"
wait "$second"
is "$?:$(cat /run/arena/two)" "0:two" "and the other"
done_testing
