#!/usr/bin/env bash
# io.berth.Engine.Stop with force: what comes behind it starts no job, and what cannot be killed at
# once is waited for, not asked as fast as the processor can.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined
# Stop, and then Run on the same connection, while a job runs; prints the answers to both.
cat >/tmp/behind.py <<'EOF'
import importlib.util, os, sys
sys.argv[1:] = ["hello"]
spec = importlib.util.spec_from_file_location("varlink", os.environ["CLIENT"])
client = importlib.util.module_from_spec(spec)
out, sys.stdout = sys.stdout, open(os.devnull, "w")
spec.loader.exec_module(client)
sys.stdout = out
null = os.open("/dev/null", os.O_RDWR)
call, fds = client.run_call({}, ["true"], [null] * 3)
stop = {"method": "io.berth.Engine.Stop", "parameters": {"force": True}}
sock = client.connect()
client.send(sock, client.frame(client.HELLO) + client.frame(stop))
sock.recv(1, client.socket.MSG_PEEK)
client.send(sock, client.frame(call), fds)
for answer in client.answers(sock, 20):
    client.show(answer)
EOF

start_job /run/arena/out host sh -c 'trap "sleep 0.5; exit 3" TERM; echo up; while :; do sleep 0.05; done'
wait_for 5 grep -q up /run/arena/out
run as alice env CLIENT="$TOP/tests/attack/varlink.py" /usr/bin/python3 /tmp/behind.py
is "$(sed -n 2p <<<"$out" | jq -c '[.error, .parameters.what, .parameters.why]')" \
    '["io.berth.Engine.Failed","the engine starts no more jobs","it is being stopped"]' "Run behind Stop is refused"
is "$(sed -n 3,4p <<<"$out")" '{"parameters": {}}
closed' "and Stop is answered"
wait_job
is "$rc" 3 "when its job has ended"
is "$(grep -c 'started$' "$STATE/engine.log")" 1 "no other one was started"
ok "the engine is gone" wait_for 10 no_engine

# A supervisor that SIGKILL does not end: here because the signal is not sent.
start_job /run/arena/out host sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
follow "$engine" -e trace=pidfd_send_signal -e inject=pidfd_send_signal:retval=0
as alice timeout 100 berth daemon stop --force >/run/arena/stop 2>&1 &
stop=$!
kills() {
	grep -c SIGKILL /run/arena/trace
}
killing() {
	[ "$(kills)" -gt 0 ]
}
ok "past its time a job is killed" wait_for 20 killing
from=$(date +%s%3N)
first=$(kills)
sleep 1
again=$(kills)
ok "but not as often as the processor can" test "$((again - first))" -le "$((($(date +%s%3N) - from) / 10))"
kills_again() {
	[ "$(kills)" -gt "$first" ]
}
ok "and again" wait_for 5 kills_again
unfollow
rc=0
wait $stop || rc=$?
is "$rc" 0 "when it ends Stop is answered"
ok "and the engine is gone" wait_for 10 no_engine
wait_job
done_testing
