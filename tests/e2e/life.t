#!/usr/bin/env bash
# How long an engine lives: it leaves when nobody has needed it for the time of the grant, it stays
# for jobs and for whoever is connected, and a call that arrives while it leaves is served.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

state() {
	as alice berth --format=json daemon state | jq -c "$1"
}

# --- where the time comes from
grant alice security.confined >/dev/null
as alice berth daemon start >/dev/null
is "$(state .timeout)" 600 "ten minutes, if the grant says nothing"
is "$(state '.exits_in <= 600 and .exits_in + .uptime >= 598')" true "and they run from the start"
as alice berth daemon stop
run root berth daemon start --root="$STATE" --allow-user=alice --entitlements=security.confined --timeout=5m
is "$rc:$(grep '^timeout' /etc/berth/allow/uid-1000.conf)" "0:timeout = 5m" "sudo berth daemon start --timeout=5m: in the grant"
is "$(state .timeout)" 300 "and in the engine"
root berth grant alice --timeout=1s >/dev/null
is "$(state .timeout)" 300 "another time counts from the next start on"
as alice berth daemon stop

# --- it leaves
# It may be over before somebody has asked.
starts_and_says() {
	as alice berth daemon start >/dev/null
	first=$(state .pid)
	[[ $first =~ ^[0-9]+$ ]]
}
a_second() {
	starts_and_says && [ "$(state .timeout)" = 1 ]
}
ok "a second" wait_for 20 a_second
ok "an idle engine leaves" wait_for 10 no_engine
# Whose first process goes last.
cgroup_is_empty() {
	[ -z "$(find /sys/fs/cgroup/berth/1000 -mindepth 2 -name cgroup.procs -exec cat {} + 2>/dev/null)" ]
}
ok "with its namespace" wait_for 5 cgroup_is_empty
run job host echo served
is "$rc:$out" "0:served" "the next call is served"
isnt "$(engine_pid alice)" "$first" "by another engine"

# --- it stays
root berth grant alice --timeout=3s >/dev/null
ok "the second one leaves as well" wait_for 10 no_engine
start_job /run/arena/out host sh -c 'echo up; sleep 4; echo done'
wait_for 5 grep -q up /run/arena/out
is "$(state .exits_in)" null "while a job runs there is no time of its end"
wait_job
is "$rc:$(tail -n1 /run/arena/out)" "0:done" "the job runs to its end"
ok "then it leaves" wait_for 10 no_engine
# WHAT: the time in the log of the last line that says so, in seconds
at() {
	date -d "$(sed -n "s/ .* $1.*//p" "$STATE/engine.log" | tail -n 1)" +%s
}
is "$(tail -n 3 "$STATE/engine.log" | sed -E 's/.* (job.*started|ended|leaves).*/\1/; s/job.*s/s/' | xargs)" "started ended leaves" \
    "and the engine has stayed for it"
ok "its time begins anew with the end" test "$(at 'engine leaves')" -ge "$(($(at ended) + 2))"
# On a busy host it may be over once more.
anew() {
	as alice berth run -q host true && [ "$(state '.exits_in > 0 and .exits_in <= 3')" = true ]
}
ok "and is said" wait_for 20 anew
ok "and is over" wait_for 10 no_engine

# Who is connected keeps it; who only asks does not.
root berth grant alice --timeout=1s >/dev/null
cat >/tmp/stay.py <<EOF
import socket, subprocess, time
call = b'{"method":"org.varlink.service.GetInfo"}\\0'
while True:
    subprocess.run(["berth", "-q", "daemon", "start"], stdout=subprocess.DEVNULL, check=True)
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect("$SOCKET")
        s.sendall(call)
        if s.recv(4096):
            break
    except OSError:
        pass
time.sleep(2)
s.sendall(call)
print("answered" if s.recv(4096) else "closed")
EOF
is "$(as alice /usr/bin/python3 /tmp/stay.py)" answered "it stays for who is connected"
as alice berth daemon start >/dev/null
has_left() {
	state .jobs >/dev/null
	no_engine
}
ok "it leaves, though it is asked for its state all the time" wait_for 10 has_left

# --- a call that arrives while it leaves
# The engine's time ends between two calls, at a moment that wanders over the call's.
failed=0
for i in {1..12}; do
	run job host true
	[ "$rc" = 0 ] || failed=$((failed + 1))
	sleep "0.9$((RANDOM % 10))$i"
done
is "$failed" 0 "calls about the moment of the exit are served, all of them"

# Nobody is lost in the backlog: stopped before the end of its time, the engine wakes when it is over.
root berth grant alice --timeout=3s >/dev/null
ok "the last one leaves" wait_for 10 no_engine
as alice berth daemon start >/dev/null
engine=$(engine_pid alice)
kill -STOP "$engine"
sleep 3.2
for i in {1..8}; do
	as alice timeout 100 berth run -q host echo "$i" >"/run/arena/late$i" 2>&1 &
done
sleep 0.3
kill -CONT "$engine"
wait
is "$(cat /run/arena/late* | sort | tr '\n' ' ')" "1 2 3 4 5 6 7 8 " "who waited in the backlog is served"

# --- asked to leave when no job runs
root berth grant alice --timeout=1h >/dev/null
ok "its time is over" wait_for 10 no_engine
retire() {
	as alice /usr/bin/python3 -c "
import json, socket
s = socket.socket(socket.AF_UNIX); s.connect('$SOCKET')
s.sendall(json.dumps({'method': 'io.berth.Engine.Stop', 'parameters': {'when_idle': True}}).encode() + b'\0')
print(s.recv(100))"
}
start_job /run/arena/out -v /home/alice:/h host sh -c 'echo up; while [ ! -e /h/go ]; do sleep 0.05; done; echo done'
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
is "$(state .leaving)" false "nobody has asked it to leave"
like "$(retire)" '"parameters":' "asked to leave when idle, it says yes"
is "$(state .leaving)" true "and says so in its state"
run job host echo more
is "$rc:$out:$(engine_pid alice)" "0:more:$engine" "it goes on serving while a job runs"
touch /home/alice/go
wait_job
is "$(tail -n1 /run/arena/out)" "done" "the job ends as it would"
ok "and the engine leaves" wait_for 10 no_engine
run job host echo next
is "$rc:$out" "0:next" "the next call is served"
is "$(state .timeout,.leaving | tr '\n' ' ')" "3600 false " "by an engine that stays"

# --- 64 clients at once, no engine
as alice berth daemon stop
started=$(grep -c 'engine started' "$STATE/engine.log")
rm -f /run/arena/n*
for i in {1..64}; do
	as alice timeout 200 berth run -q host echo "$i" >"/run/arena/n$i" 2>&1 &
done
wait
is "$(cat /run/arena/n* | sort -n | tr '\n' ' ')" "$(echo {1..64}) " "64 clients at once are all served"
# What an engine has just forked is called as it is for a moment.
one_engine() {
	[ "$(pgrep -xc berth-engine)" = 1 ]
}
ok "by one engine" wait_for 5 one_engine
is "$(($(grep -c 'engine started' "$STATE/engine.log") - started))" 1 "no other one was started"
done_testing
