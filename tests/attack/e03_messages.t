#!/usr/bin/env bash
# E03 (CVE-2018-1116: the uid comes in the message) and E05's class (CVE-2024-23650: a malformed
# request ends the daemon): identity fields and other unknown ones are errors, and whatever is sent,
# the engine serves the next client, with as many descriptors as before.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined

engine=$(engine_pid alice)
# What is open, by kind.
descriptors() {
	find "/proc/$engine/fd" -mindepth 1 -printf '%l\n' | sed 's/\[[0-9]*\]$//' | sort
}
memory() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$engine/status"
}
serves() {
	local name=$1
	run varlink alice hello
	like "$out" '"uid": 1000' "$name: the engine serves the next one"
	is "$(engine_pid alice)" "$engine" "$name: and is the same"
}
# A first job, so that what an engine keeps ready is there.
job host true
ok "E03 a job is done" jobs_are_gone
# Its connection and its process are given back a moment after it.
# The one process that it has is the spare.
quiet() {
	local now
	now=$(descriptors)
	sleep 0.1
	[ "$now" = "$(descriptors)" ] && [ "$(grep -c 'pidfd' <<<"$now")" -eq 1 ] && pgrep -x berth-spare
}
ok "E03 and the engine is at rest" wait_for 5 quiet
before=$(descriptors)
rss=$(memory)

/usr/bin/python3 "$TOP/tests/attack/frames.py" >/run/arena/frames
run varlink alice frames /run/arena/frames
is "$rc$err" 0 "E03 all messages were sent"
answers=$out
is "$(wc -l <<<"$answers")" "$(wc -l </run/arena/frames)" "E03 each has its verdict"
is "$(grep -P '^right ' <<<"$answers" | grep -vP '\treply( reply)* closed$')" "" "E03 control: what is right is answered"
isnt "$(grep -c '^right ' <<<"$answers")" 0 "E03 control: and was sent"
is "$(grep -vP '^right ' <<<"$answers" | grep -P '\treply')" "" \
    "E03 nothing that is wrong is answered as if it were right"
is "$(grep -P '[\t ]timeout$' <<<"$answers")" "" "E03 no answer is waited for in vain"
for what in identity field run; do
	is "$(grep "^$what " <<<"$answers" | grep -vP '\t(org\.varlink\.service\.(InvalidParameter|ExpectedMore)|io\.berth\.Engine\.Failed) closed$')" "" \
	    "E03 $what: each is refused as a wrong parameter"
	isnt "$(grep -c "^$what " <<<"$answers")" 0 "E03 control: $what: they were tried"
done
isnt "$(grep -cE '^call (method|interface)' <<<"$answers")" 0 "E03 control: so were unknown methods"
is "$(grep -E '^call method|^call interface' <<<"$answers" | grep -vP '\torg\.varlink\.service\.(MethodNotFound|InvalidParameter) closed$')" "" \
    "E03 unknown methods are told so"
serves "E03 after all of them"

# Descriptors: more than may come, again and again, and never used.
for spec in "1 1" "200 1" "201 1" "253 1" "100 3" "253 50" "1 1000"; do
	# shellcheck disable=SC2086
	run varlink alice fds $spec
	like "$rc:$out" '^0:(closed|.*"uid": 1000)' "E03 descriptors $spec: answered or closed"
done
like "$(varlink alice fds 200 1)" '"uid": 1000' "E03 control: 200 descriptors are not too many"
is "$(varlink alice fds 201 1)" closed "E03 201 are"
serves "E03 after descriptors"

# Run with descriptors that are not what they should be.
cat >/tmp/odd.py <<'EOF'
import importlib.util, json, os, socket, sys
sys.argv[1:] = ["hello"]
spec = importlib.util.spec_from_file_location("varlink", os.environ["CLIENT"])
client = importlib.util.module_from_spec(spec)
out, sys.stdout = sys.stdout, open(os.devnull, "w")
spec.loader.exec_module(client)
sys.stdout = out
import fcntl, struct
null = os.open("/dev/null", os.O_RDWR)

def memfd(data, seals=2 | 4 | 8):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    if seals:
        fcntl.fcntl(fd, 1033, seals)
    return fd

def head(args, env, magic=0x626A6F62, version=1):
    return struct.pack("=4I", magic, version, args, env)

