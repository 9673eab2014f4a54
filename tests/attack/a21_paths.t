#!/usr/bin/env bash
# A21 (CVE-2026-48785, CVE-2023-42456: paths compared or built as text): a path of the policy has one
# spelling; what the launcher makes is named by the number of the user; and a thing that stands in
# its place already is not followed (A28, A41).
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
engine_says R
own=$ALLOW/uid-1000.conf

# rewrite KEY VALUE: in alice's file
rewrite() {
	allow alice
	awk -v key="$1" -v value="$2" '$1 == key { print key " = " value; next } { print }' "$own" >/run/arena/x
	cat /run/arena/x >"$own"
}
# shellcheck disable=SC2088
for path in '/a/' '/a/../b' '/a//b' '/a/.' '/a/./b' '/..' '/' '//' 'a' './a' '../a' '~/a' '""' '/a b' \
    "/$(printf '%04096d' 0)" "'/a"; do
	rewrite root "$path"
	refuses 78 'uid-1000.conf:3: (root is one|the line is)' "A21 root = ${path:0:20}" as alice "$LAUNCHER" start
done
for path in '/a/' '/a/../b' '/a//b' '/a/.' '/..' '//' 'a' '../a' ''; do
	rewrite entitlements "security.confined mount=$path"
	refuses 78 'uid-1000.conf:4: ' "A21 mount=$path" as alice "$LAUNCHER" start
done
for path in '/a' '/ab' '/a/b.c' '"/a b"' '/a..b' '/...' '/.a'; do
	rewrite root "$path"
	run as alice "$LAUNCHER" start
	is "$rc$err" 0 "A21 control: root = $path is a path"
	stop_engines
done

# A name is for people: whatever stands there, directories are numbers.
allow alice 'name = alice'
usermod --login '../../tmp/x' alice 2>/dev/null ||
	sed -i 's|^alice:|../../tmp/x:|' /etc/passwd /etc/shadow
refuses_none() {
	run setpriv --reuid=1000 --regid=1000 --clear-groups "$LAUNCHER" start
	is "$rc$err" 0 "$1"
}
refuses_none "A21 a user whose name is a path"
is "$(find /run/berth -mindepth 1 -printf '%y %m %U:%G %P\n' | sort)" 'd 711 0:0 1000
f 600 0:0 1000/lock
s 600 1000:1000 1000/engine.sock' "A21 the runtime directory is named by the uid, and holds this"
is "$(find /tmp -mindepth 1 -name 'x*')" "" "A21 nothing was made by the name"
stop_engines

# Without a root in the grant the state directory is named by the uid as well.
sed -i '/^root/d' "$own"
refuses_none "A21 a grant without a root"
is "$(stat -c '%a %u:%g' /var/lib/berth/1000)" "700 1000:1000" "A21 its state directory"
stop_engines

# --- things in the way: only a bug elsewhere could have put them there ------------------------------
in_the_way() {
	local name=$1 regex=$2
	run setpriv --reuid=1000 --regid=1000 --clear-groups "$LAUNCHER" start
	like "$rc $err" "^(71|78) berth: $regex" "A21 $name: refused"
	ok "A21 $name: nothing runs" none_of_ours
	rm -rf /run/berth
	stop_engines
}
mkdir -m 0777 /home/trap
ln -s /home/trap /run/berth
in_the_way "/run/berth is a symbolic link" '.*berth'
mkdir /run/berth && chown 1000 /run/berth
in_the_way "/run/berth is the user's" '.*berth is not owned by root'
mkdir -m 0777 /run/berth && chmod 0777 /run/berth
in_the_way "/run/berth can be written by others" '.*berth can be written'
: >/run/berth
in_the_way "/run/berth is a file" '.*berth'
mkdir /run/berth && ln -s /home/trap /run/berth/1000
in_the_way "/run/berth/1000 is a symbolic link" '.*1000'
mkdir -p /run/berth/1000 && chown 1000 /run/berth/1000
in_the_way "/run/berth/1000 is the user's" '.*1000 is not owned by root'
mkdir -p /run/berth/1000 && mount -t tmpfs -o mode=755 arena /run/berth/1000
run setpriv --reuid=1000 --regid=1000 --clear-groups "$LAUNCHER" start
like "$rc $err" '^78 berth: refused: 1000 is a mount point' "A21 /run/berth/1000 is a mount point: refused"
umount /run/berth/1000
rm -rf /run/berth
stop_engines
mkdir -p /run/berth/1000 && ln -s /home/trap/lock /run/berth/1000/lock
in_the_way "the lock is a symbolic link" 'cannot open the lock'
mkdir -p /run/berth/1000/engine.sock.new/x
in_the_way "the socket's first name is a directory" 'cannot make the socket'
mkdir -p /run/berth/1000/engine.sock/x
in_the_way "the socket's name is a directory" 'cannot make the socket'
is "$(find /home/trap -mindepth 1)" "" "A21 nothing was made where the links point to"

# What a start that died left is replaced.
mkdir -p /run/berth/1000
ln -s /home/trap/sock /run/berth/1000/engine.sock.new
: >/run/berth/1000/engine.sock
refuses_none "A21 old names are replaced"
is "$(stat -c '%F %u' /run/berth/1000/engine.sock)" "socket 1000" "A21 by the socket"
is "$(find /home/trap -mindepth 1)" "" "A21 and the link was not followed"
done_testing
