#!/usr/bin/env bash
# prove, for a log of which only the end may be seen: what the tests that failed have said stands once
# more right before the summary, which is the last thing printed.
# usage: prove.sh [PROVE'S OPTION...] TEST...
#   BEFORE_SUMMARY=FILE   what is in it is printed there as well
#   TEST_JOBS=N           so many tests at once (one more than there are processors, and no more than four:
#                         they wait more than they compute);
#                         those of tests/run/alone one at a time, before the others
set -uo pipefail
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
# Lines of each test that are shown, and of all of them together.
each=40 all=50

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/kept"

# Every "not ok" and what is said of it; of a test that has none, how it ended.
why() {
	local found
	found=$(awk '/^not ok/ { on = 1 } /^(ok|1\.\.)/ { on = 0 } on' "$1")
	if [ -n "$found" ]; then
		head -n "$2" <<<"$found"
		[ "$(wc -l <<<"$found")" -le "$2" ] || echo "  (and more)"
	else
		echo "  (no test of it failed; its last lines:)"
		tail -n "$(($2 < 12 ? $2 : 12))" "$1"
	fi
}

# $1: lines of each
failures() {
	local file name
	for file in "${kept[@]}"; do
		name=${file##*/}
		printf -- '--- %s\n' "${name//%//}"
		why "$file" "$1" | cut -c 1-300
	done
}

digest() {
	local -a kept=()
	local few in_full in_short
	mapfile -t kept < <(find "$work/kept" -type f | sort)
	if [ ${#kept[@]} -gt 0 ]; then
		few=$((all / ${#kept[@]} - 1))
		in_full=$(failures "$each")
		in_short=$(failures "$((few < 3 ? 3 : few))")
		[ "$in_full" = "$in_short" ] || printf '\n===== what failed\n%s\n' "$in_full"
		printf '\n===== what failed, in short\n%s\n' "$in_short"
	fi
	[ ! -s "${BEFORE_SUMMARY-}" ] || { echo && cat "$BEFORE_SUMMARY"; }
}

# Everything as it comes, but the summary, which waits for the digest.
hold_summary() {
	local line
	local -a held=()
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"Test Summary Report" | "All tests successful." | "Files="*) held+=("$line") && break ;;
		esac
		printf '%s\n' "$line"
	done
	mapfile -t -O "${#held[@]}" held
	digest
	echo
	printf '%s\n' "${held[@]}"
}

{
	echo "seq:"
	sed -n 's|^\(tests/[^ ]*\).*|  - seq: \1|p' tests/run/alone
	echo "  - par: '**'"
} >"$work/rules"
export HARNESS_RULESFILE=$work/rules
processors=$(nproc)
set -- --jobs "${TEST_JOBS:-$((processors > 3 ? 4 : processors + 1))}" --exec tests/run/one.sh "$@"
# A person sees how far it is, and can look further up.
if [ -t 1 ]; then
	prove "$@"
else
	TEST_KEPT=$work/kept prove "$@" | hold_summary
fi
