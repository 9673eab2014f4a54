#!/usr/bin/env bash
# E02 (CVE-2021-3560): who is at the other end of the socket. The user of the engine is served, by the
# ids of the moment of connect(2); everybody else gets nothing at all, not even where the file would
# let them in.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
grant bob security.confined >/dev/null

engine=$(engine_pid alice)
served='"uid": 1000'
hello() {
	/usr/bin/python3 "$TOP/tests/attack/varlink.py" "$@" hello
}
# ids RUID EUID GID CMD...: with exactly these, and no capability that opens files
ids() {
	setpriv --ruid "$1" --euid "$2" --regid "$3" --clear-groups --inh-caps=-all \
	    --bounding-set=-dac_override,-dac_read_search "${@:4}"
}
is "$(stat -c '%U:%G %a' "$SOCKET") $(stat -c '%U:%G %a' "${SOCKET%/*}")" "alice:alice 600 root:root 711" \
    "E02 the socket is the user's, its directory root's"

run varlink alice hello
like "$out" "$served" "E02 alice: served"
run varlink bob hello
is "$out" "no permission" "E02 bob: does not get in"
run hello
is "$out" "closed" "E02 root gets in, but is not served"

# The mode of the file is only the first door. With it open:
chmod 0666 "$SOCKET"
deny() {
	local name=$1
	shift
	run "$@"
	is "$rc:$out" "0:closed" "E02 $name: not served"
}
deny "root" hello
deny "bob" varlink bob hello
deny "carol, who has no grant" varlink carol hello
deny "nobody (65534)" ids 65534 65534 65534 /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
for id in 100000 100999 165535 2147400000 2147400001 4294967294 1 999; do
	deny "uid $id" ids $id $id $id /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
done
deny "real uid alice, effective root" ids 1000 0 1000 /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
deny "real uid alice, effective bob" ids 1000 1001 1000 /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
run ids 0 1000 1000 /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
like "$out" "$served" "E02 effective uid alice, whatever is behind: served as alice"
run ids 1000 1000 1001 /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
like "$out" "$served" "E02 alice with another group: served"
deny "bob, root of a user namespace" as bob unshare -U -r /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
run as alice unshare -U -r /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
like "$out" "$served" "E02 alice in a user namespace of her own: served"
run unshare -p -f --mount-proc setpriv --reuid alice --regid alice --clear-groups \
    /usr/bin/python3 "$TOP/tests/attack/varlink.py" hello
like "$out" "$served" "E02 alice in another pid namespace, where the engine sees pid 0: served"

# Who connected counts, not who speaks.
as bob /usr/bin/python3 "$TOP/tests/attack/varlink.py" take /tmp/pass >/run/arena/taken &
wait_for 5 test -S /tmp/pass
varlink alice give /tmp/pass
wait
like "$(cat /run/arena/taken)" "$served" "E02 a connection of alice's in bob's hands is alice's: she gave it"
as alice /usr/bin/python3 "$TOP/tests/attack/varlink.py" take /tmp/pass >/run/arena/taken &
wait_for 5 test -S /tmp/pass
varlink bob give /tmp/pass
wait
is "$(cat /run/arena/taken)" closed "E02 a connection of bob's in alice's hands is bob's"

# Gone before it is looked at: an error is nobody, and disturbs nobody.
for user in alice bob root; do
	if [ $user = root ]; then
		run /usr/bin/python3 "$TOP/tests/attack/varlink.py" vanish 200
	else
		run varlink $user vanish 200
	fi
	is "$rc$err" 0 "E02 $user connects 200 times and is gone"
done
run varlink alice hello
like "$out" "$served" "E02 alice is served as before"
is "$(engine_pid alice)" "$engine" "E02 by the same engine"

# The other way round: berth speaks to no socket of somebody else's.
chmod 0600 "$SOCKET"
as bob berth daemon start >/dev/null
address=/run/berth/1001/engine.sock
run as alice berth --host "unix:$address" daemon state
is "$rc" 69 "E02 alice's berth does not speak to bob's engine"
chmod 0666 $address
run as alice berth --host "unix:$address" daemon state
is "$rc:${err%%$'\n'*}" "69:berth: the socket $address is not trusted" "E02 nor when its file lets her in"
mkdir -m 777 /tmp/open
as bob /usr/bin/python3 -c '
import socket, time, os
s = socket.socket(socket.AF_UNIX); s.bind("/tmp/open/n"); os.chmod("/tmp/open/n", 0o666); s.listen()
os.rename("/tmp/open/n", "/tmp/open/s")
c, _ = s.accept(); print(c.recv(100), flush=True)' >/run/arena/heard 2>&1 &
wait_for 5 test -S /tmp/open/s
run as alice berth --host unix:///tmp/open/s run host id
is "$rc" 125 "E02 nor to a socket in a directory that others can write"
like "$err" "not trusted" "E02 and says why"
wait
is "$(cat /run/arena/heard)" "b''" "E02 and tells it nothing"
done_testing
