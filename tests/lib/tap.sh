# shellcheck shell=bash
# TAP for shell tests. Sourced; `prove` reads what is printed.
#
#   . "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
#
#   plan 3                          when the number is known; else end with done_testing alone
#   run CMD...                      runs it; stdout in $out, stderr in $err, status in $rc; tap_piped=yes: stderr
#                                   is a pipe, as it is when the launcher or a program of $TESTBIN is named
#   ok "NAME" CMD...                passes when CMD exits 0 (its output is shown when it does not)
#   not_ok "NAME" CMD...            passes when CMD exits with something else
#   is "$GOT" "$WANTED" "NAME"      equal strings
#   isnt "$GOT" "$UNWANTED" "NAME"
#   like "$GOT" 'REGEX' "NAME"      extended regular expression, [[ =~ ]]
#   unlike "$GOT" 'REGEX' "NAME"
#   complained CODE REGEX "NAME" [CMD...]   the last run ended with CODE, said in one to three lines of berth's what
#                                   matches, and printed nothing else; and CMD, when there is one, exits 0
#   pass "NAME", fail "NAME"
#   looked_at "NAME"                a test for each line of $out, "ok WHAT" or "not ok WHAT -- WHY" as
#                                   tests/lib/onpty.py prints them; one at least
#   diag TEXT                       a comment
#   skip "NAME" "WHY"               one test that cannot run here
#   skip_all "WHY"                  the whole file; ends it
#   done_testing                    last line: the plan if none was given, and the exit status
#
# BERTH_MUST_RUN=1 turns skip and skip_all into failures.
# Do not call these in a subshell or behind a pipe: the counters would be lost.

tap_count=0
tap_failed=0
tap_planned=
# Of the last run.
rc=0
out=
err=

plan() {
	tap_planned=$1
	printf '1..%s\n' "$1"
}

diag() {
	local line count=0
	while IFS= read -r line || [ -n "$line" ]; do
		printf '# %.500s\n' "$line"
		count=$((count + 1))
		[ "$count" -lt 100 ] || break
	done <<<"$*"
	[ "$count" -lt 100 ] || printf '# (and more)\n'
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
}

run() {
	local files
	files=$(mktemp -d)
	rc=0
	case "${tap_piped-} $* " in
	yes* | *berth-launcher* | *"${TESTBIN:-no such program}"*)
		# The launcher says nothing to a file, only to a pipe, a socket or a terminal.
		tap_run_piped "$files" "$@" || rc=$?
		;;
	*)
		# Through files: a process that stays behind with our pipe open would keep us waiting.
		"$@" >"$files/out" 2>"$files/err" || rc=$?
		;;
	esac
	# A NUL byte cannot be kept in a variable; what tests compare are texts.
	out=$(tr -d '\0' <"$files/out")
	err=$(tr -d '\0' <"$files/err")
	rm -rf "$files"
	return 0
}

# As run, with a pipe for stderr, which is read to its end or, when somebody keeps it, for 2 s more, and as
# long as there is something in it.
tap_run_piped() {
	local files=$1 reader status=0 tries=0
	shift
	{ "$@" >"$files/out" 2>&9 9>&-; } 9> >(exec cat >"$files/err") || status=$?
	reader=$!
	while [ "$tries" -lt 100 ] || ! grep -q ') S ' "/proc/$reader/stat" 2>/dev/null; do
		kill -0 "$reader" 2>/dev/null || return "$status"
		tries=$((tries + 1))
		sleep 0.02
	done
	kill "$reader" 2>/dev/null
	return "$status"
}

# What the last run left, for the log of a test that failed.
tap_show_run() {
	diag "status: ${rc-}"
	[ -z "${out-}" ] || diag "stdout: $out"
	[ -z "${err-}" ] || diag "stderr: $err"
}

ok() {
	local name=$1
	shift
	run "$@"
	if [ "$rc" -eq 0 ]; then
		pass "$name"
	else
		fail "$name"
		diag "command: $*"
		tap_show_run
	fi
}

not_ok() {
	local name=$1
	shift
	run "$@"
	if [ "$rc" -ne 0 ]; then
		pass "$name"
	else
		fail "$name"
		diag "should have failed: $*"
		tap_show_run
	fi
}

tap_compare() {
	local verdict=$1 got=$2 what=$3 other=$4 name=$5
	if [ "$verdict" = true ]; then
		pass "$name"
	else
		fail "$name"
		diag "got:    $got"
		diag "$what $other"
		[ -z "$err" ] || diag "stderr of the last run: $err"
	fi
}

is() {
	local v=false
	[ "$1" != "$2" ] || v=true
	tap_compare "$v" "$1" "wanted:" "$2" "$3"
}

isnt() {
	local v=false
	[ "$1" = "$2" ] || v=true
	tap_compare "$v" "$1" "anything but:" "$2" "$3"
}

like() {
	local v=false
	[[ ! $1 =~ $2 ]] || v=true
	tap_compare "$v" "$1" "wanted a match of:" "$2" "$3"
}

unlike() {
	local v=false
	[[ $1 =~ $2 ]] || v=true
	tap_compare "$v" "$1" "wanted no match of:" "$2" "$3"
}

complained() {
	local code=$1 regex=$2 name=$3
	shift 3
	if [ "$rc" -eq "$code" ] && [ -z "$out" ] && [[ $err =~ $regex ]] && [[ $err == "berth: "* ]] &&
		[ "$(wc -l <<<"$err")" -le 3 ] && { [ $# -eq 0 ] || "$@"; }; then
		pass "$name"
	else
		fail "$name"
		diag "wanted status $code and a match of: $regex${1+; and: $*}"
		tap_show_run
		return 1
	fi
}

looked_at() {
	local line
	like "$out" 'ok ' "$1: something was looked at"
	while IFS= read -r line; do
		case $line in
		"ok "*) pass "$1: ${line#ok }" ;;
		*)
			line=${line#not ok }
			fail "$1: ${line%% -- *}"
			diag "$line"
			;;
		esac
	done <<<"$out"
}

skip() {
	if [ -n "${BERTH_MUST_RUN-}" ]; then
		fail "$1"
		diag "cannot run: $2 (and BERTH_MUST_RUN is set)"
	else
		tap_count=$((tap_count + 1))
		printf 'ok %d # SKIP %s: %s\n' "$tap_count" "$1" "$2"
	fi
}

skip_all() {
	if [ -n "${BERTH_MUST_RUN-}" ]; then
		printf '1..1\nnot ok 1 - cannot run: %s (and BERTH_MUST_RUN is set)\n' "$1"
		exit 1
	fi
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

done_testing() {
	[ -n "$tap_planned" ] || printf '1..%d\n' "$tap_count"
	if [ -n "$tap_planned" ] && [ "$tap_planned" -ne "$tap_count" ]; then
		diag "planned $tap_planned tests but ran $tap_count"
		exit 1
	fi
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}
