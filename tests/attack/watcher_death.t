#!/usr/bin/env bash
# B10 for a grant with an end: at whatever call of a start a process of it dies, or is refused what it
# asks for, there is never an engine that nobody watches; and nothing stays behind.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "inject.c knows the registers of x86_64 only"
launcher_world
engine_stays
allow alice "until = $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
WATCH=2147482001

watched() {
	awk -v w="$WATCH" '$1 == "Seccomp:" && u == w && $2 == 2 { n++ } $1 == "Uid:" { u = $2 }
	    END { exit n != 1 }' /proc/[0-9]*/status 2>/dev/null
}
# What holds after a start that was disturbed: an engine and its watcher, or nobody.
settled() {
	none_of_ours || { started alice && watched; }
}

run as alice "$LAUNCHER" start
is "$rc" 0 "B10 undisturbed it starts"
ok "B10 and is watched" wait_for 10 watched
stop_engines
tried=0
for call in timerfd_create timerfd_settime clone3 openat pwrite64 setsid dup2 close_range setgroups \
    setresgid setresuid capset write; do
	run "$TESTBIN/inject" 1000 "$call" program 0 none "$LAUNCHER" start
	list=$(grep '^inject: child' <<<"$err")
	stop_engines
	isnt "$list" "" "B10 $call is called"
	for what in kill EPERM; do
		# An error of these is for all processes the same, and has tests of its own.
		[[ $what != EPERM || $call != @(openat|capset|write|clone3) ]] || continue
		bad=
		while read -r _ who n _; do
			run "$TESTBIN/inject" 1000 "$call" "$who" "$n" "$what" "$LAUNCHER" start
			tried=$((tried + 1))
			wait_for 10 settled || bad+=" $n"
			stop_engines
		done <<<"$list"
		is "$bad" "" "B10 $what at any $call: nothing, or an engine that is watched"
	done
done
ok "B10 that were many" test "$tried" -gt 60
run as alice "$LAUNCHER" start
is "$rc" 0 "B10 after all of it the next start works"
stop_engines
done_testing
