#!/usr/bin/env bash
# A40: the allow-list is edited while an engine runs. Each job is decided by the files as they are at
# that moment: a right that is gone is gone for the next job, one that came is there, and neither
# needs a restart. What runs goes on when a person edits the file, and ends when berth-admin narrows
# it: both are tried, so that neither becomes the other unnoticed.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs strace
FILE=/etc/berth/allow/uid-1000.conf
jobs_world security.confined network.host 'mount=*' 'image=*'
cp "$FILE" /run/arena/whole
engine=$(engine_pid alice)

# To this engine and no other, so that nothing else can answer instead.
asks() {
	run as alice timeout 60 berth --host "unix:$SOCKET" run -q "$@"
}
whole() {
	cat /run/arena/whole >"$FILE"
}
# edited SED NAME REGEX ARGS...: at once refused, and at once not any more
edited() {
	local edit=$1 name=$2 regex=$3 from took
	shift 3
	from=$(date +%s%N)
	sed -i "$edit" "$FILE"
	asks "$@"
	took=$((($(date +%s%N) - from) / 1000000))
	like "$rc:$err" "^125:.*$regex" "A40 $name: refused"
	whole
	from=$(date +%s%N)
	asks "$@"
	is "$rc:$err" "0:" "A40 $name: allowed again when it is taken back"
	ok "A40 $name: within a second of the edit, or of what a job takes" test "$took" -lt $((1000 + 5 * (($(date +%s%N) - from) / 1000000)))
}

asks --network host host true
is "$rc:$err" "0:" "A40 what is granted runs"
start_job /run/arena/out --network host host sh -c 'echo up; sleep 1000'
ok "A40 and something runs on it" wait_for 5 grep -q up /run/arena/out
edited 's/ network.host//' "a word is removed" 'network.host is not granted' --network host host true
edited 's/ mount=\*/ mount=\/data/' "a word is narrowed" 'mount=/home/alice:?.* is not granted' \
    -v /home/alice:/h host true
edited 's/^entitlements.*/until = 2026-01-01T00:00Z\n&/' "an end that is past" 'has ended' host true
edited 's/^entitlements.*/revoked = 2026-01-01T00:00Z/' "what is revoked" 'was revoked' host true
edited 's/^entitlements.*/engine = once\n&/' "another way to live" '.' host true
edited 's/^entitlements.*/colour = red/' "a file with an error" 'unknown key' host true
edited 's/^uid = 1000/uid = 1001/' "a file of somebody else" 'must say whose it is' host true
edited 's/^owner-id = .*/owner-id = 2147480009/' "another owner" 'changed since' host true
edited 's/^subuid = .*/subuid = 700000:65536/' "other ids" 'changed since' host true
edited 's/^subgid = .*/subgid = 700000:65536/' "other group ids" 'changed since' host true
edited 's/^root = .*/root = \/home\/alice\/other/' "another state directory" 'changed since' host true
rm "$FILE"
asks host true
like "$rc:$err" '^125:.*(no grant|not granted)' "A40 the file is removed: refused"
whole
mv /etc/berth/berth.conf /run/arena/berth.conf
asks host true
like "$rc:$err" '^125:.*berth.conf is missing' "A40 berth.conf is removed: refused"
mv /run/arena/berth.conf /etc/berth/berth.conf
asks host true
is "$rc:$err" "0:" "A40 all is back: allowed"
is "$(engine_pid alice)" "$engine" "A40 by the same engine"

# --- a group's file --------------------------------------------------------------------------------

sed -i 's/ network.host//' "$FILE"
printf '[grant]\ngid = 2000\nentitlements = network.host\n' >/etc/berth/allow/gid-2000.conf
asks --network host host true
is "$rc:$err" "0:" "A40 a group's file that comes counts"
echo 'except-uid = 1000' >>/etc/berth/allow/gid-2000.conf
asks --network host host true
like "$rc:$err" '^125:.*excluded' "A40 who is excluded from it is refused"
rm /etc/berth/allow/gid-2000.conf
whole

# --- what runs -------------------------------------------------------------------------------------

ok "A40 through all edits by hand what ran went on" kill -0 "$client"
root berth grant alice image=host >/dev/null
root berth grant alice --timeout=20m >/dev/null
root berth grant alice network.host >/dev/null
# image=host took the place of image=*: that is narrower, and the start of a new line.
wait_job
like "$rc:$(cat /run/arena/out)" '125:' "A40 berth-admin narrows a word: what ran is ended"
run job host true
is "$rc" 0 "A40 the next call has an engine again"
start_job /run/arena/out host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
root berth grant alice 'image=*' >/dev/null
root berth grant alice --timeout=30m >/dev/null
ok "A40 berth-admin widens: what runs goes on" kill -0 "$client"
is "$(engine_pid alice)" "$engine" "A40 in the same engine"
root berth revoke alice network.host >/dev/null
wait_job
is "$rc" 125 "A40 one word is revoked: what ran is ended"
ok "A40 with its engine" test ! -d "/proc/$engine"

# Killed when the file says less and before anything is ended: behind the fourth fsync(2), the second of the file's.
whole
start_job /run/arena/out --network host host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
run root strace -qq -o /dev/null -e inject=fsync:signal=SIGKILL:when=4 "$ADMIN" revoke alice network.host
is "$rc:$(grep -c network.host "$FILE")" "137:0" "A40 a revoke is killed behind the change of the file"
ok "A40 control: what ran goes on" kill -0 "$client"
run root berth check
like "$rc:$out" '78:.*uid-1000.conf is taken back in part' "A40 check says so"
run root berth revoke alice network.host
is "$rc" 0 "A40 the same command completes it"
# Nothing else would end it.
[ "$rc" -eq 0 ] || kill "$client"
wait_job
is "$rc" 125 "A40 what ran in the host's network is ended"
run root berth check
is "$rc" 0 "A40 and check finds nothing"

# --- an end that a person writes into the file -----------------------------------------------------

start_job /run/arena/out host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
before=$client
# A busy machine may need longer than that to begin it.
begins() {
	grep -q up /run/arena/next || ! kill -0 "$client"
}
for seconds in 4 20 60; do
	whole
	sed -i "s/^entitlements/until = $(date -u -d "+$seconds sec" +%Y-%m-%dT%H:%M:%SZ)\n&/" "$FILE"
	start_job /run/arena/next host sh -c 'echo up; sleep 1000'
	wait_for 60 begins
	! grep -q up /run/arena/next || break
done
ok "A40 a job begins on a grant that a person gave an end" grep -q up /run/arena/next
wait_job
like "$rc:$(cat /run/arena/next)" '125:.*what it was allowed by has ended' "A40 it goes at that time"
ok "A40 what ran before the edit does not" kill -0 "$before"
root berth revoke alice >/dev/null
client=$before
wait_job
is "$rc" 125 "A40 but by berth-admin it does"
done_testing
