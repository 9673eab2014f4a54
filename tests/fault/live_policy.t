#!/usr/bin/env bash
# As live.t, with jobs that have a restart policy: they run again when they should, and only then. Not
# one that a person has ended, nor one that was killed before anybody could be told that it runs.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
. "$TOP/tests/fault/live.sh"
live 1 1 "run for good:engine,supervisor" "stop for good:engine,supervisor" again:supervisor \
	"again after kill:engine,supervisor"
done_testing
