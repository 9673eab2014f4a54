#!/usr/bin/env bash
# prove's --exec: runs one test, a shell test or a program, for at most TEST_SECONDS.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
case $1 in
*.t) set -- bash "$@" ;;
esac
# --foreground keeps ^C working; the arena kills all that it holds when it is ended.
exec timeout --foreground --kill-after=10 "${TEST_SECONDS:-300}" "$@" </dev/null
