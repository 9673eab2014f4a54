#!/usr/bin/env bash
# Every system call of a call without a grant that finds no engine, of the client, of the namespace's
# init and of the engine, fails once with each of six errors, and whoever makes it is killed or
# stopped there. The command then has what it always has, or does not run (where newuidmap(1) could not
# be called it has fewer ids); nothing of it stays; the next call works.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
faults faults rootless 16
done_testing
