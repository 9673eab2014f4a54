#!/usr/bin/env bash
# A01 (CVE-2021-4034: argc 0), A02 (argv[0] trusted or printed), A03 (odd arguments: CVE-2021-3156).
# The launcher is told one word; whatever else it is told, it says how it is used and does nothing.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice
usage='^berth: usage: berth-launcher start'
run as alice "$LAUNCHER"
whole=$err

noprv_snapshot /run/arena/before

refuses 64 "$usage" "A01 no argument at all" as alice "$TESTBIN/odd_exec" argc0 "$LAUNCHER"
early_trace /run/arena/trace alice "$TESTBIN/odd_exec" argc0 "$LAUNCHER"
is "$rc" 64 "A01 the same under a tracer"
like "$(grep -c 'execve(.*= 0' /run/arena/trace)" '^2$' "A01 it was really started that way"
like "$(grep 'execve(' /run/arena/trace)" 'berth-launcher", \[\]' "A01 with no name"
# odd_exec's own execve is its only effect.
is "$(early_effects /run/arena/trace | grep -v "^execve(\"$LAUNCHER\"")" "" "A01 nothing happened"

named() {
	as alice bash -c 'exec -a "$0" "$1" "${@:2}"' "$@"
}
long=$(printf '%0100000d' 0)
for name in "" "-sh" sudoedit ../../x berth-admin $'\e]0;x\a' $'\xff\xfe' "$long"; do
	shown=$(printf '%q' "${name:0:20}")
	refuses 64 "$usage" "A02 called $shown: usage" named "$name" "$LAUNCHER"
	is "$err" "$whole" "A02 called $shown: no byte of it is shown"
	engine_says R
	run named "$name" "$LAUNCHER" start
	is "$rc $out$err" "0 " "A02 called $shown: start is start"
	stop_engines
done
engine_stays

run named $'\e]0;x\a' /usr/bin/ls --no-such-option
like "$err" $'^\e]0;x\a: ' "A02 control: another program shows the name that it was called by"

many=$(printf 'x %.0s' {1..2000})
# The largest single argument that execve(2) takes is 128 KiB with its NUL.
large=$(printf '%0131071d' 0)
starting=start$'\n'
cases=($'\\' $'--x=\\' '--' '' 'Start' 'START' 'start ' ' start' "$starting" 'star' 'startx' 'stop' 'mount'
	'--config=/tmp/x' '-R' '-h' '--help' '--version' $'\xc3\x28' $'\e[2J' "$large")
for word in "${cases[@]}"; do
	shown=$(printf '%q' "${word:0:20}")
	refuses 64 "$usage" "A03 told $shown" as alice "$LAUNCHER" "$word"
	is "$err" "$whole" "A03 told $shown: no byte of it is shown"
done
refuses 64 "$usage" "A03 told nothing" as alice "$LAUNCHER"
refuses 64 "$usage" "A03 start and more" as alice "$LAUNCHER" start x
refuses 64 "$usage" "A03 start twice" as alice "$LAUNCHER" start start
refuses 64 "$usage" "A03 start and an empty word" as alice "$LAUNCHER" start ""
refuses 64 "$usage" "A03 -- twice" as alice "$LAUNCHER" -- -- start
# shellcheck disable=SC2086
refuses 64 "$usage" "A03 2000 words" as alice "$LAUNCHER" $many

early_trace /run/arena/trace alice "$LAUNCHER" -- start
early_is_clean /run/arena/trace "A03 EARLY"
is "$(early_opens /run/arena/trace | grep -vx /dev/null)" "" "A03 no file is opened before the words are judged"
is "$(log_text | grep -c 'allow')" 8 "the log tells of the eight starts alone"
unlike "$(log_text)" 'sudoedit|\\x' "and no word of the caller stands in it"

rm -f /etc/berth/engine-says
noprv_is_same /run/arena/before "NOPRIV"
done_testing
