#!/usr/bin/env bash
# C18: numbers that no kernel of today has, or that this one does not have yet. A C library tries a new
# call and falls back when it is told that there is none; told that it may not, it fails. So the answer
# is ENOSYS, to a job as to an engine.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
[ "$(uname -m)" = x86_64 ] || skip_all "the numbers are those of x86-64"
calls=$TESTBIN/calls
# An emulated processor needs that for a table.
JOB_SECONDS=600
newest=469
far=(1023 1024 1025 4095 4096 65535 65536 1073741823 2147483647 2147483648 3221225471 4294967294)
far_lines=$(printf '%s\n' "${far[@]}")

# answers FILE FILTER: of the numbers above the newest: those that FILTER and ENOSYS is not the answer
# to, and how many have it
answers() {
	awk -v newest=$newest -v result="$2" '$1 ~ /^[0-9]+$/ && ($1 > newest && $1 <= 600 || $1 ~ /^(102[3-5]|409[56]|6553[56]|1073741823)$/) {
		if ($2 != result || $3 != "ENOSYS") print; else n++ } END { print n }' "$1"
}
run as alice "$calls" table 330 600
isnt "$(awk '$1 <= 469 && $3 != "ENOSYS"' <<<"$out" | wc -l)" 0 "C18 control: outside, other numbers are calls"
unlike "$(awk '$1 > 469' <<<"$out")" ' EPERM' "C18 control: and no unknown one is forbidden"

jobs_world security.confined
for user in 0 1000; do
	{
		job -u $user "${PROBE[@]}" host /t/calls table 330 600
		job -u $user "${PROBE[@]}" host /t/calls beyond
	} >/run/arena/job
	is "$(cut -d' ' -f1 /run/arena/job | grep -Fx -e "$far_lines" | wc -l)" ${#far[@]} "C18 -u $user: all are tried"
	is "$(answers /run/arena/job ENOSYS)" "$((600 - newest + 8))" "C18 -u $user: every unknown number is no such call, by the filter itself"
	is "$(awk '$1 >= 337 && $1 <= 423 && $2 $3 != "ENOSYSENOSYS"' /run/arena/job)" "" "C18 -u $user: so are those in the gap of the table"
	is "$(grep -E '^(2147483647|2147483648|3221225471|4294967294) ' /run/arena/job | grep -c ' ENOSYS ENOSYS$')" 4 "C18 -u $user: and those that are negative, or have bits of others"
done

# What a C library makes of it: it falls back. These try clone3 and faccessat2, statx and fchmodat2 first.
run job host sh -c 'umask 022; : >/tmp/f && chmod 600 /tmp/f && [ -r /tmp/f ] && stat -c %a /tmp/f'
is "$rc:$out" "0:600" "C18 calls of the C library that have an older way work"
run job host /usr/bin/python3 -c 'import os, threading
t = threading.Thread(target=lambda: print("thread")); t.start(); t.join()
print(os.posix_spawn("/bin/true", ["true"], {}) > 0)'
is "$rc:$out" "0:thread
True" "C18 threads and posix_spawn without clone3"
kill -KILL "$(engine_pid alice)"
wait_for 5 none_of_ours
stop_engines
rm "$ALLOW/uid-1000.conf"

install -m 0711 "$calls" "$ENGINE"
printf 'table 330 600\nbeyond\n' >/etc/berth/engine-tries
allow alice
run as alice "$LAUNCHER" start
ok "C18 an engine that tries them" wait_for 600 test -e /tmp/calls
# By the kernel, that is, which may be a newer one.
is "$(answers /tmp/calls pass | grep -v ' pass E[A-M]' | grep -c ' ')" 0 "C18 an engine is told so by the kernel itself"
is "$(answers /tmp/calls pass | tail -n1)" "$(as alice "$calls" table 330 600 | answers - pass | tail -n1 | awk '{ print $1 + 8 }')" \
    "C18 as is everybody"
stop_engines
done_testing
