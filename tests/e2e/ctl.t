#!/usr/bin/env bash
# The socket of a job's supervisor against those who are no engine: other users, the job itself, bytes that
# make no sense, descriptors that are no client, more connections than there is room for. The job goes on,
# who has a right to it is served, and nothing of it stays.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
chmod 711 /home/alice

start_job /run/arena/first -i --stop-signal USR2 host sh -c 'echo up; trap "echo ended; exit 7" USR2; while :; do sleep 0.05; done'
wait_for 10 grep -q up /run/arena/first
ctl=$(echo "$STATE"/jobs/*/ctl)
supervisor=$(pgrep -u alice -x berth-job)
client() {
	local user=$1
	shift
	as "$user" timeout 200 python3 "$TOP/tests/e2e/ctl.py" "$ctl" "$@"
}
fds() {
	find "/proc/$supervisor/fd" -mindepth 1 | wc -l
}
run client alice exec '{}' echo served
is "$rc:$out" 0:served "control: the user is served"
# With nothing to do it has what it needs, and no more: then it sleeps, and nobody wakes it.
at_rest() {
	before=$(fds):$(grep ctxt /proc/"$supervisor"/status)
	sleep 0.3
	grep -q '^State:.S' "/proc/$supervisor/status" && [ "$before" = "$(fds):$(grep ctxt "/proc/$supervisor/status")" ]
}
ok "and then the supervisor is at rest" wait_for 10 at_rest
before=$(fds)
run client bob exec '{}' id
like "$err" 'PermissionError' "another user does not reach it"
# By name it is out of reach; a descriptor of the directory may be given away.
chmod 755 "$STATE" "$STATE/jobs" "${ctl%/ctl}"
chmod 777 "$ctl"
run client bob exec '{}' id
like "$rc:$out:$err" '^[^0].*(closed|BrokenPipe|reset)|^125::$' "nor is another one served who connects to it"
unlike "$out" uid "and no command of theirs runs"
run root timeout 200 /usr/bin/python3 "$TOP/tests/e2e/ctl.py" "$ctl" exec '{}' id
like "$rc:$out:$err" '^[^0].*(closed|BrokenPipe|reset)|^125::$' "the host's root is not served either"
unlike "$out" uid "nor one of the host's root, who is nobody there"
chmod 700 "$STATE" "$STATE/jobs" "${ctl%/ctl}"
run client alice exec '{}' sh -c "ls -d $STATE 2>&1; ls /jobs 2>&1"
like "$out" 'No such file.*No such file' "the job itself has no name for it"

hex() {
	printf '%s' "$1" | od -An -tx1 | tr -d ' \n'
}
wait_call='{"method":"io.berth.Engine.Wait","parameters":{"job":"x"}}'
# raw NAME WANT TEXT [FDS]: what comes of these bytes, which a NUL ends
raw() {
	run client alice raw "$(hex "$3")00" "${4-sock}"
	is "$out" "$2" "$1"
}
raw "no JSON: closed" "closed end" hello
raw "no object: closed" "closed end" '[]'
raw "no method: closed" "closed end" '{}'
raw "oneway: closed" "closed end" '{"method":"io.berth.Engine.Wait","parameters":{"job":"x"},"oneway":true}'
raw "an unknown member: closed" "closed end" '{"method":"io.berth.Engine.Wait","uid":0}'
raw "no client: closed" "closed end" "$wait_call" 0
raw "a client that is no connection: closed" "closed end" "$wait_call" 1
raw "two hundred of them: closed" "closed end" "$wait_call" 200
raw "a method of the engine: answered" \
    'closed {"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.berth.Engine.Run"}}' \
    '{"method":"io.berth.Engine.Run","more":true}'
raw "an unknown parameter: answered" \
    'closed {"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"uid"}}' \
    '{"method":"io.berth.Engine.Kill","parameters":{"job":"x","signal":9,"uid":0}}'
raw "a signal that is none: answered" \
    'closed {"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"signal"}}' \
    '{"method":"io.berth.Engine.Kill","parameters":{"job":"x","signal":-1}}'
run client alice raw "$(hex "$wait_call")00$(hex "$wait_call")00" sock
is "$out" "closed end" "two calls at once: closed"
run client alice raw "$(hex "$wait_call")" sock
is "$out" "closed end" "half a message: closed after a while"
same() {
	[ "$(fds)" -eq "$before" ]
}
ok "no descriptor of all of them stays" wait_for 10 same

# More than there is room for, some of them silent, the others waiting.
as alice python3 - "$TOP/tests/e2e/ctl.py" "$ctl" <<'END' >/run/arena/crowd &
import select, socket, sys, time
path, ctl = sys.argv[1:]
sys.argv[1:] = ["x", "y"]
here = {"__name__": "ctl", "__file__": path}
exec(compile(open(path).read().rsplit("\nif __name__", 1)[0], path, "exec"), here)
held = []
for number in range(300):
    sock = here["hand"](ctl, {"method": "io.berth.Engine.Wait", "parameters": {"job": "x"}})
    held.append(sock)
silent = []
for number in range(100):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(ctl)
    silent.append(sock)
print("there", flush=True)
refused = [sock for sock in select.select(held, [], [], 100)[0] if b"too many clients" in sock.recv(1000)]
print("refused", len(refused), flush=True)
time.sleep(1000)
END
crowd=$!
ok "a crowd is there" wait_for 20 grep -q there /run/arena/crowd
ok "the last of those who wait are refused" wait_for 20 grep -qE 'refused [1-9]' /run/arena/crowd
run client alice call Open '{"job": "x", "what": "root"}'
like "$out" 'descriptor: bin' "beside it one is served who asks for something"
run client alice call StopJob '{"job": "x", "seconds": 20}'
is "$out" '{"parameters": {}}' "and the job can be ended"
wait_job
is "$rc:$(cat /run/arena/first)" $'7:up\nended' "it ends as it was asked to"
kill "$crowd"
ok "nothing is left of it" jobs_are_gone

# One who keeps the end that it gave away says whether that end waits, and who is told there.
start_job /run/arena/second host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/second
ctl=$(echo "$STATE"/jobs/*/ctl)
as alice timeout 200 python3 "$TOP/tests/e2e/ctl.py" "$ctl" hang Wait '{"job": "x"}' /run/arena/told \
    >/run/arena/hang &
hang=$!
ok "one is there that reads nothing" wait_for 10 grep -q full /run/arena/hang
# Who is served after it tells that it was taken.
run client alice call Open '{"job": "x", "what": "root"}'
touch /run/arena/told
ok "it makes its end wait" wait_for 10 grep -q waits /run/arena/hang
run client alice call StopJob '{"job": "x", "seconds": 0}'
is "$out" '{"parameters": {}}' "the job can be ended beside it"
ok "and all of the job goes" jobs_are_gone
kill "$hang"
wait_job
done_testing
