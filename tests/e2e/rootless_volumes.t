#!/usr/bin/env bash
# Volumes without a grant: with a granted range of ids, and with the user's one id alone.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
without_grant range e2e/volumes
# With one id there is no other owner: what the image has of others is the job's root's.
without_grant one e2e/volumes '^in a job without a network, as another user' '^owners are of the granted range' \
    '^and the next job sees them as it does its own' '^with modes, owners, times'
done_testing
