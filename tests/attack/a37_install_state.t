#!/usr/bin/env bash
# A37: a launcher whose file is not what it was installed as refuses to be anything.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice
engine_says R
wrong='^berth: the launcher cannot work as it was started.*not owned by root, or others can write it, or it is setgid'

# state MODE OWNER NAME WHO...
state() {
	local mode=$1 owner=$2 name=$3 who
	shift 3
	chown "$owner" "$LAUNCHER"
	chmod "$mode" "$LAUNCHER"
	for who; do
		refuses 78 "$wrong" "A37 $name, started by $who" as "$who" "$LAUNCHER" start
		early_trace /run/arena/trace "$who" "$LAUNCHER" start
		early_is_clean /run/arena/trace "A37 $name, started by $who: EARLY"
	done
	chown root:root "$LAUNCHER"
	chmod 4755 "$LAUNCHER"
}
state 4755 alice:root "setuid alice" alice bob
state 4755 bob:root "setuid bob" alice bob
state 4775 root:root "its group can write" alice
state 4775 root:lab "a group of alice's can write" alice
state 4757 root:root "anybody can write" alice
state 4777 root:root "all can write" alice
state 6755 root:root "setgid root" alice
state 6755 root:lab "setgid lab" alice bob
state 2755 root:lab "setgid alone" alice
state 0775 root:root "not setuid and writable" alice

# Root starts it as well, through sudo for instance; it must not work then either.
chown alice: "$LAUNCHER"
run root "$LAUNCHER" start
like "$rc $err" "^78 berth: the launcher cannot work" "A37 root starts a launcher that is alice's"
chown root:root "$LAUNCHER"
chmod 4755 "$LAUNCHER"

# What decides is the file that runs, not the name by which it was found.
ln "$LAUNCHER" /usr/local/bin/other-name
run as alice /usr/local/bin/other-name start
is "$rc$err" 0 "A37 control: by another name in a place of root's it is the same launcher"
rm /usr/local/bin/other-name
stop_engines

# The engine's file and its directory are judged too.
# It is judged after the decision: cgroups may be there.
refuses_engine() {
	run as alice "$LAUNCHER" start
	like "$rc $err" "^78 $1" "A37 the engine: $2"
	ok "A37 the engine: $2: nothing runs" none_of_ours
	ok "A37 the engine: $2: no runtime directory" test ! -e /run/berth
	stop_engines
}
cp -p "$ENGINE" /run/arena/engine
chown alice "$ENGINE"
refuses_engine 'berth: refused: berth-engine is not owned by root' "alice's"
chown root "$ENGINE"
chmod 0731 "$ENGINE"
refuses_engine 'berth: refused: berth-engine can be written by others' "group can write"
chmod 0713 "$ENGINE"
refuses_engine 'berth: refused: berth-engine can be written by others' "others can write"
chmod 0755 "$ENGINE"
refuses_engine 'berth: .*berth-engine is missing, or others can read it' "others can read"
chmod 0711 "$ENGINE"
ln "$ENGINE" "$ENGINE.link"
refuses_engine 'berth: refused: berth-engine has more than one name' "two names"
rm "$ENGINE.link"
mv "$ENGINE" "$ENGINE.real"
ln -s berth-engine.real "$ENGINE"
refuses_engine 'berth: refused: berth-engine is not a regular file' "a symbolic link"
rm "$ENGINE"
refuses_engine 'berth: /usr/local/libexec/berth/berth-engine is missing' "missing"
mkfifo "$ENGINE"
refuses_engine 'berth: refused: berth-engine is not a regular file' "a FIFO"
rm "$ENGINE"
mkdir "$ENGINE"
refuses_engine 'berth: refused: berth-engine is not a regular file' "a directory"
rmdir "$ENGINE"
: >"$ENGINE"
mount --bind /run/arena/engine "$ENGINE"
refuses_engine 'berth: refused: berth-engine is a mount point' "a mount point"
umount "$ENGINE"
rm "$ENGINE"
mv "$ENGINE.real" "$ENGINE"
chmod 0755 "$ENGINE"
refuses_engine 'berth: /usr/local/libexec/berth/berth-engine is missing, or others can read it' "readable, so traceable"
chmod 0711 "$ENGINE"
for dir in "${ENGINE%/*}" /usr/local/libexec; do
	chmod g+w "$dir"
	refuses_engine "berth: refused: ${dir##*/} can be written by others" "$dir can be written by a group"
	chmod g-w "$dir"
	chown alice "$dir"
	refuses_engine "berth: refused: ${dir##*/} is not owned by root" "$dir is alice's"
	chown root "$dir"
done
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A37 control: as installed, it works"
done_testing
