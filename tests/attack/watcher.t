#!/usr/bin/env bash
# B09 (invariant 6, "vanish"): the one process that a start leaves behind, when the grant has an end.
# It has nothing that is worth to be had, nobody whom it concerns can reach it, and when the time has
# come everything of that grant is gone, whatever its processes were doing.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 setpriv prlimit chrt taskset renice strace nsenter
launcher_world
engine_stays

OWNER=2147482000 WATCH=2147482001

# in_seconds N: that time as a date of the allow-list
in_seconds() {
	date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ
}

watchers() {
	awk -v w="$WATCH" '$1 == "Uid:" && $2 == w { split(FILENAME, p, "/"); print p[3] }' \
	    /proc/[0-9]*/status 2>/dev/null
}
no_watcher() {
	[ -z "$(watchers)" ]
}
field() {
	awk -v k="$2:" '$1 == k { $1 = ""; print substr($0, 2) }' "/proc/$1/status"
}
init_pid() {
	awk '$1 == "PPid:" { print $2 }' "/proc/$(engine_pid alice)/status"
}
# What could be changed from outside.
state_of() {
	grep -E '^(State|TracerPid|Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' "/proc/$1/status" |
		sed 's/(.*//'
	cat "/proc/$1/limits" "/proc/$1/oom_score_adj" "/proc/$1/cgroup" "/proc/$1/timerslack_ns"
	cut -d' ' -f2- "/proc/$1/stat" | awk '{ print $5, $6, $7, $18, $19 }'
	taskset -p "$1"
	chrt -p "$1"
}

# --- what it is ------------------------------------------------------------------------------------

allow alice "until = $(in_seconds 3600)"
run as alice "$LAUNCHER" start
is "$rc:$err" "0:" "B09 an engine starts on a grant with an end"
watcher=$(watchers)
like "$watcher" '^[0-9]+$' "B09 and leaves one watcher"
is "$(ours | wc -l)" 3 "B09 besides it there are the init and the engine, and nobody else"
is "$(field "$watcher" Uid)" "$WATCH $OWNER $WATCH $OWNER" "B09 its ids are the reserved ones"
is "$(field "$watcher" Gid)|$(field "$watcher" Groups)" "$WATCH $WATCH $WATCH $WATCH|" \
    "B09 no group of anybody"
is "$(grep -E '^Cap(Inh|Prm|Eff|Amb)' "/proc/$watcher/status" | grep -vc '0000000000000000$')" 0 \
    "B09 no capability"
is "$(field "$watcher" NoNewPrivs)$(field "$watcher" Seccomp)$(field "$watcher" Seccomp_filters)" \
    121 "B09 no_new_privs and a filter"
is "$(find "/proc/$watcher/fd" -type l -printf '%f %l\n' | sort)" '3 anon_inode:[pidfd]
4 anon_inode:[timerfd]' "B09 its descriptors"
is "$(grep '^Pid' "/proc/$watcher/fdinfo/3" | cut -f2)" "$(init_pid)" "B09 the first one is the init"
is "$(awk '$1 == "clockid:" { print $2 }' "/proc/$watcher/fdinfo/4")" 0 \
    "B09 the other is on the wall clock"
is "$(awk '{ print ($1 == $6) ":" $7 }' "/proc/$watcher/stat")" 1:0 "B09 a session of its own"
is "$(readlink "/proc/$watcher/cwd" "/proc/$watcher/root" | tr '\n' ' ')" "/ / " "B09 no directory"
like "$(grep '^0::' "/proc/$watcher/cgroup")" '/berth/launcher$' "B09 out of the caller's cgroup"
is "$(readlink "/proc/$watcher/ns/user")" "$(readlink /proc/self/ns/user)" \
    "B09 and not in the namespace that it ends"

# --- who would like to reach it --------------------------------------------------------------------

cp "$TOP/tests/attack/reach.py" /tmp/
before=$(state_of "$watcher")
sleeper=$(setpriv --reuid=alice --regid=alice --clear-groups sleep 1000 >/dev/null & echo $!)
wait_for 5 asleep "$sleeper"
run as alice python3 /tmp/reach.py "$sleeper"
like "$out" 'attach.*prlimit.*setpriority.*read maps.*signal 64.*signal 9' "B09 what is tried works on a process of one's own"
run as alice python3 /tmp/reach.py "$watcher"
is "$rc:$out" "0:" "B09 nothing of it works on the watcher for its user"
run as bob python3 /tmp/reach.py "$watcher"
is "$rc:$out" "0:" "B09 nor for somebody else"
# The namespace's root, with every capability in there, and the number that the user could have been.
init=$(init_pid)
run nsenter --target "$init" --user --setuid 0 --setgid 0 python3 /tmp/reach.py "$watcher"
is "$rc:$out" "0:" "B09 nor for a process in the namespace with all its capabilities"
is "$(state_of "$watcher")" "$before" "B09 and nothing about it has changed"

# --- its end ---------------------------------------------------------------------------------------

kill -KILL "$(engine_pid alice)"
ok "B09 when the namespace ends before, so does the watcher" wait_for 5 no_watcher
stop_engines

