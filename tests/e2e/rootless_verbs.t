#!/usr/bin/env bash
# The verbs about jobs without a grant: as with one.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
without_grant one e2e/stop_start
without_grant range e2e/stats
done_testing
