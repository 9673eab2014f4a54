#!/usr/bin/env bash
# A17 (CVE-2017-1000366 and its class): 4 MiB of arguments and environment, and a stack without a limit,
# which moves where the kernel puts it: SAME. That no frame steps over a guard page is read from the
# objects by tests/lint/hardening.t.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 strace prlimit
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice

# full STACK WHAT PROGRAM ARGS...: PROGRAM with that limit of the stack, and 4 MiB of WHAT: environ (all of
# it), args (behind its own). A string has at most 128 KiB.
cat >/tmp/full.py <<'P'
import os, resource, sys
stack, what, program, *args = sys.argv[1:]
stack = resource.RLIM_INFINITY if stack == "unlimited" else int(stack)
resource.setrlimit(resource.RLIMIT_STACK, (stack, resource.getrlimit(resource.RLIMIT_STACK)[1]))
pieces = ["%03d" % n + "=" + "x" * 131000 for n in range(32)]
environ = dict(piece.split("=") for piece in pieces) if what == "environ" else {}
os.execve(program, [program, *args, *(pieces if what == "args" else [])], environ)
P
chmod 0644 /tmp/full.py
full() {
	as alice prlimit --stack=:unlimited /usr/bin/python3 /tmp/full.py "$@"
}
run full unlimited environ /usr/bin/python3 -c 'import os, resource; print(len(open("/proc/self/environ").read()) >> 20, resource.getrlimit(resource.RLIMIT_STACK)[0])'
is "$rc:$out" "0:3 -1" "A17 control: 4 MB reach a program, and the limit"
run full unlimited args /usr/bin/python3 -c 'import sys; print(sum(map(len, sys.argv)) >> 20)'
is "$rc:$out" "0:3" "A17 control: also as arguments"

for stack in unlimited 134217728; do
	run full $stack environ "$LAUNCHER" start
	is "$rc$err" 0 "A17 stack $stack: a start is a start"
	is "$(wc -c <"/proc/$(engine_pid alice)/environ"):$(tr '\0' ' ' <"/proc/$(engine_pid alice)/cmdline")" "0:berth-engine " \
	    "A17 stack $stack: nothing of it reaches the engine"
	stop_engines
	run as alice "$LAUNCHER" stop
	plain="$rc $err"
	run full $stack environ "$LAUNCHER" stop
	is "$rc $err" "$plain" "A17 stack $stack: a mistake is the same mistake"
	run full $stack args "$LAUNCHER" start
	is "$rc $err" "${plain}" "A17 stack $stack: 4 MiB of arguments are the same mistake"
	run full $stack environ "$LAUNCHER" once
	like "$rc:$err" '^(64|69|71|77|78):berth: ' "A17 stack $stack: once without a descriptor is refused"
	run as bob "$LAUNCHER" start
	plain="$rc $err"
	run as bob prlimit --stack=:unlimited /usr/bin/python3 /tmp/full.py $stack environ "$LAUNCHER" start
	is "$rc $err" "$plain" "A17 stack $stack: who has no grant is told the same"
done

# SAME: the calls themselves, of a refusal in their order, of a start as the set that they are: what is
# said to whom first among its processes is chance.
calls_of() {
	sed -E 's/^[0-9]+ +//; s/^<\.\.\. //; s/[ (].*//' /run/arena/launcher | grep -E '^[a-z]'
}
# traced USER CMD...: the launcher's part is in /run/arena/launcher
traced() {
	early_trace /run/arena/trace "$@"
	of_launcher /run/arena/trace >/run/arena/launcher
}
traced bob env "$LAUNCHER" start
plain=$(calls_of)
opened=$(early_opens /run/arena/launcher)
like "$opened" '/etc/berth/allow/uid-1001.conf' "A17 control: it opens what it judges by"
isnt "$(wc -l <<<"$plain")" 1 "A17 control: its calls are seen"
traced bob prlimit --stack=unlimited /usr/bin/python3 /tmp/full.py unlimited environ "$LAUNCHER" start
is "$(calls_of)" "$plain" "A17 a refusal makes the same calls ($(wc -l <<<"$plain"))"
is "$(early_opens /run/arena/launcher)" "$opened" "A17 and opens the same files"
engine_says R
traced alice env "$LAUNCHER" start
plain=$(calls_of | sort -u)
stop_engines
traced alice prlimit --stack=unlimited /usr/bin/python3 /tmp/full.py unlimited environ "$LAUNCHER" start
is "$rc:$(calls_of | sort -u)" "0:$plain" "A17 a start makes the same calls"
stop_engines
engine_stays

# The client and its engine, which users run as themselves.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
run full unlimited environ /usr/local/bin/berth run -q host sh -c 'echo "$#"; env | wc -c; ulimit -s' sh
is "$rc:$(head -n1 <<<"$out")" "0:0" "A17 a job of a client with all that: runs"
ok "A17 and has none of it" test "$(sed -n 2p <<<"$out")" -lt 1000
run full unlimited args /usr/local/bin/berth run -q host sh -c 'echo "$#"' sh
is "$rc:$out:$(tail -n1 <<<"$err")" "126::  Argument list too long" "A17 4 MiB of arguments are more than the job's own limit allows"
run as alice berth run -q host sh -c 'echo next'
is "$rc:$out" "0:next" "A17 and the next call is served"
ok "A17 no job is left" jobs_are_gone
done_testing
