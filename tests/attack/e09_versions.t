#!/usr/bin/env bash
# E09, protocol skew: a client and an engine of different versions work together where they can, say
# so once, and make room for each other; where they cannot, the errors are these. The other version
# is berth itself with another number, and an engine that answers whatever the test wants.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
grant alice security.confined >/dev/null
new=$(berth version)
new=${new#berth }
old=0.0.9
cp "$ENGINE" /run/arena/engine

use_engine() {
	install -m 0711 "$1" "$ENGINE"
}
start_old() {
	as alice berth daemon stop 2>/dev/null
	use_engine "$TESTBIN/berth-engine-$old"
	as alice "$TESTBIN/berth-$old" daemon start >/dev/null
	use_engine /run/arena/engine
}
leaves="berth: the engine is of version $old, this is $new; it leaves when no job runs"
stays="berth: the engine is of version $old, this is $new; when its jobs have ended:  berth daemon stop"

# --- a new client, an old engine
start_old
engine=$(engine_pid alice)
for verb in "daemon state" info version; do
	# shellcheck disable=SC2086
	run as alice berth $verb
	is "$rc:$err" "0:$stays" "E09 $verb: says so, once"
done
run as alice berth -q daemon state
is "$rc:$err:$(engine_pid alice)" "0::$engine" "E09 -q does not; and who only asks changes nothing"
start_job /run/arena/out -v /home/alice:/h host sh -c 'echo up; while [ ! -e /h/go ]; do sleep 0.05; done; exit 9'
wait_for 5 grep -q up /run/arena/out
run as alice berth run host echo served
is "$rc:$out:$err" "0:served:$leaves" "E09 run: served by the old engine, which is asked to leave"
run as alice berth daemon start
is "$rc:$err" "0:$leaves" "E09 daemon start: as well"
is "$(engine_pid alice)" "$engine" "E09 it stays for its job"
touch /home/alice/go
wait_job
is "$rc" 9 "E09 which ends as it would"
gone() {
	[ ! -d "/proc/$engine" ]
}
ok "E09 then it leaves" wait_for 10 gone
run as alice berth run host echo next
is "$rc:$out:$err" "0:next:" "E09 the next one is new, and nothing is said"
like "$(as alice berth version)" "engine $new" "E09 it is"

# --- an old client, a new engine
run as alice "$TESTBIN/berth-$old" run host echo served
is "$rc:$out:$err" "0:served:berth: the engine is of version $new, this is $old; it leaves when no job runs" \
    "E09 an old client and a new engine: the same"

# --- an engine of another protocol
mkdir -m 700 /home/alice/s
chown alice /home/alice/s
fake() {
	rm -f /home/alice/s/sock
	as alice /usr/bin/python3 "$TOP/tests/attack/e09_fake.py" /home/alice/s/sock "$1" "$2" &
	wait_for 5 test -S /home/alice/s/sock
	run as alice timeout 60 berth --host unix:/home/alice/s/sock "${@:3}"
	wait
}
hello='{"parameters":{"version":"'$new'","uid":1000}}'
later='{"parameters":{"version":"9.9.9","uid":1000,"features":["x"]}}'
# golden STATUS TEXT NAME
golden() {
	is "$rc:$err" "$1:$2" "E09 $3"
}
stop="end it, the next call starts a new one:  berth daemon stop"
raw=$'\302\2332J\177\342\200\256'
fake "$hello" '{"parameters":{"mode":"'"$raw"'","version":"'"$raw"'","root":"/'"$raw"'"}}' --format=json daemon state
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out$err")" "0:" "E09 JSON of an engine's answer is printable"
like "$out" 'u009b2J.u007f.u202e' "E09 what is not is escaped"
fake "$hello" '{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.berth.Engine.State"}}' daemon state
golden 69 "berth: the engine does not understand this call
  it answered org.varlink.service.MethodNotFound; it may be of another version
  $stop" "a method that it does not know"
fake "$hello" '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"tty"}}' run host true
golden 125 "berth: the engine does not understand this call
  it answered org.varlink.service.InvalidParameter; it may be of another version
  $stop" "a member that it does not know"
fake '{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.berth.Engine.Hello"}}' - daemon state
golden 69 "berth: the engine does not understand this call
  it answered org.varlink.service.MethodNotFound; it may be of another version
  $stop" "one that does not know the greeting"
fake "$later" '{"error":"io.berth.Engine.Sleepy","parameters":{"dreams":7}}' daemon state
golden 69 "berth: the engine is of version 9.9.9, this is $new; when its jobs have ended:  berth daemon stop
berth: the engine does not understand this call
  it answered io.berth.Engine.Sleepy; it may be of another version
  $stop" "an error of a later version"
fake "$hello" '{"error":"io.berth.Engine.NoSuchJob","parameters":{"job":"w\u001b[m\u009b"}}' daemon state
golden 1 'berth: no such job: w\x1b[m\xc2\x9b
  none has this name, or an id that begins so
  berth ps -a  shows them' "a job that is not there, with what a terminal would obey"
fake "$hello" '{"error":"io.berth.Engine.NotRunning","parameters":{"job":7}}' --format=json daemon state
is "$rc:$(jq -c '[.reason, .what]' <<<"$err")" '1:["not_running","not running: "]' "E09 members of other types are none"
fake "$later" '{"parameters":{"version":"9.9.9","root":"/r","uptime":61,"jobs":2,"colour":"blue","mode":"odd"}}' daemon state
golden 0 "berth: the engine is of version 9.9.9, this is $new; when its jobs have ended:  berth daemon stop" "more members than are known"
like "$out" $'^engine +running\nversion +9.9.9\nmode +odd\n.*uptime +1m 1s\njobs +2\nroot +/r' "E09 what is known of them is shown"
fake "$later" '{"parameters":{}}' --format=json daemon state
is "$rc:$(jq -c '[.running, .mode, .memory, .timeout, .exits_in, .leaving]' <<<"$out")" "0:[true,null,null,null,null,null]" \
    "E09 in JSON, what it does not say is null"
fake 'not json' - daemon state
golden 69 "berth: the engine's answer is malformed
  $stop" "no JSON"
fake '{"parameters":{"version":7,"uid":"x"}}' - daemon state
golden 69 "berth: the engine at /home/alice/s/sock serves somebody else" "other types"
fake '{"parameters":{"version":"9.9.9","uid":1001}}' - run host true
golden 125 "berth: the engine at /home/alice/s/sock serves somebody else" "somebody else's"
fake "$hello" - daemon state
golden 69 "berth: the engine ended before it answered
  see what runs:  berth daemon state" "one that hangs up behind the greeting"
fake '{"parameters":{"version":"\u001b[31m9","uid":1000}}' '{"parameters":{}}' version
like "$err" '\\x1b\[31m9' "E09 control: a version with an escape sequence is shown"
is "$(grep -c $'\033' <<<"$out$err")" 0 "E09 a version with an escape sequence does not reach the terminal"

# --- a client of another protocol
as alice berth daemon start >/dev/null
ask() {
	as alice /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(5)
for word in sys.argv[2:]: s.sendall(word.encode() + b"\0")
data = b""
try:
    while True:
        got = s.recv(65536)
        if not got: break
        data += got
except OSError: pass
print(data.replace(b"\0", b"\n").decode(), end="")' "$SOCKET" "$@"
}
run ask '{"method":"io.berth.Engine.Hello","parameters":{"client":"9.9.9","features":["x"]}}'
is "$out" '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"features"}}' "E09 a greeting with more in it"
run ask '{"method":"io.berth.Engine.Sing","parameters":{}}'
is "$out" '{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.berth.Engine.Sing"}}' "E09 a method of a later version"
run ask '{"method":"io.berth.Engine.Stop","parameters":{"gently":true}}'
is "$out" '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"gently"}}' "E09 a member of a later version"
run ask '{"method":"io.berth.Engine.State","parameters":{},"upgrade":true}'
is "$out" '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"upgrade"}}' "E09 a call of a later Varlink"
run as alice berth daemon state
is "$rc" 0 "E09 the engine serves as before"
done_testing
