#!/usr/bin/env bash
# Jobs without a grant and with one id: what the tests of flags, streams and directories say of a
# granted user's jobs holds here too, but for what one id cannot do and for refusals that a grant
# makes by what it leaves out; both stand below by the names of their tests.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

# differs TEST REGEX...: of that test file nothing fails but what matches, and each REGEX is needed
differs() {
	local test=$1 regex failed all=nothing
	shift
	export JOBS_ROOTLESS=one
	timeout 120 bash "$TOP/tests/e2e/$test.t" >/run/arena/tap 2>&1
	failed=$(sed -n 's/^not ok [0-9]* - //p' /run/arena/tap)
	for regex; do
		like "$failed" "$regex" "$test: differs: $regex"
		all="$all|$regex"
	done
	is "$(grep -vE "^($all)" <<<"$failed")" "" "$test: all else is as with a grant"
	# To its end, that is.
	like "$(tail -n1 /run/arena/tap)" '^1\.\.[0-9]{2}' "$test: as many tests as there are"
	is "$(find /run/berth -name engine.sock 2>/dev/null)" "" "$test: no launcher had a part in it"
	pkill -KILL -x berth-engine
	rm -rf /home/alice/* /home/alice/.local
}
differs stdio
differs run_flags '-u (UID|NAME)' 'control: with it that works' '--network host (without|after)' \
    'and the last line can be pasted' '--entitlement that is not' '--dry-run.*: (as run|says)' 'explain'
differs mounts '-v is read-write; on the host the files are the user.s, or of granted ids' \
    'mount=.* (does not grant|read-write)' 'and the last line can be pasted' 'without image=, no image' \
    '(and no other|nor host)' '--here asks' 'a link ' 'a name that changes'
done_testing
