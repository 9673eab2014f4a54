#!/usr/bin/env bash
# Words of a failure: at most three lines; nothing of what others wrote reaches a terminal unescaped.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined

odd=$'\e]0;x\a\x9b31m\xe2\x80\xae\nsecond line\r\x7f'
# clean NAME: of the last run: printable ASCII and newlines, at most three lines, first of berth's
clean() {
	local bytes
	bytes=$(LC_ALL=C tr -d '\n -~' <<<"$err" | od -An -c)
	if [ -z "$bytes" ] && [ "$(wc -l <<<"$err")" -le 3 ] && [[ $err == "berth: "* ]]; then
		pass "$1"
	else
		fail "$1"
		diag "bytes that are not printable: $bytes"
		tap_show_run
	fi
}
bad() {
	local name=$1
	shift
	run as alice berth "$@"
	isnt "$rc" 0 "$name: fails"
	clean "$name: its words can be shown"
}
bad "a verb" "$odd"
bad "a flag" run "--$odd" host
bad "a letter" run "-$odd" host
bad "an image" run "$odd" true
bad "an image directory" run "/$odd" true
bad "a command" run host "$odd"
bad "a command with a path" run host "/$odd"
bad "a user" run -u "$odd" host true
bad "a user that looks like a name" run -u $'a\e[1m' host true
bad "a working directory" run -w "/$odd" host true
bad "a name" run --name "$odd" host true
bad "a hostname" run --hostname "$odd" host true
bad "a network" run --network "$odd" host true
bad "a capability" run --cap-add "$odd" host true
bad "a limit" run --ulimit "$odd" host true
bad "a timeout" run --timeout "$odd" host true
bad "a volume" run -v "$odd" host true
bad "a source" run -v "/$odd:/x" host true
bad "a target" run -v "/usr:/proc/$odd" host true
bad "an option" run -v "/usr:/x:$odd" host true
bad "a tmpfs" run --tmpfs "/x:$odd" host true
bad "an entitlement" run --entitlement "$odd" host true
bad "an entitlement with a value" run --entitlement "device=/dev/$odd" host true
bad "a file of variables" run --env-file "/$odd" host true
bad "a variable" run -e "=$odd" host true
bad "an address" --host "$odd" daemon state
bad "an address that is a path" --host "unix:/$odd" daemon state
bad "a format" --format "$odd" info
bad "a log level" --log-level "$odd" info
mkdir "/home/alice/$odd" && chown alice "/home/alice/$odd"
bad "a directory that is there" run -v "/home/alice/$odd:/proc/x" host true
revoke alice 'mount=*' >/dev/null
bad "a directory that is not granted" run -v "/home/alice/$odd:/x" host true
run as alice berth explain -- run -v "/home/alice/$odd:/x" host "$odd"
like "$out$err" '\\x1b' "explain shows it"
is "$(LC_ALL=C tr -d '\n -~' <<<"$out$err" | od -An -c)" "" "explain shows it escaped"
text=$'\e]0;x\a\xe2\x80\xae\n"\\'
mkdir "/home/alice/$text"
chown alice "/home/alice/$text"
run as alice berth --format=json explain -- run -v "/home/alice/$text:/x" host "$odd"
is "$rc:$(jq -r .allowed <<<"$out")" "77:false" "and JSON stays JSON"
run as alice berth --format=json run host "$odd"
is "$(jq -r .reason <<<"$err")" not_found "an error as JSON, too"
grant alice 'mount=*' >/dev/null

# What the job itself prints is the job's, byte by byte; what berth says about it is not mixed in.
run job host printf '%s' "$odd"
is "$out" "$odd" "a job's own output is left alone"
long=$(printf '%05000d' 0)
bad "a name of 5000 bytes" run --name "$long" host true
bad "a path of 5000 bytes" run -w "/$long" host true
bad "an image of 5000 bytes" run "/$long" true
bad "a source of 5000 bytes" run -v "/$long:/x" host true
bad "an environment file of 5000 bytes" run --env-file "/$long" host true

# A foreign engine that says what it likes (a service of the user's own at an address of their choice).
mkdir -m 700 /home/alice/fake
chown alice:alice /home/alice/fake
cat >/home/alice/fake.py <<'EOF'
import json, os, socket, sys
path = "/home/alice/fake/s"
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o600)
server.listen()
print("up", flush=True)
text = "\x1b]0;x\x07\x9b31m\u202e\nsecond\nthird\nfourth\nfifth" + "x" * 5000
hello = json.dumps({"parameters": {"version": "0.1.0", "uid": 1000}}).encode() + b"\0"
error = {"reason": text, "what": text, "why": text, "todo": text, "code": 71, "file": text, "line": 1}
answers = [
    json.dumps({"error": "io.berth.Engine.Failed", "parameters": error}).encode() + b"\0",
    json.dumps({"error": "io.berth.Engine.Refused", "parameters": error}).encode() + b"\0",
    json.dumps({"error": text, "parameters": {}}).encode() + b"\0",
    json.dumps({"error": {"a": 1}}).encode() + b"\0",
    json.dumps({"parameters": {"version": text, "root": text, "entitlements": [text, 1, None], "uptime": text, "jobs": {}}}).encode() + b"\0",
    b"not json\0", b"[]\0", b"\0", b"{" * 100000 + b"\0", b"x" * 300000, b"",
]
for answer in answers:
    connection, _ = server.accept()
    connection.recv(65536)
    try:
        connection.sendall(hello + answer)
    except OSError:
        pass
    connection.close()
EOF
as alice /usr/bin/python3 /home/alice/fake.py >/run/arena/fake 2>&1 &
wait_for 5 grep -q up /run/arena/fake
for n in 1 2 3 4 5 6 7 8 9 10 11; do
	run as alice timeout 100 berth --host unix:/home/alice/fake/s daemon state
	is "$(LC_ALL=C tr -d '\n -~' <<<"$out$err" | od -An -c):$(($(wc -l <<<"$err") <= 3 && rc != 124 && rc < 128))" ":1" \
	    "a foreign engine's answer $n: shown escaped, or refused; status $rc"
done
wait
run as alice berth --host unix:/home/alice/fake/s daemon state
is "$rc" 69 "and when it is gone: the plain error, nothing is started"
done_testing
