#!/usr/bin/env bash
# B11: one granted user floods the launcher and an engine with calls, connections and descriptors.
# Another user's calls are served within a multiple of what they take at rest, and nothing grows.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
grant alice security.confined >/dev/null
grant bob security.confined >/dev/null
grant carol security.confined >/dev/null
as alice berth run -q host true
as bob berth run -q host true

# The slowest but two of 20 calls, in milliseconds: bob's jobs, and carol's first calls.
latency() {
	python3 - <<'PY'
import os, subprocess, sys, time
took = []
for _ in range(20):
    began = time.monotonic()
    subprocess.run(["setpriv", "--reuid=bob", "--regid=bob", "--init-groups", "env", "-i", "PATH=/usr/bin:/bin",
        "/usr/local/bin/berth", "run", "-q", "host", "true"], check=True, timeout=60, cwd="/")
    took.append(time.monotonic() - began)
print(round(sorted(took)[-3] * 1000))
PY
}
first_call() {
	python3 - <<'PY'
import subprocess, time
took = []
for _ in range(5):
    began = time.monotonic()
    run = ["setpriv", "--reuid=carol", "--regid=carol", "--init-groups", "env", "-i", "PATH=/usr/bin:/bin", "/usr/local/bin/berth"]
    subprocess.run([*run, "run", "-q", "host", "true"], check=True, timeout=60, cwd="/")
    took.append(time.monotonic() - began)
    subprocess.run([*run, "daemon", "stop"], check=True, timeout=60, cwd="/", capture_output=True)
print(round(sorted(took)[-2] * 1000))
PY
}
engine=$(engine_pid alice)
bobs=$(engine_pid bob)
used() {
	printf '%s ' "$(find "/proc/$engine/fd" -mindepth 1 | wc -l)" "$(grep -lx 'populated 1' -r /sys/fs/cgroup/berth --include=cgroup.events | wc -l)" \
	    "$(find /run/berth | wc -l)" "$(find /home/*/state/jobs -mindepth 1 | wc -l)" "$(ls -d /proc/[0-9]*/ns/net | wc -l)" \
	    "$(ps -eo stat= | grep -c '^Z')" "$(wc -l </proc/self/mountinfo)" "$(pgrep -c berth)"
}
memory() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}
as carol berth run -q host true
as carol berth daemon stop
idle=$(latency)
idle_first=$(first_call)
# Alice's engine and bob's, each with what it has made ahead; carol's that has left is gone.
ok "B11 control: all is at rest" wait_for 10 rest 2
rss=$(memory "$engine")
diag "at rest: a job $idle ms, a first call $idle_first ms; $before"

# The flood: starts of an engine that is there, calls, jobs, connections that say nothing, descriptors.
cat >/tmp/flood.py <<'PY'
import os, subprocess, sys, time
end = time.monotonic() + 600
while time.monotonic() < end and not os.path.exists("/tmp/over"):
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    print("one", flush=True)
PY
chmod 644 /tmp/flood.py
client=$TOP/tests/attack/varlink.py
floods=()
flood() {
	local name=$1
	shift
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups env -i PATH=/usr/local/bin:/usr/bin:/bin \
	    /usr/bin/python3 /tmp/flood.py "$@") >"/run/arena/count.$name" 2>/dev/null &
	floods+=($!)
}
flood starts "$LAUNCHER" start
flood jobs /usr/local/bin/berth run -q host true
flood vanish /usr/bin/python3 "$client" vanish 200
flood held /usr/bin/python3 "$client" hold 300 0.2
flood fds /usr/bin/python3 "$client" fds 253 20
flood odd /usr/bin/python3 "$client" raw 7b7d00
# done_of NAME: how often that was done so far
done_of() {
	wc -l <"/run/arena/count.$1"
}
kinds='starts jobs vanish held fds odd'
declare -A begun
under_way() {
	local name
	for name in $kinds; do
		begun[$name]=$(done_of "$name")
		[ "${begun[$name]}" -ge 3 ] || return 1
	done
}
ok "B11 control: the floods are under way" wait_for 60 under_way
loaded=$(latency)
loaded_first=$(first_call)
for name in $kinds; do
	ok "B11 control: the flood of $name went on" test "$(done_of "$name")" -gt "${begun[$name]}"
done
held=$(find "/proc/$engine/fd" -mindepth 1 | wc -l)
touch /tmp/over
wait "${floods[@]}"
diag "under the flood: a job $loaded ms, a first call $loaded_first ms; $held descriptors at the end; done: $(
	cd /run/arena && wc -l count.* | tr -s '\n ' ' ')"
# Two cores share what there is among six of alice's; what is bounded is more than that.
ok "B11 bob's jobs take at most 30 times as long" test "$loaded" -le $((30 * (idle + 10)))
ok "B11 carol's first calls too" test "$loaded_first" -le $((30 * (idle_first + 10)))

as alice berth run -q host true
ok "B11 nothing has grown: descriptors, cgroups, files, jobs, namespaces, zombies, mounts, processes" wait_for 10 settled
settled || diag "$before became $(used)"
is "$(engine_pid alice):$(engine_pid bob)" "$engine:$bobs" "B11 the engines are the same"
ok "B11 alice's has at most 4 MiB more of memory ($rss, $(memory "$engine"))" test "$(memory "$engine")" -le $((rss + 4096))
ok "B11 no launcher is left" sh -c '! pgrep -x berth-launcher -u root'
run as bob berth run -q host echo served
is "$rc:$out" "0:served" "B11 bob is served"

# Descriptors, held: as many as a process may have, on as many connections as there may be.
flood_held() {
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups python3 - <<'PY'
import array, socket, time
null = open("/dev/null")
socks = []
try:
    for _ in range(400):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(1)
        sock.connect("/run/berth/1000/engine.sock")
        socks.append(sock)
        sock.sendmsg([b" "], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null.fileno()] * 200))])
except OSError as error:
    print(error)
print("held", len(socks), flush=True)
time.sleep(1000)
PY
	) >/run/arena/held 2>&1 &
	holder=$!
}
flood_held
wait_for 20 grep -q held /run/arena/held
held=$(find "/proc/$engine/fd" -mindepth 1 | wc -l)
diag "$(tr '\n' ' ' </run/arena/held) and the engine has $held open"
ok "B11 control: the engine holds many" test "$held" -gt 300
run as bob berth run -q host echo served
is "$rc:$out" "0:served" "B11 bob is served while alice's engine holds $held descriptors"
run as carol berth run -q host echo served
is "$rc:$out" "0:served" "B11 and carol has an engine"
as carol berth daemon stop
disown "$holder"
kill "$holder"
run as alice timeout 60 berth run -q host echo served
is "$rc:$out" "0:served" "B11 and alice is, as soon as they are let go"
ok "B11 and they are" wait_for 10 settled
settled || diag "$before became $(used)"
done_testing
