#!/usr/bin/env bash
# A25 (CVE-2023-28486, CVE-2024-28085): what a hostile engine says at its start, what a policy file
# holds: on stderr and in the log stand printable bytes, in at most three lines or one. And whatever
# an engine says instead of "ready" is a failure with one of the documented codes.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
allow alice

# says TEXT CODE REGEX NAME
says() {
	engine_says "$1"
	run as alice "$LAUNCHER" start
	like "$rc $err" "^$2 $3" "A25 an engine says $4"
	is "$(LC_ALL=C tr -d '\n -~' <<<"$err" | wc -c)" 0 "A25 an engine says $4: only printable bytes are shown"
	ok "A25 an engine says $4: in three lines at most" test "$(wc -l <<<"$err")" -le 3
	stop_engines
}
says 'Mwhat\nwhy\ntodo' 77 $'berth: what\n  why\n  todo$' "why it is refused"
says 'Nwhat\nwhy\ntodo' 78 'berth: what' "a configuration error"
says '@a' 64 'berth: a' "a usage error"
says 'Ea' 69 'berth: a' "it is busy"
says 'Fa' 70 'berth: a' "a bug"
says 'Ga' 71 'berth: a' "a system error"
says '' 71 'berth: the engine ended before it was ready' "nothing"
says 'R' 0 '$' "it is ready"
# Statuses that mean something else, success above all, are not the engine's to choose.
says '\0' 71 'berth: ' "0"
says '\0\nR' 71 'berth: ' "0 and more"
says '\001what' 71 'berth: ' "1"
says '\377what' 71 'berth: ' "255"
says '}what' 71 'berth: ' "125"
says 'RR' 71 'berth: ' "ready twice"
says 'R\n' 71 'berth: ' "ready and a newline"
says 'Rwhat\nwhy' 71 'berth: what' "ready and why not"
says ' R' 71 'berth: ' "ready behind a blank"
says 'M\e]0;owned\a\e[2J' 77 'berth: \\x1b\]0;owned\\x07\\x1b\[2J$' "escape sequences"
says 'M\302\233\342\200\256\177\r\t\b' 77 'berth: \\xc2\\x9b\\xe2\\x80\\xae\\x7f\\x0d\\x09\\x08$' "C1, bidirectional and other controls"
says 'Ma\nb\nc\nd\ne' 77 $'berth: a\n  b\n  c\\\\x0ad\\\\x0ae$' "five lines"
says 'M\nberth: fake\n' 77 'berth: ' "an empty first line"
says 'Ma\0b\nc' 77 'berth: a' "a NUL"
says 'M%s%n%s%n%x' 77 'berth: %s%n%s%n%x$' "a format"
says "M$(printf '%010000d' 0)" 77 'berth: 0{600}' "10000 bytes"
says "M$(printf '\\\\n%.0s' {1..3000})" 77 'berth: ' "3000 newlines"

# The policy's own text is root's, and yet is not shown: only file, line and what is wrong.
rm /etc/berth/engine-says
spoiled() {
	allow alice
	printf '%b' "$1" >>"$ALLOW/uid-1000.conf"
	refuses 78 'berth: /etc/berth/allow/uid-1000.conf:[0-9]+: ' "A25 a policy file with $2" as alice "$LAUNCHER" start
	is "$(LC_ALL=C tr -d '\n -~' <<<"$err" | wc -c)" 0 "A25 a policy file with $2: only printable bytes are shown"
	unlike "$err" 'owned' "A25 a policy file with $2: none of them the file's"
}
spoiled 'name = \e]0;owned\a\n' "an escape sequence"
spoiled 'owned\e[2J = 1\n' "one in a key"
spoiled '[owned]\n' "a section"
spoiled 'root = /owned/\302\233/../x\n' "a path"
spoiled 'owned\0owned = 1\n' "a NUL"

log=$(log_text)
is "$(grep -vcE '^<8[56]>berth-launcher\[[0-9]+\]: (allow|deny) uid=1000 verb=start' <<<"$log")" 0 \
    "A25 each record of the log is one line of the known form"
unlike "$log" '\\x' "A25 and has printable bytes only"
unlike "$log" 'owned|fake' "A25 and nothing of what the engine said"

# A flood of refusals does not flood the log (20 lines in ten seconds), and a refusal is one line.
rm "$ALLOW/uid-1000.conf"
: >/var/lib/berth/audit-rate
truncate -s 16384 /var/lib/berth/audit-rate
: >"$ARENA_LOG"
SECONDS=0
# shellcheck disable=SC2016  # for the shell of alice's
as alice bash -c 'for _ in {1..200}; do "$0" start; done' "$LAUNCHER" >/dev/null 2>&1
most=$((20 * (SECONDS / 10 + 2)))
lines=$(log_text | grep -c 'deny')
ok "A25 control: that were more refusals than may be in the log (200, $most)" test "$most" -lt 200
ok "A25 they make at most 20 lines in ten seconds ($lines)" test "$lines" -ge 1 -a "$lines" -le "$most"
done_testing
