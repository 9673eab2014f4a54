#!/usr/bin/env bash
# C32 (CVE-2022-1227, CVE-2024-21626, CVE-2026-30892): a later process in a job has more than the first one,
# or can be caught by the job's processes before it is confined. What a process has from who started it is
# written down by the first process and by a later one, in jobs of every kind, and does not differ.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 script
jobs_world security.confined network.host 'mount=*'
execs=40
[ -z "${BERTH_LONG-}" ] || execs=1000
image=/home/alice/image
make_image $image
echo 'app:x:7:70::/home/app:/bin/sh' >>$image/etc/passwd
printf 'extra:x:500:app\nmore:x:501:root,app\n' >>$image/etc/group
# On a terminal, as script(1) gives one; it ends lines as terminals do.
verb_on_terminal() {
	as alice timeout -k 5 $JOB_SECONDS script -qec "stty rows 24 columns 80; berth $*" /dev/null </dev/null | tr -d '\r'
}
written() {
	verb logs j 2>/dev/null | tr -d '\r' | grep -qx end
}
# What differs between two processes of one job is nothing; of two jobs, what is each job's own.
own='^(/proc/self/ns/|/ |\. |env HOSTNAME=)'
differs() {
	diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") | grep '^[<>]'
}

# pair NAME RUNFLAGS EXECFLAGS: the first process, and a later one in the same job
pair() {
	local name=$1 first more
	local -a run_with exec_with
	read -ra run_with <<<"$2"
	read -ra exec_with <<<"$3"
	verb run -d --name j "${USR[@]}" "${PROBE[@]}" "${run_with[@]}" $image /t/probe self stay >/dev/null
	ok "$name: the job runs" wait_for 20 written
	first=$(verb logs j | tr -d '\r')
	run verb exec "${exec_with[@]}" j /t/probe self
	more=$out
	[[ " $3 " != *" -t "* ]] || more=$(verb_on_terminal exec "$3" j /t/probe self)
	is "$(tail -n 1 <<<"$first")|$(tail -n 1 <<<"$more")" "end|end" "$name: control: both were written down"
	is "$(differs "$first" "$more")" "" "$name: a later process has what the first has"
	seen=$more
}
gone() {
	verb rm -f j >/dev/null
}

pair "C32 as it is" "" ""
golden='CapInh:	0000000000000000
CapPrm:	00000000a80425fb
CapEff:	00000000a80425fb
CapBnd:	00000000a80425fb
CapAmb:	0000000000000000
NoNewPrivs:	0
Seccomp:	2'
is "$(sed -n 's/^.*status: \(Cap...:.*\|NoNewPrivs:.*\|Seccomp:.*\)/\1/p' <<<"$seen")" "$golden" "C32 what that is: C19's"
is "$(grep -c '^/proc/self/fd' <<<"$seen")" 0 "C32 no descriptor but the three"
# The same after its engine was killed, and for a job that was started again.
kill -KILL "$(engine_pid alice)"
run verb exec j /t/probe self
is "$(differs "$seen" "$out")" "" "C32 by the next engine: the same"
gone
pair "C32 a user of the image" "-u app" ""
gone
pair "C32 numbers" "-u 7:9" ""
gone
pair "C32 a terminal" "-t" "-t"
gone
pair "C32 a terminal and a user" "-t -u app" "-t"
gone
pair "C32 --cap-drop ALL" "--cap-drop ALL" ""
gone
pair "C32 other capabilities" "--cap-drop ALL --cap-add NET_RAW --cap-add SETUID" ""
gone
pair "C32 no-new-privileges" "--security-opt no-new-privileges" ""
is "$(grep -c 'NoNewPrivs:.1' <<<"$seen")" 1 "C32 no-new-privileges: it is so"
gone
pair "C32 limits, place, variables" "--ulimit nofile=50:60 --ulimit core=0:0 -w /data -e A=b -h there --read-only" ""
gone
pair "C32 the host's network" "--network host" ""
verb restart -t 0 j >/dev/null
ok "C32 started again: it runs" wait_for 20 eval 'test $(verb logs j | grep -cx end) -eq 2'
first=$(verb logs j | sed '1,/^end$/d')
run verb exec j /t/probe self
is "$(differs "$first" "$out")" "" "C32 started again: a later process has what the first has"
gone

# A user of its own: as the first process of another job with that user has.
for user in app 7 1 0 nobody 7:9 :9; do
	verb run -d --name j "${USR[@]}" "${PROBE[@]}" -u $user $image /t/probe self stay >/dev/null 2>/run/arena/err
	verb run -d --name k "${USR[@]}" "${PROBE[@]}" $image sleep 1000 >/dev/null
	run verb exec -u $user k /t/probe self
	more=$out
	if [ $user = nobody ]; then
		like "$(cat /run/arena/err)$err" 'no user nobody.*no user nobody' "C32 -u nobody: the image has none, twice"
	else
		ok "C32 -u $user: the job runs" wait_for 20 written
		is "$(differs "$(verb logs j | grep -vE "$own")" "$(grep -vE "$own" <<<"$more")")" "" "C32 -u $user: as a job's first process with it"
	fi
	verb rm -f j k >/dev/null 2>&1
done

# What a hostile job does to a process that enters: it stops it before it is the command and looks for a
# way in.
mkdir /home/alice/h
chown alice /home/alice/h
verb run -d --name j "${PROBE[@]}" -v /home/alice/h:/h host sh -c '/t/probe stalk /h/end; echo over' >/dev/null
ok "C32 one looks for who enters" wait_for 20 eval 'verb logs j | grep -q ready'
as alice timeout $((240 + execs)) python3 "$TOP/tests/attack/starts.py" $execs exec j true >/run/arena/execs
is "$(wc -l </run/arena/execs)|$(cut -f 2 /run/arena/execs | sort -u)" "$execs|0" "C32 $execs processes enter such a job"
as alice touch h/end
ok "C32 it ends" wait_for 20 eval 'verb logs j | grep -q over'
is "$(verb logs j | grep had)" "" "C32 nothing of any was to be had"
like "$(verb logs j | sed -n 's/^met //p')" '^[1-9][0-9]*$' "C32 control: they were met"
gone
ok "C32 nothing is left" jobs_are_gone
done_testing
