#!/usr/bin/env bash
# Calls that arrive while the engine leaves: each is served, once, with its own status.
# 2,000 of them in `make check`, 20,000 when BERTH_LONG is set. An engine that is to leave when nothing
# runs (Stop with when_idle, which a client of another version sends) goes the way of one whose time is
# over, from idle_wait() on, without the wait of a second that is the shortest time-out; that one is
# tried some times more, from end to end.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
calls=2000 rounds=6
[ -z "${BERTH_LONG-}" ] || calls=20000 rounds=200
root "$ADMIN" grant alice security.confined --root=/home/alice/state --timeout=1s >/dev/null

run python3 "$TOP/tests/e2e/race.py" idle $calls
is "$rc" 0 "calls against an engine that leaves as soon as it can: each is served once"
diag "$out$err"
run python3 "$TOP/tests/e2e/race.py" timer $rounds
is "$rc" 0 "calls when the time-out is just over: each is served once"
diag "$out$err"

# A call of which only a part has come is not greeted: who was greeted may not try again. A stop turns
# it away, and it is served by the next engine.
root "$ADMIN" grant alice --timeout=1h >/dev/null
as alice berth -q daemon stop >/dev/null 2>&1
as alice berth daemon start >/dev/null
cat >/run/arena/part.py <<'END'
import json, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect("/run/berth/1000/engine.sock")
hello = {"method": "io.berth.Engine.Hello", "parameters": {"client": "part"}}
s.sendall(json.dumps(hello).encode() + b'\0{"method": "io.berth.Engine.State"')
s.settimeout(0.3)
try:
    print("greeted" if s.recv(100) else "closed")
except TimeoutError:
    print("silent")
s.settimeout(60)
if sys.argv[1] == "stop":
    print("stop", subprocess.run(["berth", "daemon", "stop"]).returncode)
    try:
        print("greeted" if s.recv(100) else "closed")
    except ConnectionResetError:
        print("closed")
else:
    s.sendall(b'}\0')
    text = b""
    while text.count(b"\0") < 2:
        text += s.recv(4096)
    print("greeted" if b'"version"' in text.split(b"\0")[0] else text)
END
run as alice python3 - rest </run/arena/part.py
is "$rc:$out" $'0:silent\ngreeted' "a call that comes in parts is greeted with its last one"
run as alice python3 - stop </run/arena/part.py
is "$rc:$out" $'0:silent\nstop 0\nclosed' "and turned away by a stop before"
is "$(engine_pid alice)" "" "that ends the engine"
done_testing
