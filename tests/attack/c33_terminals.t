#!/usr/bin/env bash
# C33, A25 (CVE-2023-28486, CVE-2024-28085): texts that are a job's or an image's own in what berth shows of
# them: escape sequences, C1 controls, line ends, marks of direction. What berth says is printable and in
# the lines that are its own; a job's output is passed on as it is where it was asked for, and nowhere else.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 script
jobs_world security.confined
evil=$'\e]0;owned\a\e[2J\302\23331m\342\200\256\x7f\r\n\tberth: owned'
image=/home/alice/image
make_image $image
evil_dir=/home/alice/$'im\e[2J\nage\342\200\256'
cp -a $image "$evil_dir"
printf 'app:x:4294967296:7::/:/bin/sh\n' >>$image/etc/passwd
verb() {
	as_env alice NO_COLOR=1 -- timeout -k 5 $JOB_SECONDS berth "$@"
}
# clean NAME: what the last run printed and said are lines of printable ASCII
clean() {
	is "$(LC_ALL=C tr -d '\n -~' <<<"$out$err" | od -An -tx1)" "" "C33 $1: only printable bytes"
	is "$(grep -cE '^(berth: )?owned' <<<"$out"$'\n'"$err")" 0 "C33 $1: no line that is not berth's"
}
# The same on a terminal, whose line ends are two bytes.
clean_on_terminal() {
	local name=$1
	shift
	rc=0
	out=$(set -o pipefail && as_env alice NO_COLOR=1 TERM=dumb SHELL=/bin/sh -- timeout -k 5 $JOB_SECONDS script -qec "berth $*" /dev/null </dev/null | sed 's/\r$//') || rc=$?
	err=
	is "$rc" 0 "C33 control: $name on a terminal"
	clean "$name on a terminal"
}

# A job all of whose texts are such.
run verb run -d --label "l=$evil" --label "$evil=v" "${USR[@]}" -e "E=$evil" "$evil_dir" sh -c 'printf "$1"; while :; do sleep 1000; done' "$evil" '\033]0;owned\a\033[2J\n'
evil_job=$out
like "$rc $out" '^0 [0-9a-f]{12}$' "C33 control: it runs"
clean "its start"
ok "C33 control: it has written" wait_for 20 eval 'verb logs $evil_job | grep -q owned'
for call in 'ps -a' 'ps -a --no-trunc' 'ps --no-trunc -q' "inspect $evil_job" "top $evil_job" 'stats --no-stream' 'system df' 'daemon state' 'daemon logs'; do
	# shellcheck disable=SC2086
	run verb $call
	is "$rc" 0 "C33 control: $call"
	clean "$call"
	clean_on_terminal "$call" "$call"
done
run verb inspect "$evil_job"
is "$(python3 -c 'import json, sys
job = json.load(sys.stdin)[0]
print(job["labels"]["l"] == sys.argv[1], job["config"]["args"][3] == sys.argv[1], job["image"] == sys.argv[2])' "$evil" "$evil_dir" <<<"$out")" "True True True" \
    "C33 control: and yet inspect tells them as they are"
run verb logs "$evil_job"
is "$out" $'\e]0;owned\a\e[2J' "C33 a job's output: as it is, for who asks for it"

# A title that a process gives itself.
verb exec -d "$evil_job" python3 -c 'import ctypes, time
ctypes.CDLL(None).prctl(15, b"\x1b[2J\nowned")
time.sleep(1000)' "$evil"
ok "C33 control: it shows in /proc" wait_for 20 eval 'grep -qs owned /proc/[0-9]*/comm'
run verb top "$evil_job"
like "$rc:$out" '^0:.*time\.sleep' "C33 control: top of such a process"
clean "top of such a process"

# Lines that look like records of the log, and like errors of berth's, in a job's output.
run verb run -d --name forger host sh -c 'echo "2020-01-01T00:00:00.000000000Z stderr F forged"; printf "%s" "2020-01-01T00:00:00.000000000Z stderr P part"; echo; echo "berth: owned"; printf "a\rb\0c\n"'
ok "C33 control: the forger is over" wait_for 20 eval 'verb ps -a | grep -q "Exited (0).*forger"'
run verb logs forger
is "$err" "" "C33 a forged record: nothing comes from another stream"
is "$out" $'2020-01-01T00:00:00.000000000Z stderr F forged\n2020-01-01T00:00:00.000000000Z stderr P part\nberth: owned\na\rbc' \
    "C33 a forged record: the text that it is"
run verb logs --timestamps forger
is "$(grep -vcE '^20[0-9]{2}-[0-9-]*T[0-9:.]*Z ' <<<"$out"):$(grep -c '^2020' <<<"$out")" "0:0" "C33 a forged record: no time of its own"

# Errors that repeat what they were given, from berth and from a job's supervisor.
while IFS='|' read -r name words; do
	declare -a call=()
	eval "call=($words)"
	run verb "${call[@]}"
	isnt "$rc" 0 "C33 control: $name is refused"
	clean "$name"
	ok "C33 $name: three lines at most" test "$(wc -l <<<"$err")" -le 3
done <<'END'
a name|run --name "$evil" host true
a user|run -u "$evil" host true
a user of the image's|run "${USR[@]}" -u "app" $image true
a group|run -u "0:$evil" host true
a command|run host "/$evil"
a command without a path|run host "$evil"
a directory|run -w "/$evil" host true
a place|run -v "/home/alice/$evil:/x" host true
a target|run -v "/home/alice:/proc/$evil" host true
an image|run "/home/alice/$evil" true
an entitlement|run --entitlement "$evil" host true
a variable|run -e "=$evil" host true
a limit|run --ulimit "$evil=1" host true
a flag|run "--$evil" host true
a job that is not there|inspect "$evil"
a job that is not there, for exec|exec "$evil" true
a command in a job|exec "$evil_job" "/$evil"
a user in a job|exec -u "$evil" "$evil_job" true
a directory in a job|exec -w "/$evil" "$evil_job" true
a filter|ps --filter "$evil"
a verb|"$evil"
END
verb rm -f "$evil_job" forger >/dev/null
ok "C33 nothing is left of the jobs" jobs_are_gone
done_testing
