#!/usr/bin/env bash
# Exit codes: the command's own, 128+n, 124 to 127, and those of the other verbs (sysexits.h).
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

# A user for whom nothing works: no grant, and no user namespaces either.
closed=("$TESTBIN/no_userns" 1002 /usr/local/bin/berth)
run "${closed[@]}" run host true
is "$rc" 125 "run without a grant: 125"
run "${closed[@]}" --format=json run host true
is "$(jq -r .reason <<<"$err")" no_grant "in JSON: no_grant"
run "${closed[@]}" daemon start
is "$rc" 77 "daemon start without a grant: 77"
run as carol berth info
is "$rc" 0 "info without a grant: an answer"
run as carol berth daemon state
is "$rc" 69 "daemon state without an engine: 69"
run as carol berth daemon stop
is "$rc" 0 "daemon stop without an engine: nothing to do"

jobs_world security.confined
# All 256 in one shell: the codes are what counts.
run bash -c '. "$1"; for n in {0..255}; do job host sh -c "exit $n"; [ $? -eq $n ] || echo "$n: $?"; done' - "$TOP/tests/attack/jobs.sh"
is "$rc:$out" 0: "every status of a command from 0 to 255 is that of berth run"
bad=
for signal in 1 2 3 4 6 7 8 9 10 11 13 14 15 24 25 31; do
	job host sh -c "ulimit -c 0; kill -$signal \$\$; sleep 1"
	[ $? -eq $((128 + signal)) ] || bad="$bad $signal"
done
is "$bad" "" "a command that a signal has ended: 128+n"

run job host nosuchcommand
is "$rc" 127 "not found in PATH: 127"
like "$err" '^berth: cannot run nosuchcommand in the job' "and it is said"
is "$(wc -l <<<"$err")" 2 "in two lines"
run job host /nosuch/command
is "$rc" 127 "a path that is not there: 127"
run job host /etc/passwd/x
is "$rc" 127 "a path through a file: 127"
run job host /etc/passwd
is "$rc" 126 "a file that is no program: 126"
run job host /tmp
is "$rc" 126 "a directory: 126"
mkdir /home/alice/bin
printf '#!/nosuch/shell\n' >/home/alice/bin/only-mine
printf 'neither\n' >/home/alice/bin/text
printf '\x7fELFnonsense' >/home/alice/bin/elf
chmod 755 /home/alice/bin/*
run job -v /home/alice/bin:/b host /b/only-mine
is "$rc" 127 "a script whose interpreter is not there: 127"
run job -v /home/alice/bin:/b host /b/text
is "$rc" 126 "a text without #!: 126, as no shell stands between"
run job -v /home/alice/bin:/b host /b/elf
is "$rc" 126 "a broken program: 126"
run job -v /home/alice/bin:/b -e PATH=/b host text
is "$rc" 126 "the same by PATH"
run job -e PATH= host true
is "$rc" 127 "an empty PATH: 127"
run job -e PATH=/nosuch:/usr/bin host true
is "$rc" 0 "a PATH with a directory that is not there"
chmod 644 /home/alice/bin/only-mine
run job -u 7 -v /home/alice/bin:/b -e PATH=/b:/usr/bin host only-mine
is "$rc" 126 "found but not executable: 126"
run job --timeout 1 host sleep 20
is "$rc" 124 "its time is over: 124"
run job host sh -c 'exit 124'
is "$rc:$err" "124:" "a command that ends with 124 itself: no word of a timeout"
run job --nosuch host true
is "$rc" 125 "run, wrong usage: 125"
run job --network host host true
is "$rc" 125 "run, refused: 125"
run job -v /nosuch:/x host true
is "$rc" 125 "run, cannot be done: 125"

# --- the other verbs
for words in "" nosuch "daemon" "daemon nosuch" "daemon state x" "info x" "version x" "--nosuch" "daemon --nosuch state" \
    "--format=xml info" "--host=nonsense daemon state" "explain" "explain nosuch" "daemon reset x" pull "ps x" "stop" "stop -t x a"; do
	# shellcheck disable=SC2086
	run as alice berth $words
	is "$rc" 64 "berth $words: 64"
	[ -z "$words" ] || is "$(wc -l <<<"$err"):$out" "$(($(wc -l <<<"$err") <= 3 ? $(wc -l <<<"$err") : 3)):" "berth $words: at most three lines"
done
run as alice berth --host=unix:/nosuch daemon state
is "$rc" 69 "no engine at an address of the caller's: 69"
run as alice berth explain -- run --network host host true
is "$rc" 77 "explain, refused: 77"
run as alice berth grant bob security.confined
is "$rc" 77 "what needs root: 77"
like "$err" 'sudo berth grant bob security.confined' "and the line to paste"
run as alice sh -c 'berth info >/dev/full'
is "$rc" 1 "an answer that cannot be written: 1"
for verb in help version info "daemon state" grants check "help run"; do
	# shellcheck disable=SC2086
	run as alice berth $verb
	is "$rc:$err" "0:" "berth $verb: 0"
done
run as alice berth --version
is "$rc" 0 "berth --version"
start_job /run/arena/out host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
run as alice berth daemon stop
is "$rc" 1 "daemon stop while a job runs: 1"
like "$err" '--force' "and says how"
run as alice berth --format=json daemon stop
is "$rc:$(jq -r .reason <<<"$err")" "1:busy" "in JSON with a stable reason"
run as alice berth daemon stop --force
is "$rc" 0 "daemon stop --force: 0"
wait_job
is "$rc" 143 "and the job's client learns it"

# --- JSON errors
for spec in "usage:--nosuch host true" "not_granted:--network host host true" "unavailable:--cap-add SYS_ADMIN host true" \
    "not_found:host nosuch" "not_executable:host /tmp" "system:-v /nosuch:/x host true"; do
	# shellcheck disable=SC2086
	run as alice berth --format=json run -q ${spec#*:}
	is "$(jq -r .reason <<<"$err" 2>&1)" "${spec%%:*}" "JSON: ${spec#*:}: ${spec%%:*}"
	is "$(jq -r 'has("what") and has("why") and has("todo") and has("code")' <<<"$err" 2>&1)" true "JSON: ${spec#*:}: the other keys"
done
done_testing
