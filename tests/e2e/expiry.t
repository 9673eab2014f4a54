#!/usr/bin/env bash
# A grant with an end: what runs on it ends at that time, whatever it does; what used only a part that
# ended ends alone; and who asks is told which it was: ended, revoked, or never granted.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq

# The time of the day in a grant's file, in seconds.
until_of() {
	date -u -d "$(sed -n 's/^until = //p' "/etc/berth/allow/$1.conf")" +%s
}
# Without its end it would go on for ever; a busy host takes its time to notice.
in_time() {
	[ "$(date +%s)" -ge "$1" ] && [ "$(date +%s)" -le $(($1 + 20)) ]
}
# The cgroup of an engine for one call, when there is one.
mine=/sys/fs/cgroup/mine
# before_the_end FILE GRANT CMD...: root berth grant GRANT --for=4s, and CMD, which puts "up" into /run/arena/out,
# before that is over; on a busy host with more time. The end, by the file of the grant, in $end.
before_the_end() {
	local file=$1 time
	local -a words
	read -ra words <<<"$2"
	shift 2
	for time in 4 8 16 32 64; do
		root berth grant "${words[@]}" --for=${time}s >/dev/null
		end=$(until_of "$file")
		"$@"
		wait_for 10 settled
		if grep -q up /run/arena/out && [ "$(date +%s)" -lt "$end" ]; then
			return 0
		fi
		[ ! -e "$mine" ] || echo 0 >"$mine/cgroup.freeze"
		wait_job
	done
	return 1
}
# It runs, or has failed.
settled() {
	grep -q up /run/arena/out || ! kill -0 "$client"
}
# What a user hears who wants an engine: the launcher's reason.
reason() {
	run as "$1" "$LAUNCHER" start
	sed -n '1s/.*(\([a-z_]*\))$/\1/p' <<<"$err"
}

# --- the time comes --------------------------------------------------------------------------------

chmod 4755 "$LAUNCHER"
is "$(reason alice)" no_grant "nobody was granted anything yet"
grant alice security.confined network.host --for=50s >/dev/null
ok "berth info says how long it lasts" bash -c '
	setpriv --reuid=alice --regid=alice --init-groups berth --format=json info |
	    jq -e ".remaining >= 0 and .remaining <= 50 and (.until | startswith(\"20\")) and
	        .grants[0].remaining <= 50 and .grants[0].revoked == null"'
run as alice berth info
like "$out" 'uid-1000.conf \(until 20[0-9TZ:-]+, [0-5]?[0-9] s left\)' "for people too"
run root berth check
like "$out" 'until 20[0-9TZ:-]+ \([0-5]?[0-9] s\)' "and check, to the administrator"
ok "a job begins" before_the_end uid-1000 alice \
    start_job /run/arena/out host sh -c 'trap "" TERM HUP; echo up; while :; do sleep 1000; done'
wait_job
status=$rc
ok "it is ended in time, though it does not want to" in_time "$end"
is "$status" 125 "with berth's own status"
like "$(cat /run/arena/out)" 'the job was ended.*(until = 20|grant)' "its user is told why"
ok "the engine went as well" wait_for 5 no_engine
is "$(reason alice)" expired "another one is not started: expired"
run job host true
is "$rc" 125 "nor does a job begin, not even without a grant, which this host would allow"
like "$err" "the grant of security.confined to alice \(uid 1000\) has ended.*'until' of .*uid-1000" "it has ended"
run as alice berth --format=json run host true
is "$(jq -r .reason <<<"$err")" expired "and a program reads: expired"
run root berth grant alice
like "$rc:$out" '0:.*until +20[0-9TZ:-]+ \(ended\)' "a grant without a new end stays ended, and says so"

# --- whatever runs ---------------------------------------------------------------------------------

# The user can stop what is theirs. Nobody of it is left to keep the time.
stopped_job() {
	start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
	wait_for 5 settled
	wait_for 5 pgrep -u alice -x sleep
	pkill -STOP -u alice -x 'berth-engine|berth-job|berth-launcher'
	pkill -STOP -u alice -x sleep
}
ok "a longer one: jobs begin again" before_the_end uid-1000 alice stopped_job
wait_job
status=$rc
ok "an engine, a supervisor, an init and a job that are stopped end in time" in_time "$end"
ok "all of them" wait_for 5 no_engine
nothing_of_alice() {
	! pgrep -u alice
}
ok "and nothing of the user's is left" wait_for 5 nothing_of_alice
like "$status:$(cat /run/arena/out)" '125:.*the job was ended, with its grant.*until = 20' "the client knows why it lost its job"

# --- a part of it ----------------------------------------------------------------------------------

printf '[ids]\nbase = 1000000000\ncount = 65536000\nfirst-uid = 1000\n' >>/etc/berth/berth.conf
root berth grant alice --until=none >/dev/null
root berth revoke alice network.host >/dev/null
own=
two_jobs() {
	if [ -z "$own" ]; then
		start_job /run/arena/own -v /home/alice:/h host sh -c 'echo up; until [ -e /h/go ]; do sleep 0.05; done; echo done'
		own=$client
		wait_for 5 grep -q up /run/arena/own
	fi
	start_job /run/arena/out --network host host sh -c 'echo up; exec sleep 1000'
}
ok "one job uses what a group lends, another does not" before_the_end gid-2000 '@lab network.host' two_jobs
engine=$(engine_pid alice)
wait_job
status=$rc
ok "what the group lent ends, and the job that used it" in_time "$end"
like "$status:$(cat /run/arena/out)" '125:.*what it was allowed by has ended.*gid-2000.conf says: until = 20' "it is told by which file"
run job --network host host true
like "$rc:$err" '125:.*network.host.*has ended' "and not begun again"
touch /home/alice/go
client=$own
wait_job
is "$rc:$(cat /run/arena/own)" "0:up
done" "the other job has not noticed"
is "$(engine_pid alice)" "$engine" "nor has the engine"