# Started by somebody who prepares its fall: first to go without memory, a second of processor time,
# nearly no rights to be scheduled, wake-ups that may be late, signals that stay blocked.
cat >/tmp/prepare.py <<'E2'
import ctypes, os, resource, signal, sys
open("/proc/self/oom_score_adj", "w").write("1000")
for name, to in ((resource.RLIMIT_CPU, 1), (resource.RLIMIT_NPROC, 400)):
    resource.setrlimit(name, (to, to))
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
os.nice(19)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
ctypes.CDLL(None).prctl(29, ctypes.c_ulong(2**62), 0, 0, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
os.execv(sys.argv[1], [sys.argv[1], "start"])
E2
chmod 0644 /tmp/prepare.py
# As late as a busy machine needs for what comes before it.
for seconds in 6 20 60; do
	at=$(($(date +%s) + seconds))
	allow alice "until = $(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)"
	run as alice python3 /tmp/prepare.py "$LAUNCHER"
	[ "$rc" -eq 0 ] && [ "$(date +%s)" -lt $((at - 4)) ] && break
	stop_engines
done
is "$rc" 0 "B09 an engine of somebody who prepares the watcher's fall starts"
watcher=$(watchers)
init=$(init_pid)
is "$(cat "/proc/$watcher/oom_score_adj")" 0 "B09 the watcher is not the first to go without memory"
ok "B09 it comes after the init" test "$(cat "/proc/$init/oom_score_adj")" -gt \
    "$(cat "/proc/$watcher/oom_score_adj")"
is "$(field "$watcher" SigBlk)" 0000000000000000 "B09 no signal is blocked"
# What lives on the grant does not have to listen: stopped, and frozen on top.
kill -STOP "$init" "$(engine_pid alice)"
for freeze in /sys/fs/cgroup/berth/1000/*/cgroup.freeze; do
	echo 1 >"$freeze"
done
# The last look that was over before the time counts.
lived=not
while [ "$(date +%s)" -lt "$at" ]; do
	if [ -d "/proc/$init" ]; then now=lived; else now=gone; fi
	[ "$(date +%s)" -ge "$at" ] || lived=$now
	sleep 0.1
done
is "$lived" lived "B09 it lives until the time"
ok "B09 and is gone at the time, stopped and frozen" wait_for 8 none_of_ours
ok "B09 not before it" test "$(date +%s)" -ge "$at"
stop_engines

# Root's processes that began below zero, as those of a service may: the init stands above, again.
allow alice "until = $(in_seconds 3600)"
run bash -c 'echo -500 >/proc/self/oom_score_adj; exec "$@"' - \
    setpriv --reuid=alice --regid=alice --init-groups "$LAUNCHER" start
if [ "$rc" -eq 0 ] && [ "$(cat "/proc/$(watchers)/oom_score_adj")" -lt 0 ]; then
	ok "B09 the init stands above a watcher that cannot go down" test \
	    "$(cat "/proc/$(init_pid)/oom_score_adj")" -gt "$(cat "/proc/$(watchers)/oom_score_adj")"
else
	# Without CAP_SYS_RESOURCE nobody gets below zero.
	run as alice true
	pass "B09 the init stands above a watcher that cannot go down (from zero)"
fi
stop_engines
allow alice "until = $(in_seconds 3600)"
run as alice "$LAUNCHER" start
is "$(cat "/proc/$(watchers)/oom_score_adj"):$(cat "/proc/$(init_pid)/oom_score_adj")" "0:1" \
    "B09 also from where everybody begins"
stop_engines
ok "B09 no watcher without an init" no_watcher

# --- what it calls ---------------------------------------------------------------------------------

# An engine that ends at once, and its watcher with it: so does the tracer.
engine_says R
early_trace /run/arena/trace alice "$LAUNCHER" start
engine_stays
pid=$(sed -n 's/^\([0-9]*\) *setgroups(.*/\1/p' /run/arena/trace)
calls=$(awk -v pid="$pid" '$1 == pid { sub(/^[0-9]+ +(<\.\.\. )?/, ""); if (match($0, /^[a-z0-9_]+/)) print substr($0, 1, RLENGTH) }' \
    /run/arena/trace | sort -u)
is "$calls" "$(grep -v '^#' "$TOP/tests/attack/golden/watcher_calls")" "B09 its system calls are the golden ones"
after=$(awk -v pid="$pid" '$1 == pid && /PR_SET_SECCOMP/ { on = 1 } $1 == pid && on' /run/arena/trace |
	sed 's/^[0-9]* *//; s/ = .*//; s/(.*//; s/^<\.\.\. //; s/ resumed.*//; /^+++/d' | uniq | tr '\n' ' ')
is "$after" "prctl write close poll pidfd_send_signal poll exit_group " "B09 once its filter is there it lets the init go, sleeps, kills and ends"
stop_engines

# --- refused, and none needed ----------------------------------------------------------------------

allow alice "until = $(in_seconds -1)"
refuses 77 'uid 1000 \(expired\)' "B09 a grant that has ended starts nothing" as alice "$LAUNCHER" start
allow alice "until = $(in_seconds 3600)" "revoked = 2026-01-01T00:00:00Z"
sed -i '/^entitlements/d' "$ALLOW/uid-1000.conf"
refuses 77 'uid 1000 \(revoked\)' "B09 nor does a revoked one" as alice "$LAUNCHER" start
allow alice
run as alice "$LAUNCHER" start
is "$rc:$(ours | wc -l):$(watchers)" "0:2:" "B09 a grant without an end leaves no watcher"
stop_engines
done_testing
