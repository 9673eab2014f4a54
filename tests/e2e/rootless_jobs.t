#!/usr/bin/env bash
# Jobs without a grant and with one id: what the tests of flags, streams and directories say of a
# granted user's jobs holds here too, but for what one id cannot do and for refusals that a grant
# makes by what it leaves out; both stand below by the names of their tests.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

without_grant one e2e/stdio
without_grant one e2e/run_flags '^-u (UID|NAME|:GROUP)' '^control: with it that works' '^--network host (without|after)' \
    '^and the last line can be pasted' '^--entitlement that is not' '^--dry-run.*: (as run|says)' '^explain'
without_grant one e2e/mounts '^-v is read-write; on the host the files are the user.s, or of granted ids' \
    '^mount=.* (does not grant|read-write)' '^and the last line can be pasted' '^without image=, no image' \
    '^(and no other|nor host)' '^--here asks' '^a link ' '^a name that changes'
without_grant one e2e/cp '^also of another user' "^-a: (with its owner|an owner that is not)" '^from job to job'
done_testing
