#!/usr/bin/env bash
# Detach as Varlink has it, called by a client of somebody's own: without parameters, by a client that
# is gone before its answer, while others read the terminal. The job goes on, and its supervisor never
# waits for whoever has the terminal too. What is no call of the interface ends the job.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 strace pgrep
jobs_world security.confined

# call.py JSON [HOW]: starts a job with a terminal, sends JSON to it, leaves at once. The job writes
# to it when /h/go is there, and to /h/mark when /h/end is. HOW: stay, for the answer; read, with a
# child left that takes what the job writes when /h/read is there; stop, with the supervisor stopped.
cat >/tmp/call.py <<'EOF'
import array, os, signal, socket, subprocess, sys, time
text, how = sys.argv[1], (sys.argv + [""])[2]
sys.argv[1:] = ["fds", "0", "0"]
out, sys.stdout = sys.stdout, open(os.devnull, "w")
client = {"__name__": "varlink"}
exec(compile(open(os.environ["CLIENT"]).read(), "varlink.py", "exec"), client)
sys.stdout = out
job = "until [ -e /h/go ]; do sleep 0.05; done; printf x; until [ -e /h/end ]; do sleep 0.05; done; echo 0 >/h/mark"
call, fds = client["run_call"]({"tty": True, "mounts": [
    {"type": "bind", "source": "/home/alice/h", "target": "/h", "fd": 1}]}, ["/bin/sh", "-c", job])
for name in ("stdin", "stdout", "stderr"):
    del call["parameters"][name]
sock = client["connect"](os.environ["SOCKET"])
client["send"](sock, client["frame"](client["HELLO"]) + client["frame"](call),
               [fds[0], os.open("/home/alice/h", os.O_PATH)])
data, terminal = b"", None
while b"started" not in data:
    more, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4))
    data += more
    for item in ancillary:
        terminal = array.array("i", item[2])[0]
    if not more:
        sys.exit("no job: %r" % data)
os.set_blocking(terminal, True)
if how == "read" and os.fork() == 0:
    sock.close()
    while not os.path.exists("/home/alice/h/read"):
        time.sleep(0.02)
    open("/home/alice/h/taken", "wb").write(os.read(terminal, 1))
    os._exit(0)
if how == "stop":
    os.kill(int(subprocess.check_output(["pgrep", "-x", "berth-job"])), signal.SIGSTOP)
sock.sendall(text.encode() + b"\0")
if how == "stay":
    sys.exit(0 if b"detached" in sock.recv(4096) else 1)
EOF
chmod 644 /tmp/call.py
install -d -o alice -g alice /home/alice/h
call() {
	rm -f /home/alice/h/*
	run as alice env CLIENT="$TOP/tests/attack/varlink.py" SOCKET="$SOCKET" timeout 100 python3 /tmp/call.py "$@"
}
supervisor() {
	pgrep -u alice -x berth-job
}
ends_well() {
	touch /home/alice/h/go /home/alice/h/end
	ok "$1: the job goes on to its end" wait_for 20 grep -qx 0 /home/alice/h/mark
	ok "$1: and nothing is left of it" jobs_are_gone
}
detach='{"method":"io.berth.Engine.Detach","oneway":true'

call "$detach,\"parameters\":{}}" stay
is "$rc:$err" 0: "control: a client that waits for it is told"
ends_well "control"
call "$detach}"
is "$rc:$err" 0: "without parameters: sent"
ends_well "without parameters"
call "$detach,\"parameters\":null}" stay
is "$rc:$err" 0: "parameters null: told"
ends_well "parameters null"
# The supervisor answers when nobody is there any more.
call "$detach,\"parameters\":{}}" stop
is "$rc:$err" 0: "its client is gone: sent"
kill -CONT "$(supervisor)"
ends_well "its client is gone"

# What comes is not for the supervisor alone: when it looks, another one has read it.
call "$detach,\"parameters\":{}}" read
is "$rc:$err" 0: "while somebody else reads: sent"
supervisor=$(supervisor)
follow "$supervisor" -e trace=read,ioctl -e inject=read,ioctl:delay_enter=100000000:when=1
# It is held in the call that looks: read(2) or ioctl(2), by the numbers of this architecture or that.
looks() {
	[[ $(cut -d ' ' -f 1 "/proc/$supervisor/syscall") =~ ^(0|16|63|29)$ ]] && grep -q '^State:.t' "/proc/$supervisor/status"
}
touch /home/alice/h/go
ok "control: the supervisor looks for it" wait_for 10 looks
touch /home/alice/h/read
ok "control: another one reads" wait_for 10 grep -q x /home/alice/h/taken
# Let go of, it goes on. One that ends while it is traced is not seen to end by the engine.
unfollow
like "$(cat /run/arena/trace)" '^(read|ioctl)\(' "control: that was what it did"
ends_well "while somebody else reads"

# ends NAME JSON: a job that gets it ends, although it waits for /h/go
ends() {
	call "$2"
	is "$rc:$err" 0: "$1: sent"
	ok "$1: the job is ended" jobs_are_gone
}
ends "not oneway" '{"method":"io.berth.Engine.Detach","parameters":{}}'
ends "with more" "$detach,\"parameters\":{},\"more\":true}"
ends "an unknown member" "$detach,\"parameters\":{},\"uid\":0}"
ends "an unknown parameter" "$detach,\"parameters\":{\"uid\":0}}"
ends "parameters that are none" "$detach,\"parameters\":[]}"
ends "Signal not oneway" '{"method":"io.berth.Engine.Signal","parameters":{"signal":28}}'
ends "Signal without one" '{"method":"io.berth.Engine.Signal","oneway":true}'
ends "another method" '{"method":"io.berth.Engine.Stop","oneway":true}'
done_testing
