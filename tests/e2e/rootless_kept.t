#!/usr/bin/env bash
# Jobs that live without a client, of an engine without a grant but with a range of ids: as with one.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

without_grant range e2e/kept
done_testing
