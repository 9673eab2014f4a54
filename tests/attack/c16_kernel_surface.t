#!/usr/bin/env bash
# C16 (CVE-2022-0185, CVE-2022-34918, CVE-2023-32233, CVE-2024-1086: the kernel that a user namespace
# opens): every call number, and every argument that a filter looks at, tried in a job, in the place of
# the engine, and behind the watcher's filter. Each answer is the golden one.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
[ "$(uname -m)" = x86_64 ] || skip_all "the tables are those of x86-64"
calls=$TESTBIN/calls
# An emulated processor needs that for a table.
JOB_SECONDS=600
golden=$TOP/tests/attack/golden
# All of it takes minutes on an emulated processor, where each attempt is a process. What is the same once
# more is tried where the lists refuse something.
whole=("table 0 600" arguments beyond)
part=("table 155 180" "table 240 260" "table 298 336" "table 423 470" arguments beyond)
tables=/run/arena/tables
mkdir "$tables"
# compare GOLDEN NAME=FILE...
compare() {
	local golden_file=$1
	shift
	python3 "$TOP/tests/attack/calls.py" "${partly[@]}" "$golden/$golden_file" "$(uname -r)" "$@"
}
partly=()

# every FILE CMD...: all that the probe knows, by CMD
every() {
	local file=$1 what
	shift
	: >"$file"
	for what in "${words[@]}"; do
		# shellcheck disable=SC2086
		"$@" $what >>"$file"
	done
}

# --- without a filter ------------------------------------------------------------------------------

words=("table 0 60" "${part[@]:3}")
every "$tables/free" as alice "$calls"
isnt "$(compare filter_job root="$tables/free" | grep -c ': got pass')" 0 "C16 control: outside of a job the table differs"
is "$(awk '$2 != "pass" && $1 != 335 && $1 != 336' "$tables/free")" "" "C16 control: where there is no filter all pass"
run unshare --net "$calls" reach
is "$(sed -n 1,7p <<<"$out" | grep -vc EPERM)" 7 "C16 control: root of the host reaches netlink's subsystems"

# --- jobs ------------------------------------------------------------------------------------------

jobs_world security.confined network.host --engine=any
words=("${whole[@]}" reach)
every "$tables/root" job "${PROBE[@]}" host /t/calls
every "$tables/user" job -u 1000 "${PROBE[@]}" host /t/calls
is "$(compare filter_job root="$tables/root" user="$tables/user")" "" "C16 in a job, as root and as a user: the golden table"
is "$(head -n 601 "$tables/root" | cut -d' ' -f1)" "$(seq 0 600)" "C16 every number was tried"
sed 's/^165 .*/165 pass EFAULT/; /^socket(38)/d; s/^socket(40).*/socket(40) pass ok/' "$tables/root" >"$tables/altered"
is "$(compare filter_job root="$tables/altered" | wc -l)" 2 "C16 control: a call more that passes is seen"
sed '/^165 /d' "$tables/root" >"$tables/altered"
is "$(compare filter_job root="$tables/altered")" "root: 165 (165/mount): not tried" "C16 control: so is a call that was not tried"
words=("${part[@]}") partly=(-p)
every "$tables/root" job --once "${PROBE[@]}" host /t/calls
is "$(compare filter_job root="$tables/root")" "" "C16 with an engine for one call: the same"
# In the host's network its capabilities count for nothing, which is what the golden table of a user says.
run job --network host "${PROBE[@]}" host sh -c '/t/calls arguments | grep "^socket"; /t/calls reach'
is "$(grep '^socket(17) ' <<<"$out"):$(grep -cE '^[a-z]+\([A-Za-z_0-9]+\) pass (EPERM|ECONNREFUSED|EPROTONOSUPPORT)$' <<<"$out")" \
    "socket(17) pass EPERM:10" "C16 in the host's network: no packets, no interface, no rule, no audit, no other process"
if as dave unshare --user true 2>/dev/null; then
	every "$tables/root" as dave timeout 60 berth run -q "${PROBE[@]}" host /t/calls
	is "$(compare filter_job root="$tables/root")" "" "C16 without a grant, in a rootless engine's: the same"
else
	skip "C16 without a grant" "this host closes user namespaces to users"
fi
pkill -KILL -x berth-engine
wait_for 5 none_of_ours
stop_engines
rm "$ALLOW/uid-1000.conf"

# --- in the place of the engine, and the watcher ---------------------------------------------------

partly=()
install -m 0711 "$calls" "$ENGINE"
printf '%s\n' "${whole[@]}" >/etc/berth/engine-tries
allow alice "until = $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
run as alice "$LAUNCHER" start
is "$rc$err" 0 "C16 an engine that tries everything starts"
ok "C16 and comes to its end" wait_for 600 test -e /tmp/calls
is "$(compare filter_ceiling engine=/tmp/calls)" "" "C16 an engine, which has all capabilities in its namespace: the golden table of the ceiling"

watcher=$(awk '$1 == "Uid:" && $2 == 2147482001 { split(FILENAME, p, "/"); print p[3] }' /proc/[0-9]*/status 2>/dev/null)
run "$calls" filters "$watcher"
if [ "$rc" -eq 99 ] && [[ $err == *"cannot read"* ]]; then
	skip "C16 the watcher's filter" "this kernel does not show filters"
else
	echo "$out" >"$tables/watch"
	words=("${whole[@]}")
	every "$tables/watcher" as alice "$calls" -w "$tables/watch"
	is "$(compare filter_watch watcher="$tables/watcher")" "" "C16 behind the watcher's filter: its golden table"
fi
stop_engines
done_testing
