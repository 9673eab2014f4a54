#!/usr/bin/env bash
# A16: a current directory that was removed, cannot be read, is 4,096 levels deep, or is on a file
# system that never answers. The launcher never resolves a relative path, and nothing hangs.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace python3
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice
odd=$TESTBIN/odd_exec

mute=/tmp/mute
mkdir $mute
python3 "$TOP/tests/attack/fuse_mute.py" "$mute" 1000 /run/arena/mute &
server=$!
install -d -m 0 -o alice /tmp/closed
install -d -o alice /tmp/deep
in_removed() {
	mkdir /tmp/gone && (cd /tmp/gone && rmdir /tmp/gone && exec setpriv --reuid=alice --regid=alice --init-groups env -i "$@")
}
in_closed() {
	(cd /tmp/closed && exec setpriv --reuid=alice --regid=alice --init-groups env -i "$@")
}
in_deep() {
	(cd /tmp/deep && exec setpriv --reuid=alice --regid=alice --init-groups env -i "$odd" deep 4096 "$@")
}
in_mute() {
	as alice "$odd" cwd "$mute" "$@"
}
in_closed /usr/bin/ls >/dev/null 2>&1
isnt $? 0 "A16 control: the closed directory cannot be read"
run in_removed /usr/bin/python3 -c 'import os; os.getcwd()'
like "$err" FileNotFoundError "A16 control: the removed one has no path"
run in_deep /usr/bin/stat -c %F .
is "$out" directory "A16 control: the deep one is there"
run in_deep /usr/bin/python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(79, ctypes.create_string_buffer(4096), 4096))'
is "$out" -1 "A16 control: its path is too long for getcwd(2)"
# relative FILE: the calls that resolve a path from the current directory
relative() {
	grep -E '\(((AT_FDCWD[^,]*, )|)"[^/"]' "$1" | grep -vE '^[0-9]+ +(execve|execveat|memfd_create|getrandom|write|read|sendto|fsopen|fsconfig|\+\+\+|---)'
}
strace -f -y -o /run/arena/trace /usr/bin/ls relative 2>/dev/null
isnt "$(relative /run/arena/trace)" "" "A16 control: a relative path is seen in a trace"

places="removed closed deep"
if wait_for 30 test -e /run/arena/mute; then
	places="$places mute"
	run timeout -s KILL 1 "$odd" cwd "$mute" /usr/bin/ls
	is "$rc" 137 "A16 control: who looks into the mute file system hangs"
else
	skip "A16 a file system that never answers" "FUSE cannot be mounted here"
fi

for place in $places; do
	run "in_$place" /usr/bin/timeout -k 1 60 "$LAUNCHER" start
	is "$rc$err" 0 "A16 $place: a start is a start"
	is "$(readlink "/proc/$(engine_pid alice)/cwd")" / "A16 $place: the engine is in /"
	run "in_$place" /usr/bin/timeout -k 1 60 "$LAUNCHER" start
	is "$rc" 69 "A16 $place: a second one is told that there is one"
	stop_engines
	run "in_$place" /usr/bin/timeout -k 1 60 "$LAUNCHER" stop
	is "$rc" 64 "A16 $place: wrong words"
done
engine_says R
for user in alice bob; do
	strace -f -qq -y -u $user -o /run/arena/trace "$LAUNCHER" start >/dev/null 2>&1
	ok "A16 there is a trace ($user)" grep -q openat /run/arena/trace
	is "$(relative /run/arena/trace)" "" "A16 the launcher resolves no relative path ($user)"
	stop_engines
done

# And so it is with berth, its engine and a job.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
for place in $places; do
	for flags in "" "-v /home/alice:/h"; do
		# shellcheck disable=SC2086
		run "in_$place" /usr/bin/timeout -k 1 60 /usr/local/bin/berth run -q $flags host pwd
		is "$rc:$out" "0:/" "A16 berth in $place $flags: as anywhere"
	done
	kill -KILL "$(engine_pid alice)"
	wait_for 5 none_of_ours
done
if [[ $places == *mute* ]]; then
	# A job that is given it hangs where it looks, alone, and can be ended.
	start_job /run/arena/out -v /:/h host sh -c "echo up; ls /h$mute"
	ok "A16 a job with the mute file system in a mounted directory starts" wait_for 10 grep -q up /run/arena/out
	run job host echo served
	is "$rc:$out" "0:served" "A16 and another job is served meanwhile"
	kill -KILL "$client"
	wait_job
	run job host echo served
	is "$rc:$out" "0:served" "A16 and afterwards"
fi
umount -l "$mute" 2>/dev/null
disown -a
kill "$server" 2>/dev/null
ok "A16 no job is left" jobs_are_gone
done_testing
