# shellcheck shell=bash disable=SC2034
# What the tests of jobs share. Sourced by them:  . "${BASH_SOURCE[0]%/*}/jobs.sh"
# They run real jobs as alice in an arena. A job that does not end within JOB_SECONDS has failed.
#
#   jobs_world ENT...         alice is granted ENT, her engine runs. With $JOBS_ROOTLESS she is granted
#                             nothing, and her engine is her own: with her range (range) or one id (one)
#   job FLAGS... IMAGE CMD... berth run -q as alice; 124 when it hangs
#   start_berth FILE WORDS... berth in the background; what it prints goes to FILE, its pid to $client
#   start_job FILE FLAGS... IMAGE CMD...   the same in the background: what it prints goes to FILE,
#                             the pid of berth run to $client; wait_job waits for its end, status in
#                             $rc
#   verb WORDS...             berth as alice; what waits for the engine's own limits has time for that
#   b WORDS...                the same by run
#   inspected JOB FILTER      what jq(1) finds by FILTER in what berth inspect says of a job
#   no_engine                 alice has none (status)
#   gives WANTED NAME FLAGS... IMAGE CMD...   the job prints that and ends with 0
#   fails REGEX NAME FLAGS... IMAGE CMD...    berth itself fails, says so in one to three lines, and
#                             prints nothing else
#   make_image DIR            an image directory of alice's that runs with the host's /usr: to be
#                             used as  job "${USR[@]}" DIR CMD...  ($USR: the mount it needs)
#   settled                   used, which the test has, prints what is in $before (status)
#   rest SPARES               so many engines have made a supervisor ahead, and for a second used prints
#                             the same, which is in $before then (status)
#   jobs_are_gone             no job's process and no directory of a job is left (status); waits
#   tree DIR                  what is in DIR: names, types, modes, sizes, contents
#   tell FILE CMD...          runs CMD and writes to FILE what it printed to either stream
#   probe                     tests/attack/probe.c as the job sees it, with $PROBE as flags
#   varlink USER ARGS...      tests/attack/varlink.py as USER
#   without_grant MODE FILE REGEX...   runs tests/FILE.t with JOBS_ROOTLESS=MODE: nothing but what
#                             matches a REGEX fails in it, and each REGEX is needed
# shellcheck source=tests/lib/arena.sh
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"

JOB_SECONDS=60
STATE=/home/alice/state
SOCKET=/run/berth/1000/engine.sock
USR=(-v /usr:/usr:ro)
PROBE=(-v "${TESTBIN-}:/t:ro")
export STATE SOCKET

if [ -n "${JOBS_ROOTLESS-}" ]; then
	STATE=/home/alice/.local/state/berth
	SOCKET=$STATE/run/engine.sock
	grant() {
		:
	}
	revoke() {
		:
	}
fi

jobs_world() {
	if [ -n "${JOBS_ROOTLESS-}" ]; then
		[ "$JOBS_ROOTLESS" = range ] || sed -i '/^alice:/d' /etc/subuid /etc/subgid
		as alice berth daemon start -q >/dev/null
		return
	fi
	grant alice "$@" >/dev/null
	as alice berth daemon start >/dev/null
}

job() {
	as alice timeout -k 5 "$JOB_SECONDS" berth run -q "$@"
}

verb() {
	as alice timeout -k 5 $((2 * JOB_SECONDS)) berth "$@"
}

b() {
	run verb "$@"
}

inspected() {
	verb --format=json inspect "$1" | jq -rc ".[0] | $2"
}

no_engine() {
	! engine_pid alice >/dev/null
}

# What a script starts in the background ignores SIGINT and SIGQUIT from birth: not so this.
start_berth() {
	local file=$1
	shift
	# Not what the job before wrote there: who waits for a word must not find that one's.
	: >"$file"
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all \
	    env -i --default-signal PATH=/usr/local/bin:/usr/bin:/bin berth "$@") >"$file" 2>&1 &
	client=$!
}

start_job() {
	local file=$1
	shift
	start_berth "$file" run -q "$@"
}

wait_job() {
	rc=0
	wait "$client" 2>/dev/null || rc=$?
}

gives() {
	local want=$1 name=$2
	shift 2
	run job "$@"
	is "$rc:$out$err" "0:$want" "$name"
}

fails() {
	local regex=$1 name=$2
	shift 2
	run job "$@"
	complained 125 "$regex" "$name"
}

make_image() {
	local dir=$1 name
	mkdir -p "$dir"/{usr,etc,dev,proc,sys,tmp,run,root,data}
	for name in bin sbin lib lib32 lib64; do
		[ ! -L "/$name" ] || ln -s "usr/$name" "$dir/$name"
	done
	echo 'root:x:0:0::/root:/bin/sh' >"$dir/etc/passwd"
	echo 'root:x:0:' >"$dir/etc/group"
	chown -hR alice:alice "$dir"
}

no_job() {
	! grep -qsx berth-job /proc/[0-9]*/comm && [ -z "$(ls -A "$STATE/jobs")" ]
}

settled() {
	[ "$(used)" = "$before" ]
}

rest() {
	local _
	[ "$(pgrep -xc berth-spare)" -eq "$1" ] || return 1
	before=$(used)
	# What comes once more for that time was at work.
	for _ in 1 2 3 4 5; do
		sleep 0.2
		settled || return 1
	done
}

jobs_are_gone() {
	wait_for 10 no_job
}

tree() {
	(cd "$1" && find . -printf '%p %y %m %U:%G %n %s %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort)
}

varlink() {
	local user=$1
	shift
	as "$user" /usr/bin/python3 "$TOP/tests/attack/varlink.py" "$@"
}

without_grant() {
	local mode=$1 test=$2 regex failed all=nothing
	shift 2
	cp /etc/subuid /run/arena/subuid
	JOBS_ROOTLESS=$mode timeout 400 bash "$TOP/tests/$test.t" >/run/arena/tap 2>&1
	failed=$(sed -n 's/^not ok [0-9]* - //p' /run/arena/tap)
	for regex; do
		ok "$test, $mode: differs: $regex" grep -qE -e "$regex" <<<"$failed"
		all="$all|$regex"
	done
	is "$(grep -vE "($all)" <<<"$failed")" "" "$test, $mode: all else is as with a grant"
	# To its end, that is.
	like "$(tail -n1 /run/arena/tap)" '^1\.\.[0-9]{2}' "$test, $mode: as many tests as there are"
	is "$(find /run/berth -name engine.sock 2>/dev/null)" "" "$test, $mode: no launcher had a part in it"
	pkill -KILL -x berth-engine
	rm -rf /home/alice/* /home/alice/.local
	tee /etc/subgid </run/arena/subuid >/etc/subuid
}
