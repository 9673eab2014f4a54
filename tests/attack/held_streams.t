#!/usr/bin/env bash
# A05/B10: standard streams, and descriptors, on a file system of the caller's own that never answers
# when they are closed. Whoever closes such a file waits in the kernel, out of reach of SIGKILL: none of
# what a start leaves may have one, or it outlives its grant; and no process of root's waits there.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
launcher_world
allow alice

held=/tmp/held
mkdir $held
python3 "$TOP/tests/attack/fuse_held.py" "$held" 1000 /run/arena/held &
server=$!
wait_for 5 test -e /run/arena/held || skip_all "FUSE cannot be mounted here"

# What has it as a descriptor, who waits for it, with which ids.
holders() {
	find /proc/[0-9]*/fd -lname "$held/*" 2>/dev/null | cut -d/ -f3 | sort -u
}
privileged() {
	local pid
	for pid in $(ours); do
		awk '$1 == "Uid:" && $3 == 0 { print FILENAME }' "/proc/$pid/status" 2>/dev/null
	done
}
inits() {
	local pid
	for pid in $(ours); do
		[ "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$pid/status" 2>/dev/null)" != 1 ] || echo "$pid"
	done
}

# with NUMBERS: the launcher, with the file as each of these descriptors. A shell would close one itself.
with() {
	as alice setsid /usr/bin/python3 -c '
import os, sys
for fd in sys.argv[3].split():
    if int(fd) < 3:
        os.close(int(fd))
    os.set_inheritable(os.open(sys.argv[2], os.O_RDWR), True)
os.execv(sys.argv[1], [sys.argv[1], "start"])' "$LAUNCHER" "$held/file" "$1" &
}

# Somebody waits for the end of one, and who had privilege before that has none.
waits() {
	[ -e /run/arena/held.flush ] && [ -n "$(ours)" ] && [ -z "$(privileged)" ]
}
let_go() {
	rm -f /run/arena/held.flush
	echo go >/run/arena/go
}
clean() {
	[ -z "$(holders)" ]
}

run as alice timeout -s KILL 2 sh -c "exec 5<$held/file; exec 5<&-"
is "$rc" 137 "control: a process that closes the file hangs"
rm -f /run/arena/held.flush

for fds in 0 1 2 "0 1 2"; do
	with "$fds"
	wait_for 20 waits
	sleep 1
	ok "streams $fds: control: somebody waits for their end" test -e /run/arena/held.flush
	isnt "$(ours)" "" "streams $fds: control: the start waits for their end"
	is "$(privileged)" "" "streams $fds: but no process of root's"
	is "$(inits)" "" "streams $fds: nothing has been started that could outlive its grant"
	let_go
	wait_for 10 started alice
	ok "streams $fds: let go, it starts" started alice
	wait_for 10 clean
	is "$(holders)" "" "streams $fds: and nothing that stays has one"
	stop_engines
	rm -f /run/arena/go /run/arena/held.flush
done
with 9
wait_for 20 waits
sleep 1
isnt "$(ours)" "" "a descriptor: control: the start waits for its end"
is "$(privileged)" "" "a descriptor: but no process of root's"
let_go
wait_for 10 started alice
ok "a descriptor: let go, it starts" started alice
stop_engines
kill "$server"
umount -l $held 2>/dev/null
done_testing
