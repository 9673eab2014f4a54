#!/usr/bin/env bash
# C17 (CVE-2026-31431 and what went past its block): the other ways into the kernel, whose numbers and
# arguments a filter for the native one misreads: int 0x80 with the 32-bit table, socketcall, a 32-bit
# program, the bit of x32. None of them leads anywhere, in a job or in the place of the engine.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "the entries are those of x86-64"
calls=$TESTBIN/calls
# An emulated processor needs that for a table.
JOB_SECONDS=600
# Of the rows of beyond: those with the bit.
x32() {
	awk '$1 >= 1073741824 && $1 <= 1073742424'
}

run as alice "$calls" compat 24
like "$out" 'i386:20 - ok.*i386:24 - ok.*socketcall\(1\) - ok' "C17 control: outside, int 0x80 is a way into the kernel"
run as alice "$TESTBIN/call32"
like "$rc:$out" '^1:getpid.*socketcall.*socket.*open' "C17 control: and a 32-bit program runs"
is "$(readelf -h "$TESTBIN/call32" | grep -cE 'ELF32|80386')" 2 "C17 control: which is one"
run as alice "$calls" beyond
is "$(x32 <<<"$out" | grep -c ' pass ')" 10 "C17 control: outside, no filter is asked about the bit of x32"

jobs_world security.confined --engine=any
for how in "" "-u 1000" --once; do
	# shellcheck disable=SC2086
	run job $how "${PROBE[@]}" host /t/calls compat 600
	is "$(grep -c '^i386:' <<<"$out"):$(grep -c '^socketcall' <<<"$out")" "600:5" "C17 job $how: int 0x80 with every number, socketcall with five families"
	is "$(grep -v ' ENOSYS$' <<<"$out")" "" "C17 job $how: there is no such call"
	# shellcheck disable=SC2086
	run job $how "${PROBE[@]}" host /t/call32
	is "$rc:$out" "132:" "C17 job $how: a 32-bit program starts, and cannot even end"
	# shellcheck disable=SC2086
	run job $how "${PROBE[@]}" host /t/calls beyond
	is "$(x32 <<<"$out" | cut -d' ' -f2- | sort | uniq -c | tr -s ' ')" " 10 ENOSYS ENOSYS" "C17 job $how: the bit of x32 is no number"
	is "$(grep '^4294967461 ' <<<"$out")" "4294967461 EPERM EPERM" "C17 job $how: the upper half of the register changes nothing"
done
# A job that goes on when its program could not: the shell does.
run job "${PROBE[@]}" host sh -c '/t/call32; echo "$?"'
is "$rc:$out" "0:132" "C17 and the rest of the job goes on"
kill -KILL "$(engine_pid alice)"
wait_for 5 none_of_ours
stop_engines
rm "$ALLOW/uid-1000.conf"

install -m 0711 "$calls" "$ENGINE"
printf 'arguments\nbeyond\ncompat 600\n' >/etc/berth/engine-tries
allow alice
run as alice "$LAUNCHER" start
ok "C17 an engine that tries them" wait_for 600 test -e /tmp/calls
is "$(grep -cE '^(i386:[0-9]+|socketcall\([0-9]+\)) - ' /tmp/calls)" 605 "C17 tries int 0x80 and socketcall"
is "$(grep -E '^(i386|socketcall)' /tmp/calls | grep -v ' ENOSYS$')" "" "C17 there is no such call"
is "$(x32 </tmp/calls | grep -c ' ENOSYS ENOSYS$')" 10 "C17 nor with the bit of x32"
is "$(grep -cE '^socket\((38|40|AF_ALG,.*|AF_VSOCK,.*|0x[1f]0000002[68]|0xffffffff0000002[68])\) EAFNOSUPPORT EAFNOSUPPORT$' /tmp/calls)" 8 "C17 nor by the native call, with bits that the kernel drops"
stop_engines
done_testing
