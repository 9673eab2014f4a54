#!/usr/bin/env bash
# A23 (CVE-2026-35535, CVE-2023-38496, CVE-2020-5291): every call that changes an identity, a
# capability set or an attribute of the launcher and its init fails, or "succeeds" without effect, one
# at a time. Either the start fails and nothing of berth runs, or what runs is as it is without
# injection: a call that had nothing to do may be missed.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "inject.c knows the registers of x86_64 only"
launcher_world
allow alice

# All that is to be seen of the engine and of its init; nothing when nothing runs.
what_runs() {
	local -a pids files
	mapfile -t pids < <(ours | sort -n)
	[ ${#pids[@]} -gt 0 ] || return 0
	files=("${pids[@]/#//proc/}")
	grep -hE '^(Name|Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' "${files[@]/%//status}"
	# What may not be dumped belongs to root.
	stat -c 'owner %u' "${files[@]/%//stat}"
	cat "${files[@]/%//uid_map}" "${files[@]/%//gid_map}"
	# As long as it dies, it is there.
} 2>/dev/null

# inject CALL WHO N WHAT: then waits until what runs, if anything does, is complete or gone.
inject() {
	stop_engines
	run "$TESTBIN/inject" 1000 "$@" "$LAUNCHER" start
}
settled() {
	now=$(what_runs)
	[ -z "$now" ] || [ "$now" = "$golden" ]
}

inject setuid program 0 none
is "$rc" 0 "A23 a start without injection"
# The init drops what it has left when the engine may be ready already.
complete() {
	golden=$(what_runs)
	[ "$(grep -c '^NoNewPrivs:.1$' <<<"$golden")" -eq 1 ] && sleep 0.1 && all_sleep && [ "$(what_runs)" = "$golden" ]
}
all_sleep() {
	local pid
	for pid in $(ours); do
		grep -q '^State:.S' "/proc/$pid/status" || return 1
	done
}
ok "A23 control: it comes to rest" wait_for 20 complete
# The engine is root of its namespace only, and its init nothing at all.
is "$(grep -cE '^(Uid|Gid):(.1000){4}$|^Groups:.1000 $' <<<"$golden")" 5 "A23 the engine has alice's ids and groups"
is "$(grep -cE '^Uid:(.2147482000){4}$' <<<"$golden")" 1 "A23 its init is nobody's but the namespace's"
is "$(grep -E '^Name|^Cap|^NoNew|^Seccomp' <<<"$golden" | tr "\t" " ")" "Name: berth-launcher
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000000
CapAmb: 0000000000000000
NoNewPrivs: 1
Seccomp: 0
Name: berth-engine
CapInh: 0000000000000000
CapPrm: 00000000a82435fb
CapEff: 00000000a82435fb
CapBnd: 00000000a82435fb
CapAmb: 0000000000000000
NoNewPrivs: 0
Seccomp: 2" "A23 the ceiling on the engine, nothing on its init"

calls=0
noticed=0
for call in setresuid setresgid setuid capset prctl; do
	inject "$call" program 0 none
	list=$err
	is "$rc" 0 "A23 $call: traced, a start succeeds"
	count=$(grep -c '^inject: ' <<<"$list")
	isnt "$count" 0 "A23 $call is called ($count times)"
	bad=
	worse=0
	while read -r _ who n first result; do
		for what in EPERM zero; do
			# It fails already, as it should; or is a question whose answer is 0 anyway.
			case $what:$result:$call:$first in
			EPERM:-* | zero:0:prctl:3 | zero:0:prctl:23 | zero:0:prctl:47) continue ;;
			esac
			calls=$((calls + 1))
			inject "$call" "$who" "$n" "$what"
			[ "$rc" -eq 0 ] || noticed=$((noticed + 1))
			wait_for 10 settled && continue
			[ $((++worse)) -le 3 ] || break 2
			bad+="$call of $who, $n (first argument $first, result $result) with $what: status $rc"$'\n'
			bad+=$(diff <(echo "$golden") <(what_runs))$'\n'
		done
	done < <(grep '^inject: ' <<<"$list")
	if [ -z "$bad" ]; then
		pass "A23 $call: none of them opens anything"
	else
		fail "A23 $call: none of them opens anything"
		diag "$bad"
	fi
done
diag "$calls injections, $noticed ended the start"

# Each of these has something to do: without effect it must end whoever makes it. CALL WHO N...
must_end() {
	local call=$1 who=$2 n what name
	shift 2
	for n; do
		for what in EPERM zero; do
			name="A23 $call of $who, $n with $what"
			inject "$call" "$who" "$n" "$what"
			isnt "$rc" 0 "$name: fails"
			like "$err" 'berth: ' "$name: and says so"
			ok "$name: what runs is as it should be, or gone" wait_for 10 settled
			if [ "$who" = child ]; then
				is "$now" "" "$name: nothing runs"
			fi
		done
	done
}
# The one that is left behind: root, the caller. Its child: owner, root again, the caller; in the
# namespace, uid 0 of it.
must_end setresuid program 1 2
must_end setresgid program 1 2
must_end setresuid child 1 2 3 5
must_end setresgid child 2 4
# A lost privilege that comes back is worse: the attempts that must fail do not.
regained() {
	inject "$@" zero
	isnt "$rc" 0 "A23 $*: an id that can be regained ends the start"
	wait_for 10 settled
	if [ "$2" = child ]; then
		is "$now" "" "A23 $*: nothing runs"
	fi
}
regained setresuid program 3
regained setresgid program 3
regained setuid program 1
regained setresuid child 4
regained setresuid child 6
regained setresgid child 3
regained setuid child 1
stop_engines
done_testing
