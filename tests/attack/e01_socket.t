#!/usr/bin/env bash
# E01: the socket's path at the standard address and at one that the caller chose. Whatever somebody
# planted there, berth says no word before it knows that the directory, the socket and who serves it
# are the caller's (or root's), and what it finds in the way at its own address is replaced. Without a
# grant: e01_rootless.t.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
dir=/run/berth/1000
as alice berth daemon stop

# serve USER PATH: listens there as USER and writes what it hears to /run/arena/heard
cat >/tmp/serve.py <<'PY'
import os, socket, sys
# Whoever sees the name can connect to it; the path may be as long as one can be.
os.chdir(os.path.dirname(sys.argv[1]))
s = socket.socket(socket.AF_UNIX)
s.bind(".new")
os.chmod(".new", 0o666)
s.listen()
os.rename(".new", sys.argv[1])
while True:
    c, _ = s.accept()
    print(c.recv(100000), flush=True)
PY
serve() {
	rm -f "$2"
	as "$1" /usr/bin/python3 /tmp/serve.py "$2" >/run/arena/heard 2>&1 &
	server=$!
	wait_for 10 test -S "$2"
}
heard() {
	[ "$(sort -u /run/arena/heard)" = "$1" ]
}
unserve() {
	# It hears of a connection after who made it has ended.
	wait_for 10 heard "$1"
	kill "$server"
	wait "$server" 2>/dev/null
	is "$(sort -u /run/arena/heard)" "$1" "E01 ${2-and tells it nothing}"
}
# distrusts NAME REASON [BERTH-FLAG...]
distrusts() {
	local name=$1 reason=$2
	shift 2
	run as alice timeout 60 berth -q "$@" run -e SECRET=x host true
	is "$rc:${err#*not trusted$'\n'}" "125:  $reason" "E01 $name: not trusted"
}

# --- the standard address
open_up() {
	rm -rf $dir
	install -d -m "$1" -o "$2" $dir
}
open_up 0711 bob
serve bob $dir/engine.sock
distrusts "a directory of bob's" "its directory belongs to somebody else"
chown alice $dir
distrusts "a directory of alice's" "its directory belongs to somebody else"
chown root $dir
chmod 0733 $dir
distrusts "a directory that others can write to" "others can write to its directory"
chmod 0731 $dir
distrusts "a directory that a group can write to" "others can write to its directory"
chmod 0711 $dir
distrusts "a socket of bob's" "it is not a socket of the caller's"
chown alice $dir/engine.sock
distrusts "a socket that is alice's now, but served by bob" "somebody else serves it"
mv $dir/engine.sock $dir/there
ln -s there $dir/engine.sock
distrusts "a link" "it is not a socket of the caller's"
unserve "b''"
open_up 0711 root
for what in "mkfifo $dir/engine.sock" "mkdir $dir/engine.sock.new" "touch $dir/engine.sock"; do
	open_up 0711 root
	$what
	run job host echo ok
	case $what in
	mkdir*) is "$rc" 125 "E01 ($what) refused" ;;
	*) is "$rc:$out" "0:ok" "E01 ($what) in the way: replaced" ;;
	esac
	as alice berth -q daemon stop
done
rm -rf $dir
ln -s /home/bob $dir
run job host echo ok
is "$rc:$(find /home/bob -newer /tmp/serve.py -name 'engine*')" "125:" "E01 a link where the directory should be: nothing is made where it leads"
rm $dir

# The environment has no say in the matter.
mkdir -p /tmp/xdg/berth
chmod -R 777 /tmp/xdg
serve bob /tmp/xdg/berth/engine.sock
run as_env alice XDG_RUNTIME_DIR=/tmp/xdg TMPDIR=/tmp/xdg -- berth -q run host echo ok
is "$rc:$out" "0:ok" "E01 XDG_RUNTIME_DIR of bob's: a user with a grant has no use for it"
unserve ""

# --- an address that the caller chose
at() {
	printf -- '--host=unix:%s' "$1"
}
mkdir -m 755 /home/alice/own
chown alice /home/alice/own
chmod 711 /home/alice
serve alice /home/alice/own/s
run as alice timeout 60 berth -q "$(at /home/alice/own/s)" daemon state
is "$rc" 69 "E01 control: a socket of alice's own"
like "$(cat /run/arena/heard)" 'io.berth.Engine.Hello.*io.berth.Engine.State' "E01 control: is spoken to"
kill "$server"
wait "$server" 2>/dev/null
mkdir -m 755 /home/bob/own /tmp/bobs
chown bob /home/bob/own /tmp/bobs
chmod 711 /home/bob
serve bob /home/bob/own/s
distrusts "bob's socket in bob's directory" "its directory belongs to somebody else" "$(at /home/bob/own/s)"
ln -s /home/bob/own /home/alice/link
distrusts "a link of alice's to bob's directory" "its directory belongs to somebody else" "$(at /home/alice/link/s)"
ln -s /home/bob/own/s /home/alice/own/l
distrusts "a link of alice's to bob's socket" "it is not a socket of the caller's" "$(at /home/alice/own/l)"
unserve "b''"
serve bob /tmp/s
distrusts "bob's socket in /tmp" "others can write to its directory" "$(at /tmp/s)"
unserve "b''"
for what in "touch /home/alice/own/f" "mkfifo /home/alice/own/p" "mkdir /home/alice/own/d" :; do
	as alice sh -c "$what"
	run as alice timeout 60 berth -q "$(at /home/alice/own/"${what:(-1)}")" run host true
	is "$rc" 125 "E01 --host: ($what) is no engine"
	like "$err" 'cannot connect to the engine at /home/alice/own/' "E01 --host: ($what) and none is started"
done

# sun_path has 108 bytes, with the NUL.
long=/home/alice/own/$(printf '%0108d' 0)
serve alice "${long:0:107}"
run as alice timeout 60 berth -q "$(at "${long:0:107}")" daemon state
like "$(cat /run/arena/heard)" 'Hello' "E01 a path of 107 bytes is reached"
run as alice berth -q "$(at "${long:0:108}")" daemon state
is "$rc:$err" "64:berth: the address is too long: unix:${long:0:108}
  a socket's path has at most 107 bytes (unix(7))" "E01 one of 108 is refused, and not cut"
unserve "$(sort -u /run/arena/heard)" "nothing came of it"
for address in unix: unix:// relative unix:relative unix:@abstract tcp://localhost:1 http:/x /home/alice/own/s; do
	run as alice berth -q --host "$address" daemon state
	is "$rc" 64 "E01 --host $address: no address"
done
run as_env alice BERTH_HOST=unix:relative -- berth -q daemon state
is "$rc" 64 "E01 BERTH_HOST is judged as --host is"
run as_env alice BERTH_HOST= -- berth -q run host echo ok
is "$rc:$out" "0:ok" "E01 an empty one is none"
done_testing