good = head(2, 0) + b"echo\0started\0"
reader, writer = os.pipe()
blobs = {
    "right": memfd(good), "unsealed": memfd(good, 0), "seal of growth missing": memfd(good, 2 | 8),
    "empty": memfd(b""), "short": memfd(good[:15]), "magic": memfd(head(2, 0, magic=1) + b"a\0b\0"),
    "version": memfd(head(2, 0, version=2) + b"a\0b\0"), "count too high": memfd(head(3, 0) + b"a\0b\0"),
    "count too low": memfd(head(1, 0) + b"a\0b\0"), "no arguments": memfd(head(0, 1) + b"A=B\0"),
    "count wraps": memfd(head(2**32 - 1, 2) + b"a\0b\0"), "no end": memfd(head(2, 0) + b"a\0b"),
    "trailing": memfd(good + b"x\0"), "variable without name": memfd(head(1, 1) + b"id\0=x\0"),
    "variable without value": memfd(head(1, 1) + b"id\0A\0"), "empty command": memfd(head(1, 0) + b"\0"),
    "pipe": reader, "null": null, "directory": os.open("/", os.O_RDONLY),
    "path": os.open("/proc/self/exe", os.O_PATH), "file": os.open("/etc/passwd", os.O_RDONLY),
    "5 MiB": memfd(head(1, 0) + b"a" * (5 << 20) + b"\0"), "socket": socket.socket().fileno(),
}
def attempt(name, fds, more):
    sock = client.connect()
    params = {"blob": 0, "stdin": 1, "stdout": 2, "stderr": 3, "image": {"kind": "host"}, **more}
    call = {"method": "io.berth.Engine.Run", "parameters": params, "more": True}
    client.send(sock, client.frame(client.HELLO) + client.frame(call), fds)
    words = []
    for answer in client.answers(sock):
        if isinstance(answer, str):
            words.append(answer)
            break
        words.append(answer.get("error") or answer["parameters"].get("event") or "hello")
        if words[-1] not in ("hello", "started"):
            break
    print(name, " ".join(words[1:]), sep="\t", flush=True)

for name, fd in blobs.items():
    attempt("blob " + name, [fd, null, null, null], {})
streams = {"directory": os.open("/", os.O_RDONLY), "path": os.open("/etc/passwd", os.O_PATH)}
for name, fd in streams.items():
    for at in (1, 2, 3):
        fds = [memfd(good), null, null, null]
        fds[at] = fd
        attempt("stream %d %s" % (at, name), fds, {})
attempt("streams all the same", [memfd(good), null], {"stdout": 1, "stderr": 1})
attempt("blob as stream", [memfd(good)], {"stdin": 0, "stdout": 0, "stderr": 0})
home = os.open("/home/alice", os.O_PATH)
etc = os.open("/etc", os.O_PATH)
for name, source, fd in (("right", "/home/alice", home), ("another", "/home/alice", etc), ("root", "/", etc),
    ("not canonical", "/home/../home/alice", home), ("relative", "home/alice", home), ("link", "/bin", os.open("/usr/bin", os.O_PATH)),
    ("magic", "/proc/self/root", os.open("/", os.O_PATH)), ("bob", "/home/bob", home)):
    attempt("mount " + name, [memfd(good), null, null, null, fd],
        {"mounts": [{"type": "bind", "source": source, "target": "/m", "fd": 4}]})
    attempt("image " + name, [memfd(good), null, null, null, fd],
        {"image": {"kind": "directory", "path": source, "fd": 4}})
EOF
run as alice env CLIENT="$TOP/tests/attack/varlink.py" /usr/bin/python3 /tmp/odd.py
is "$rc$err" 0 "E03 every odd descriptor was tried"
odd=$out
is "$(grep -P '\tstarted' <<<"$odd" | cut -f1 | tr '\n' ',')" "blob right,streams all the same,blob as stream,mount right," \
    "E03 only what is right starts a job"
is "$(grep -P '(timeout|reset)' <<<"$odd")" "" "E03 the others are answered"
ok "E03 nothing is left of the jobs" jobs_are_gone
serves "E03 after odd descriptors"

# Clients that are slow, or silent, or many.
as alice /usr/bin/python3 "$TOP/tests/attack/varlink.py" hold 50 /tmp/let-go >/run/arena/held &
wait_for 5 grep -q held /run/arena/held
serves "E03 while 50 clients say nothing or half of something"
isnt "$(descriptors)" "$before" "E03 control: the engine has more descriptors open now"
run job host echo served
is "$rc:$out" "0:served" "E03 and a job runs"
touch /tmp/let-go
wait
varlink alice hold 500 0 >/dev/null
serves "E03 after 500 such clients"
settled() {
	[ "$(descriptors)" = "$before" ]
}
ok "E03 the engine has no more descriptors open than before" wait_for 5 settled
settled || diag "$(ls -l "/proc/$engine/fd")"
is "$(($(memory) < rss + 4096))" 1 "E03 nor 4 MiB more of memory"
ok "E03 nothing is left of the jobs" jobs_are_gone
done_testing
