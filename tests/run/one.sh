#!/usr/bin/env bash
# prove's --exec: runs one test, a shell test or a program, for at most TEST_SECONDS. With TEST_KEPT, what
# a test that fails has said stays in that directory, a file each (tests/run/prove.sh shows them).
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
name=$1
case $1 in
*.t) set -- bash "$@" ;;
esac
# --foreground keeps ^C working; the arena kills all that it holds when it is ended.
limited=(timeout --foreground --kill-after=10 "${TEST_SECONDS:-900}" "$@")
[ -n "${TEST_KEPT-}" ] || exec "${limited[@]}" </dev/null

kept=$TEST_KEPT/${name//\//%}
: >"$kept"
{
	"${limited[@]}" </dev/null 2>&1 >&3 3>&- | tee -a "$kept" >&2
	status=${PIPESTATUS[0]}
} 3> >(exec tee -a "$kept")
# The output's own tee ends with what prove reads; a failure among its lines counts as one.
[ "$status" -ne 0 ] || grep -q '^not ok' "$kept" || rm -f "$kept"
exit "$status"
