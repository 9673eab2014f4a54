#!/usr/bin/env bash
# E08: a client that is root, in another namespace, or before a socket that somebody else serves or
# that lies in somebody else's directory: it refuses, and has sent nothing.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 unshare strace
jobs_world security.confined

# Serves PATH as USER, writes down how many bytes and descriptors came with each connection.
cat >/tmp/server.py <<'PY'
import os, select, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
server.listen()
print("up", flush=True)
while True:
    sock, _ = server.accept()
    heard, fds = 0, 0
    while select.select([sock], [], [], 3 if heard else 60)[0]:
        data, ancillary, _, _ = sock.recvmsg(65536, 65536)
        fds += sum(len(item[2]) // 4 for item in ancillary)
        heard += len(data)
        if not data:
            break
    print("heard", heard, fds, flush=True)
    sock.close()
PY
chmod 644 /tmp/server.py
serve() {
	local user=$1
	: >/run/arena/heard
	(exec setpriv --reuid="$user" --regid="$user" --init-groups python3 /tmp/server.py "$2") >/run/arena/heard 2>&1 &
	server=$!
	disown "$server"
	wait_for 10 grep -q up /run/arena/heard || fail "E08 control: nobody serves $2: $(cat /run/arena/heard)"
}
over() {
	kill "$server"
	rm -f "$1"
}
calls=(run -q -e TOKEN=secret host true)
# refused NAME REGEX CMD...: the call is refused for that reason; the server was connected to and
# heard nothing
refused() {
	local name=$1 regex=$2
	shift 2
	run "$@"
	is "$rc" 125 "E08 $name: refused"
	like "$err" "$regex" "E08 $name: and says why"
	sleep 0.2
	is "$(sed -n 's/^heard //p' /run/arena/heard | sort -u | grep -v '^0 0$')" "" "E08 $name: nothing was sent"
}

install -d -m 755 -o bob -g bob /tmp/bobs
install -d -m 700 -o alice -g alice /tmp/own
install -d -m 755 -o alice -g alice /tmp/open
install -d -m 755 /tmp/roots

# The control comes first: what is the caller's own gets everything.
serve alice /tmp/own/s
as alice timeout 60 berth --host unix:/tmp/own/s "${calls[@]}" >/dev/null 2>&1
wait_for 60 grep -q heard /run/arena/heard
like "$(cat /run/arena/heard)" 'heard [1-9][0-9]+ 4' "E08 control: an engine of the caller's own gets the job and four descriptors"
over /tmp/own/s

serve bob /tmp/bobs/s
refused "bob's engine in bob's directory" 'directory belongs to somebody else' as alice berth --host unix:/tmp/bobs/s "${calls[@]}"
wait_for 5 grep -q heard /run/arena/heard
is "$(tail -n 1 /run/arena/heard)" "heard 0 0" "E08 control: it was connected to"
refused "by BERTH_HOST" 'directory belongs to somebody else' as_env alice BERTH_HOST=unix:///tmp/bobs/s -- berth "${calls[@]}"
chown alice /tmp/bobs/s
refused "a socket that is the caller's, there" 'directory belongs to somebody else' as alice berth --host unix:/tmp/bobs/s "${calls[@]}"
chown root /tmp/bobs
refused "bob's engine, socket the caller's, directory root's" 'somebody else serves it' as alice berth --host unix:/tmp/bobs/s "${calls[@]}"
chown bob /tmp/bobs/s
refused "bob's socket in root's directory" 'not a socket of the caller' as alice berth --host unix:/tmp/bobs/s "${calls[@]}"
ln -s /tmp/bobs/s /tmp/own/link
refused "a link in the caller's directory" 'not a socket of the caller' as alice berth --host unix:/tmp/own/link "${calls[@]}"
ln -s /tmp/bobs /tmp/own/dir
chown bob /tmp/bobs
refused "a link to bob's directory" 'directory belongs to somebody else' as alice berth --host unix:/tmp/own/dir/s "${calls[@]}"
over /tmp/bobs/s

for mode in 775 757 777 1777; do
	chmod $mode /tmp/open
	serve alice /tmp/open/s
	refused "a directory of mode $mode" 'others can write to its directory' as alice berth --host unix:/tmp/open/s "${calls[@]}"
	over /tmp/open/s
done

# At the default address the directory is root's, or nobody's.
as alice berth daemon stop
for owner in alice bob; do
	chown $owner /run/berth/1000
	rm -f "$SOCKET"
	serve $owner "$SOCKET"
	refused "the default address, its directory $owner's" 'directory belongs to somebody else' as alice berth "${calls[@]}"
	over "$SOCKET"
done
chown root /run/berth/1000
chmod 777 /run/berth/1000
serve alice "$SOCKET"
refused "the default address, others can write" 'others can write to its directory' as alice berth "${calls[@]}"
over "$SOCKET"
chmod 711 /run/berth/1000
for verb in "daemon state" "daemon stop" "run --once -q host true"; do
	: >/run/arena/heard
	chown bob /run/berth/1000
	serve bob "$SOCKET"
	# shellcheck disable=SC2086
	run as alice timeout 60 berth $verb
	[[ $verb == run* ]] || isnt "$rc" 0 "E08 $verb: a foreign engine is not believed"
	is "$(grep heard /run/arena/heard | grep -vc 'heard 0 0')" 0 "E08 $verb: nor sent anything"
	over "$SOCKET"
done
chown root /run/berth/1000
as alice berth run -q host true

# Root.
run berth run -q host true
is "$rc" 125 "E08 root: refused"
serve alice /tmp/own/s
for address in unix:/tmp/own/s "unix:$SOCKET"; do
	run berth --host "$address" run -q host true
	is "$rc" 125 "E08 root at $address: refused"
	like "$err" 'root does not run jobs' "E08 root at $address: and told why"
done
is "$(grep heard /run/arena/heard)" "" "E08 root: alice's server was not even connected to"
over /tmp/own/s

# Other namespaces. silent CMD...: what it sends over any socket, as strace sees it
silent() {
	strace -f -qq -e trace=sendmsg,sendto,write,writev -o /run/arena/trace -u alice -E HOME=/home/alice "$@" </dev/null >/run/arena/out 2>&1
	rc=$?
	out=$(cat /run/arena/out)
	grep -E ' (sendmsg|sendto)\(.*(Hello|io\.berth)' /run/arena/trace | grep -vc 'dev/log'
}
is "$(silent /usr/local/bin/berth "${calls[@]}")" 1 "E08 control: in its own namespace the client sends"
if as alice unshare --user --map-current-user true 2>/dev/null; then
	for map in --map-root-user --map-current-user --map-user=1001 ""; do
		# shellcheck disable=SC2086
		sent=$(silent unshare --user $map /usr/local/bin/berth "${calls[@]}")
		is "$sent" 0 "E08 in a user namespace ${map:-without a map}: nothing is sent to the engine"
		like "$(cat /run/arena/out)" '^berth: ' "E08 in a user namespace ${map:-without a map}: control: it has an answer"
		unlike "$(cat /run/arena/out)" 'bug|assert' "E08 in a user namespace ${map:-without a map}: a clear end"
	done
	run as alice timeout 60 unshare --user --map-root-user --mount bash -c 'mount -t tmpfs planted /run && mkdir -p /run/berth/0 &&
		{ python3 /tmp/server.py /run/berth/0/engine.sock >/tmp/own/heard & } && until grep -q up /tmp/own/heard; do sleep 0.05; done; /usr/local/bin/berth run -q host true; rc=$?; kill %1; exit $rc'
	is "$rc:$(grep heard /tmp/own/heard)" "125:" "E08 with a planted /run in namespaces of one's own: refused, nothing sent"
	rm -f /tmp/own/heard
else
	skip "E08 in a user namespace" "this host closes user namespaces to users"
fi
for kind in --net --ipc --uts "--pid --fork" --mount --cgroup; do
	# shellcheck disable=SC2086
	run unshare $kind setpriv --reuid=alice --regid=alice --init-groups env -i /usr/local/bin/berth run -q host echo served
	is "$rc:$out" "0:served" "E08 root put the client into another namespace ($kind): served, by the host's engine"
done
# What it has just forked is called as it is for a moment.
one_engine() {
	[ "$(pgrep -xc berth-engine)" = 1 ]
}
ok "E08 and no other engine was started" wait_for 5 one_engine
ok "E08 nothing is left of the jobs" jobs_are_gone
done_testing