# --- an engine for one call ------------------------------------------------------------------------

# once_in DIR CMD...: as alice, born in that cgroup, which is hers
once_in() {
	local dir=$1
	shift
	: >/run/arena/out
	(echo "$BASHPID" >"$dir/cgroup.procs" && cd /home/alice &&
		exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
		    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin \
		    berth run -q --once "$@") >/run/arena/out 2>&1 &
	client=$!
}
once_engine() {
	pgrep -u alice -x berth-engine
}
no_once_engine() {
	! once_engine
}
as alice berth daemon stop >/dev/null 2>&1
mkdir "$mine"
chown alice "$mine" "$mine"/cgroup.{procs,freeze,kill}
# What can be looked at while it runs is; then its caller freezes their cgroup.
frozen_once() {
	once_in "$mine" host sh -c 'echo up; sleep 1000'
	wait_for 5 settled
	engine_in=$(cat "/proc/$(once_engine)/cgroup")
	watchers=$(pgrep -x berth-launcher | sed 's|.*|/proc/&/cgroup|' | xargs grep -ls '^0::/berth/launcher$' | wc -l)
	as alice sh -c "echo 1 >$mine/cgroup.freeze"
}
root berth grant alice --until=none --engine=any >/dev/null
ok "an engine for one call begins" before_the_end uid-1000 alice frozen_once
like "$engine_in" '0::/mine$' "in its caller's cgroup"
is "$watchers" 1 "its watcher is not"
while [ "$(date +%s)" -lt "$end" ]; do
	sleep 0.1
done
ok "it ends in time, though its caller has frozen their cgroup" wait_for 3 no_once_engine
as alice sh -c "echo 0 >$mine/cgroup.freeze"
wait_job
like "$rc:$(cat /run/arena/out)" '125:.*the job was ended, with its grant.*until = 20' "its caller hears why"
root berth grant alice --for=1h >/dev/null
once_in "$mine" host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
as alice sh -c "echo 1 >$mine/cgroup.kill"
wait_job
ok "the watcher goes with what it watches" wait_for 5 sh -c '! pgrep -x berth-launcher'
once_in "$mine" host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
root berth revoke alice mount=\* >/dev/null
is "$?" 0 "revoke finds an engine for one call"
wait_job
like "$rc:$(once_engine)" '^125:$' "and ends it"
root berth grant alice mount=\* --until=none >/dev/null
sed -i '/^engine/d' /etc/berth/allow/uid-1000.conf

# --- revoked ---------------------------------------------------------------------------------------

start_job /run/arena/out host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
run root berth revoke alice
is "$rc" 0 "revoke"
wait_job
like "$rc:$(cat /run/arena/out)" '125:.*the job was ended, with its grant.*revoked = 20' "the user of a job hears that it was revoked"
run root berth revoke @lab
is "$(reason alice)" revoked "and who asks for an engine: revoked"
is "$(reason carol)" no_grant "who never had a grant is told that"
run as alice berth --format=json grants
is "$(jq -r '[.[] | select(.revoked != null and .entitlements == [])] | length' <<<"$out")" 2 "grants shows both as revoked"
root berth grant @lab >/dev/null
is "$(reason alice)" "" "a grant to the group counts, whatever was revoked from the user"
is "$(engine_pid alice >/dev/null && echo up)" up "an engine is up"
like "$(stat -c %u /run/berth/1000/engine.sock)" '^1000$' "it is the user's"
ns_owner=$((1000000000 + 65534))
like "$(log_text | tail -n 3)" "allow uid=1000 .*gid-2000.conf.*owner=$ns_owner" "on the group's ids"

# --- without a grant -------------------------------------------------------------------------------

# dave's own range is also that of a grant that comes and goes while his rootless engine runs.
install -d -o dave -g dave /home/dave/h
: >/run/arena/out
as dave berth run -q -u 1000:1000 -v /home/dave/h:/h host sh -c 'echo up; until [ -e /h/go ]; do sleep 0.05; done; echo done' >/run/arena/out 2>&1 &
rootless=$!
ok "a rootless job runs with a subordinate id" wait_for 5 grep -q up /run/arena/out
root berth grant dave >/dev/null
is "$(sed -n 's/^subuid = //p' /etc/berth/allow/uid-1003.conf)" 296608:65536 "of the range that is granted now"
run as dave berth run -q host true
is "$rc" 0 "an engine of the grant runs beside it"
root berth revoke dave >/dev/null
ok "which is revoked" wait_for 5 sh -c '! pgrep -u dave -x berth-launcher'
touch /home/dave/h/go
wait "$rootless"
is "$?:$(cat /run/arena/out)" "0:up
done" "what runs without a grant is left alone"
done_testing
