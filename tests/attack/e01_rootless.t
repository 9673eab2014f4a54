#!/usr/bin/env bash
# E01, E08 without a grant: the socket is used in a directory of the user's own that nobody else may
# enter, and nowhere else; a planted socket, link, FIFO or directory gets no job, and neither does an
# engine that somebody else serves. Root and other users do not fall for dave's environment.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"

state=/home/dave/.local/state/berth
run=$state/run
install -d -m 0755 /run/user
no_engine() {
	! pgrep -x 'berth-engine|berth-init' >/dev/null
}
# What an engine has just forked is called as it is for a moment.
two_engines() {
	[ "$(pgrep -u dave -xc berth-engine)" = 2 ]
}
stop_all() {
	pkill -KILL -x berth-engine
	wait_for 5 no_engine
}

# A server that takes whatever comes, as USER at PATH: `plant USER PATH`; what came is in $taken
taken=/run/arena/taken
plant() {
	: >$taken
	setpriv --reuid="$1" --regid="$1" --clear-groups /usr/bin/python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
if os.path.lexists(sys.argv[1]):
    os.unlink(sys.argv[1])
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.listen()
print("listens", flush=True)
while True:
    c, _ = s.accept()
    d = c.recv(100)
    if d:
        print("taken", flush=True)
    c.close()' "$2" >$taken 2>&1 &
	planted=$!
	wait_for 5 grep -q listens $taken
}
uproot() {
	kill $planted
	wait $planted 2>/dev/null
	rm -f "$1"
	is "$(sort -u $taken)" listens "$2: it was there, and got nothing"
}

