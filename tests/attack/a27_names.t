#!/usr/bin/env bash
# A27 (CVE-2017-1000367): a process chooses its name, and who parses /proc/PID/stat or status as text
# takes a part of it for something else. Everything is run with such names: SAME. What is read of /proc
# is a short list, and of the only text that has names in it (status, which escapes them) only lines
# behind the name.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace python3
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice

# The kernel keeps 15 bytes. The second would be a line of its own where it is not escaped.
odd=('a) S 0 0 (' $'\nUid:\t0\t0\t0' $'1001 (x) Z 1\n')
# named NAME PROGRAM ARGS...: PROGRAM as alice, under a link of that name: the kernel takes the name from it
named() {
	local dir=/home/alice/names
	rm -rf $dir
	install -d -o alice $dir
	ln -s "$2" "$dir/$1"
	as alice "$dir/$1" "${@:3}"
}
# child_of NAME PROGRAM ARGS...: PROGRAM as a child of a process of alice's with that name, which stays
cat >/tmp/called.py <<'P'
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)
sys.exit(subprocess.call(sys.argv[2:]))
P
chmod 0644 /tmp/called.py
child_of() {
	as alice /usr/bin/python3 /tmp/called.py "$@"
}
run named "${odd[0]}" /usr/bin/cat /proc/self/stat
like "$out" '^[0-9]+ \(a\) S 0 0 \(\) R ' "A27 control: a process has such a name"
run child_of "${odd[1]}" /usr/bin/sh -c 'cat /proc/$PPID/status'
like "$out" $'^Name:\t\\\\nUid:\t0' "A27 control: with a newline too, which status escapes"

# --- the launcher ----------------------------------------------------------------------------------

run as alice "$LAUNCHER" stop
mistake="$rc|$err"
for name in "${odd[@]}"; do
	for how in named child_of; do
		run $how "$name" "$LAUNCHER" start
		is "$rc$err" 0 "A27 $how ${name@Q}: a start is a start"
		is "$(cat "/proc/$(engine_pid alice)/comm")" berth-engine "A27 $how ${name@Q}: with the engine's own name"
		run $how "$name" "$LAUNCHER" start
		is "$rc" 69 "A27 $how ${name@Q}: there is one already"
		stop_engines
		run $how "$name" "$LAUNCHER" stop
		is "$rc|$err" "$mistake" "A27 $how ${name@Q}: a mistake is the same"
	done
done

# What it opens in /proc, by the calls themselves, from its own beginning on.
engine_says R
early_trace /run/arena/trace alice env "$LAUNCHER" start
of_launcher /run/arena/trace >/run/arena/launcher
# Beneath a procfs that was just mounted, a path has no /proc in front.
of_proc() {
	sed -nE 's/^[0-9]+ +(open|openat|openat2|readlink|readlinkat|stat|newfstatat|statx|access|faccessat2?)\((.*)/\2/p' "$1" |
		sed -nE 's/^[0-9]+<[^>]*>, "((self|thread-self|[0-9]+)(\/[^"]*)?)".*/\1/p; s/^[0-9]+<\/proc\/([^>]*)>, "([^"]*)".*/\1\/\2/p; s/^[^"]*"\/proc\/?([^"]*)".*/\1/p' |
		sed -E 's|/$||; s/^[0-9]{2,}/N/' | sort -u | tr '\n' '|'
}
is "$(of_proc /run/arena/launcher)" "1/ns/mnt|1/ns/net|1/root|N|self/exe|self/ns/mnt|self/ns/net|self/ns/user|self/oom_score_adj|self/root|" \
    "A27 golden: what the launcher opens in /proc; no stat, status, cmdline or comm"
stop_engines
engine_stays
is "$(cd "$TOP" && grep -roE '"([^" ]*/)?(stat|statm|status|comm|cmdline|mountinfo|mounts|maps|environ|children)"' helper common --include='*.[ch]' |
	sort -u | tr '\n' '|')" 'helper/admin/end.c:"status"|helper/admin/probe.c:"/proc/self/mountinfo"|' \
    "A27 golden: nor is one named in its source; the administrator's tool parses status, in which the kernel escapes names, and its own mounts"

# --- berth, its engine, jobs, and the end of a grant -----------------------------------------------

install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined --engine=any >/dev/null
for name in "${odd[@]:0:2}"; do
	for how in named child_of; do
		run $how "$name" /usr/local/bin/berth run -q host sh -c 'echo out; exit 5'
		is "$rc:$out:$err" "5:out:" "A27 $how ${name@Q}: a job is a job"
		run $how "$name" /usr/local/bin/berth run --once -q host sh -c 'echo out; exit 5'
		is "$rc:$out:$err" "5:out:" "A27 $how ${name@Q}: so is one with an engine of its own"
	done
	run named "$name" /usr/local/bin/berth --format=json daemon state
	is "$rc:$(grep -c shared <<<"$out")" "0:1" "A27 ${name@Q}: daemon state"
done
# Their engine stopped: who it is and that it is stopped is found out, in status.
pid=$(engine_pid alice)
kill -STOP "$pid"
run named "${odd[1]}" /usr/bin/timeout 60 /usr/local/bin/berth run -q host true
like "$rc:$err" "^(69|125):.*the engine \\(pid $pid\\).*stopped" "A27 a client of such a name tells that the engine is stopped"
kill -CONT "$pid"

# revoke ends what lives in the namespace, whatever it is called, and nothing else.
cat >/tmp/sleeper.py <<'P'
import ctypes, sys, time
ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)
print("up", flush=True)
time.sleep(3000)
P
chmod 0644 /tmp/sleeper.py
clients=()
names_of_alice=($'\nUid:\t1001\t1' 'a) S 0 0 (' $'\nGid:\t1001\t1')
names_of_bob=($'\nUid:\t1000\t1' $'\nGroups:\t1000' 'berth-engine' 'berth-job')
for name in "${names_of_alice[@]}"; do
	start_job "/run/arena/out.${#clients[@]}" -v /tmp:/t:ro host python3 /t/sleeper.py "$name"
	wait_for 10 grep -q up "/run/arena/out.${#clients[@]}"
	clients+=("$client")
done
sleepers=()
for name in "${names_of_bob[@]}"; do
	: >/run/arena/bob
	setpriv --reuid=bob --regid=bob --clear-groups /usr/bin/python3 /tmp/sleeper.py "$name" >/run/arena/bob 2>&1 &
	sleepers+=($!)
	wait_for 10 grep -q up /run/arena/bob
done
is "$(pgrep -fc '/(t|tmp)/sleeper.py')" "$((2 * ${#clients[@]} + ${#sleepers[@]}))" "A27 control: jobs, their clients and bob's processes run"
strace -f -qq -y -e trace=open,openat,openat2 -o /run/arena/trace "$ADMIN" revoke alice >/run/arena/out 2>&1
is "$?" 0 "A27 the grant is revoked"
ok "A27 nothing of alice's is left" wait_for 10 none_of_ours
is "$(pgrep -u alice -fc '^python3 /t/sleeper.py')" 0 "A27 whatever it was called"
is "$(kill -0 "${sleepers[@]}" && echo alive)" alive "A27 and all of bob's are, whatever they are called"
is "$(of_proc /run/arena/trace | tr '|' '\n' | sed -E 's/^[0-9]+/N/' | sort -u | tr '\n' '|')" "|N|N/ns/user|N/status|self/loginuid|" \
    "A27 golden: what the administrator's tool opens in /proc"
kill "${sleepers[@]}"
for client in "${clients[@]}"; do
	wait_job
	isnt "$rc" 0 "A27 a client whose job was ended is told"
done
done_testing
