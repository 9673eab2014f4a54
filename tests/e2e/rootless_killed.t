#!/usr/bin/env bash
# The same, of an engine that has one id alone, when who looks after them is killed.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

without_grant one e2e/kept_killed
done_testing