# --- which XDG_RUNTIME_DIR is one
# falls_back NAME DIR: with it as XDG_RUNTIME_DIR the engine is in the state root
falls_back() {
	run as_env dave XDG_RUNTIME_DIR="$2" -- berth run -q host echo ok
	is "$rc:$out:$(find "$run" -name engine.sock)" "0:ok:$run/engine.sock" "E01 XDG_RUNTIME_DIR $1: the state root instead"
	stop_all
	rm -f "$run"/*
}
falls_back "is not there" /run/user/1003
falls_back "is empty" ""
falls_back "is relative" run/user
falls_back "has .. in it" /run/user/../user/1003
install -d -m 0700 -o alice -g alice /run/user/1003
falls_back "is somebody else's" /run/user/1003
chown dave:dave /run/user/1003
for mode in 0777 0770 0755 0710 0701; do
	chmod $mode /run/user/1003
	falls_back "has mode $mode" /run/user/1003
done
chmod 0700 /run/user/1003
ln -s /run/user/1003 /run/user/link
falls_back "is a link" /run/user/link
install -d -m 0700 -o dave -g dave /home/dave/xdg
falls_back "is another directory of the user's" /home/dave/xdg
: >/run/user/file
chown dave /run/user/file
falls_back "is a file" /run/user/file
# The usual place, which is dave's and closed by now, is covered in the engine: for that it must be there.
is "$(find /run/user -mindepth 2 ! -path /run/user/1003/berth)" "" "E01 and nothing was made there"
install -d -m 1777 /run/user/shared
install -d -m 0755 -o alice -g alice /run/user/shared/berth
plant alice /run/user/shared/berth/engine.sock
falls_back "is open to all, with alice's socket in it" /run/user/shared
uproot /run/user/shared/berth/engine.sock "E01 alice's socket"
plant alice /run/user/shared/berth/engine.sock
as dave /usr/bin/python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.send(b"x"); s.recv(1)' /run/user/shared/berth/engine.sock
is "$(sort -u $taken | xargs)" "listens taken" "E01 control: what it gets is seen"
kill $planted
run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- berth run -q host echo ok
is "$rc:$out:$(find /run/user/1003 -name engine.sock)" "0:ok:/run/user/1003/berth/engine.sock" "E01 control: one as it should be"
is "$(find "$run" -name engine.sock)" "" "E01 control: is used"
stop_all
rm -rf /run/user/1003/berth

# --- what stands in it
# distrusts NAME REGEX: with XDG_RUNTIME_DIR as it should be, a call fails with these words
distrusts() {
	run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- timeout 60 berth run -q host echo ok
	is "$rc:$out" "125:" "E01 $1: no job"
	like "$err" "$2" "E01 $1: says why"
	is "$(wc -l <<<"$err")" "${3:-3}" "E01 $1: in three lines at most"
	ok "E01 $1: no engine" wait_for 5 no_engine
}
install -d -m 0700 -o alice -g alice /run/user/1003/berth
distrusts "its directory is alice's" '/run/user/1003/berth(/engine.sock)?( is not trusted|: |.*Permission denied)' 2
rm -rf /run/user/1003/berth
for mode in 0777 0770 0711; do
	install -d -m $mode -o dave -g dave /run/user/1003/berth
	distrusts "its directory has mode $mode" '/run/user/1003/berth is not trusted.*others may enter.*chmod 700'
	plant dave /run/user/1003/berth/engine.sock
	distrusts "its directory has mode $mode, with a socket" 'is not trusted.*others can enter' 2
	uproot /run/user/1003/berth/engine.sock "E01 a socket in a directory of mode $mode"
done
rm -rf /run/user/1003/berth
install -d -m 0700 -o dave -g dave /home/dave/elsewhere
ln -s /home/dave/elsewhere /run/user/1003/berth
distrusts "its directory is a link" 'cannot be used|is not trusted'
is "$(ls -A /home/dave/elsewhere)" "" "E01 a link: nothing was made where it leads"
plant dave /home/dave/elsewhere/engine.sock
distrusts "its directory is a link to one with a socket" 'is not trusted' 2
uproot /home/dave/elsewhere/engine.sock "E01 behind a link"
rm /run/user/1003/berth

install -d -m 0700 -o dave -g dave /run/user/1003/berth
sock=/run/user/1003/berth/engine.sock
install -d -m 0755 -o alice /srv/open
plant alice /srv/open/s
ln -s /srv/open/s $sock
distrusts "its socket is a link to alice's" 'is not trusted.*not a socket of the caller' 2
rm $sock
uproot /srv/open/s "E01 alice's socket behind a link"
# A socket file of dave's, in his own directory, that alice serves: she was handed it.
: >$taken
/usr/bin/python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chown(sys.argv[1], 1003, 1003)
os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
s.listen(); print("listens", flush=True)
while True:
    c, _ = s.accept()
    if c.recv(100):
        print("taken", flush=True)
    c.close()' $sock >$taken 2>&1 &
planted=$!
wait_for 5 grep -q listens $taken
distrusts "somebody else serves it" 'is not trusted.*somebody else serves it' 2
uproot $sock "E08 a foreign engine"
# The same with root for a server: root's is the launcher's only in root's own directory.
plant 0 $sock
chown dave $sock
distrusts "root serves it" 'is not trusted.*somebody else serves it' 2
uproot $sock "E08 root's engine"

# What is nobody's is replaced.
for what in file fifo dead; do
	case $what in
	file) as dave touch $sock ;;
	fifo) as dave mkfifo $sock ;;
	dead) as dave /usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $sock ;;
	esac
	run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- timeout 60 berth run -q host echo ok
	is "$rc:$out:$(stat -c '%F %U %a' $sock)" "0:ok:socket dave 600" "E01 a $what in its place is replaced"
	stop_all
	rm -f $sock
done
for what in engine.sock engine.sock.new lock; do
	rm -f /run/user/1003/berth/*
	mkdir "/run/user/1003/berth/$what"
	run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- timeout 60 berth run -q host echo ok
	is "$rc:$out" "125:" "E01 a directory called $what: fails"
	like "$err" "/run/user/1003/berth" "E01 a directory called $what: is named"
	ok "E01 a directory called $what: no engine" wait_for 5 no_engine
	rmdir "/run/user/1003/berth/$what"
done
rm -f /run/user/1003/berth/*
: >/home/dave/precious
ln -s /home/dave/precious /run/user/1003/berth/lock
distrusts "the lock is a link" 'cannot open /run/user/1003/berth/lock' 2
rm /run/user/1003/berth/lock
mkfifo -m 600 /run/user/1003/berth/lock
chown dave /run/user/1003/berth/lock
run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- timeout 60 berth run -q host echo ok
isnt "$rc" 124 "E01 the lock is a FIFO: not waited for"
stop_all
rm -rf /run/user/1003/berth

# --- 108 bytes
deep=/home/dave/$(printf 'd%.0s' {1..60})/$(printf 'e%.0s' {1..30})
as dave mkdir -p "$deep"
run as_env dave XDG_STATE_HOME="$deep" -- berth run -q host echo ok
is "$rc:$out" "125:" "E01 a path that is too long for a socket"
like "$err" 'too long.*107 bytes.*XDG_STATE_HOME' "E01 a path that is too long: says so"
for len in 80 81 82 83 84 85 86 87; do
	name=$(printf "%0$((len - 11))d" 0)
	run as_env dave XDG_STATE_HOME="/home/dave/$name" -- timeout 60 berth run -q host echo ok
	case $rc:$out in
	0:ok | 125:) ;;
	*) fail "E01 a state root of about $len bytes: $rc $err" ;;
	esac
	stop_all
done
pass "E01 around the limit: it works, or says that it does not"
run as_env dave XDG_STATE_HOME=/proc/self XDG_RUNTIME_DIR=/run/user/1003 -- berth run -q host true
is "$rc" 125 "E01 a state root where nothing can be made"
like "$err" 'the directory /proc/self/berth cannot be used' "E01 a state root where nothing can be made: is named"

# --- root and other users in dave's environment
as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- berth run -q host true
as dave berth run -q host true
ok "E08 control: dave has engines" wait_for 5 two_engines
served='engine +(running|0\.1\.0)'
for verb in "daemon state" version info; do
	# shellcheck disable=SC2086
	run as_env dave XDG_RUNTIME_DIR=/run/user/1003 -- berth $verb
	like "$out" "$served" "E08 control: dave's $verb tells of an engine"
done
for verb in "daemon state" "daemon stop" version info; do
	# shellcheck disable=SC2086
	run env -i HOME=/home/dave XDG_RUNTIME_DIR=/run/user/1003 PATH=/usr/local/bin:/usr/bin berth $verb
	unlike "$out" "$served" "E08 root, $verb: not dave's engine"
	run env -i HOME=/home/dave XDG_RUNTIME_DIR=/run/user/1003 PATH=/usr/local/bin:/usr/bin setpriv --reuid=bob --regid=bob --init-groups berth $verb
	unlike "$out" "$served" "E08 bob in dave's environment, $verb: not dave's engine"
done
ok "E08 and both of dave's are there" wait_for 5 two_engines
run env -i HOME=/home/dave XDG_RUNTIME_DIR=/run/user/1003 PATH=/usr/local/bin:/usr/bin berth run host true
like "$rc:$err" '^125:.*root does not run jobs' "E08 root runs no job in dave's engine"
run as bob berth --host unix:$run/engine.sock daemon state
is "$rc" 69 "E08 bob at dave's address"
chmod 755 /home/dave /home/dave/.local /home/dave/.local/state "$state" "$run"
chmod 777 "$run/engine.sock"
run as bob berth --host unix:$run/engine.sock daemon state
is "$rc" 69 "E08 bob at dave's address, with every door open"
like "$err" 'its directory belongs to somebody else' "E08 bob at dave's address: says why"
run as bob /usr/bin/python3 "$TOP/tests/attack/varlink.py" --socket "$run/engine.sock" hello
unlike "$out" '"uid": 1003' "E08 nor does the engine serve bob"
ok "E08 dave's engines are still there" wait_for 5 two_engines
done_testing
