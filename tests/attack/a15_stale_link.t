#!/usr/bin/env bash
# A15: the launcher is replaced or removed because it has a bug, and a user has made a hard link to the old
# one, has it open, or is about to execute it. No old inode keeps the setuid bit, whatever name leads to
# it, and wherever an installation or a removal is interrupted, there are never two with it.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
allow alice
engine_says R

# What is installed again and again: this launcher, with the engine of these tests.
mkdir /run/arena/b
cp "$BUILD"/berth "$BUILD"/berth-{launcher,admin,archive} /run/arena/b
cp "$TESTBIN/dummy_engine" /run/arena/b/berth-engine
BUILD=/run/arena/b

# Hard links do not cross file systems: alice has a directory on that of /usr/local.
own=/usr/local/alice
install -d -o alice -g alice "$own"
noted=/run/arena/inodes
# link NAME: alice's hard link to the launcher; root's hand makes it where the host forbids it to her
link() {
	if [ "$(cat /proc/sys/fs/protected_hardlinks)" -eq 0 ]; then
		as alice ln "$LAUNCHER" "$own/$1"
	else
		as alice ln "$LAUNCHER" "$own/$1" 2>/dev/null && fail "A15 protected_hardlinks is not what it says"
		ln "$LAUNCHER" "$own/$1"
	fi
}
# Whatever is setuid root on this file system: each inode once.
setuid_inodes() {
	find /usr/local -xdev -type f -uid 0 -perm -4000 -printf '%i\n' | sort -u
}
run_install() {
	root BUILD="$BUILD" sh "$TOP/config/install.sh" "$@"
}
# stale NAME WHAT: the inode behind alice's link is no way to root any more
stale() {
	is "$(stat -c '%a %U' "$own/$1")" "755 root" "A15 $2: the old inode has lost the bit"
	run as alice "$own/$1" start
	like "$rc $err" '^78 berth: the launcher cannot work as it was started.*(no setuid bit|replaced or removed)' "A15 $2: it says so when it is called"
}

link first
run as alice "$own/first" start
is "$rc$err" 0 "A15 control: until then alice's link is the launcher"
stop_engines

# --- an upgrade: by its link, by a descriptor, and by a name in another mount
exec 5<"$LAUNCHER"
mkdir -p /run/arena/mnt
: >/run/arena/mnt/launcher
mount --bind "$LAUNCHER" /run/arena/mnt/launcher
chmod 711 /run/arena
old=$(stat -c %i "$LAUNCHER")
ok "A15 an upgrade" run_install install
stale first "an upgrade"
is "$(stat -Lc %a /proc/self/fd/5)" 755 "A15 an upgrade: nor has it the bit by an open descriptor"
run as alice /run/arena/mnt/launcher start
like "$rc $err" '^78 berth: the launcher cannot work' "A15 an upgrade: nor by a mount of it"
umount /run/arena/mnt/launcher
exec 5<&-
isnt "$(stat -c %i "$LAUNCHER")" "$old" "A15 an upgrade: the new one is another inode"
is "$(setuid_inodes)" "$(stat -c %i "$LAUNCHER")" "A15 an upgrade: it alone is setuid"
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A15 an upgrade: and it works"
stop_engines

# --- a call in the middle of upgrades is served, or says that there is no bit; it is never an old one
link second
# They begin when it has been served once: then its link is that of an old one.
(wait_for 20 test -e /run/arena/go; for _ in {1..6}; do run_install install >/dev/null; done) &
installs=$!
odd='' served=0
while kill -0 "$installs" 2>/dev/null; do
	run as alice "$own/second" start
	case $rc:$err in
	0: | 69:*) served=$((served + 1)) ;;
	78:*'no setuid bit'*) ;;
	*) odd="$odd $rc:$err" ;;
	esac
	: >/run/arena/go
	setuid_inodes | wc -l
done >"$noted"
wait "$installs"
is "$odd" "" "A15 the old link while 6 upgrades run: the launcher, or without a bit ($served served)"
ok "A15 control: it was looked at meanwhile, and called" test -s "$noted" -a "$served" -gt 0
is "$(sort -rn "$noted" | head -n 1 | grep -v '^[01]$')" "" "A15 there are never two with the bit"
stale second "6 upgrades"
stop_engines

# --- interrupted at each of its commands
mkdir /run/arena/tools
for tool in cp chown chmod mv rm install dd; do
	cat >"/run/arena/tools/$tool" <<-P
		#!/bin/sh
		count=\$((\$(cat /run/arena/count) + 1))
		echo \$count >/run/arena/count
		[ \$count -ne "\$(cat /run/arena/at)" ] || { kill -KILL \$PPID; exit 1; }
		PATH=/usr/bin:/bin exec $tool "\$@"
	P
	chmod 755 "/run/arena/tools/$tool"
done
# interrupted N ARGS...: install.sh is killed before its N-th command; status 0 when it came that far
interrupted() {
	local n=$1
	shift
	echo 0 >/run/arena/count
	echo "$n" >/run/arena/at
	root env PATH="/run/arena/tools:/usr/bin:/bin" BUILD="$BUILD" sh "$TOP/config/install.sh" "$@" >/dev/null 2>&1
	[ "$(cat /run/arena/count)" -ge "$n" ]
}
again() {
	rm -f "$own"/* "$LAUNCHER" "$LAUNCHER.new"
	mkdir -p "${LAUNCHER%/*}"
	cp "$BUILD/berth-launcher" "$LAUNCHER"
	chmod 4755 "$LAUNCHER"
	link it
}
# Both the launcher and, where it is there, its successor under a temporary name are linked to.
link_new() {
	[ ! -e "$LAUNCHER.new" ] || ln "$LAUNCHER.new" "$own/new"
}
# The client comes first, in five commands; then the launcher, in seven.
two='' kept='' stayed='' n=6
while again && interrupted "$n" install && [ "$n" -lt 13 ]; do
	[ "$(setuid_inodes | wc -l)" -le 1 ] || two="$two $n"
	link_new
	run_install install >/dev/null
	[ ! -u "$own/it" ] || kept="$kept $n"
	[ ! -e "$own/new" ] || [ ! -u "$own/new" ] || kept="$kept $n(new)"
	n=$((n + 1))
done
ok "A15 an upgrade that is interrupted before each command that concerns the launcher" test "$n" -eq 13
is "$two" "" "A15 interrupted: never are two setuid"
is "$kept" "" "A15 interrupted: the next one takes the bit from all that it left"
rm -f "$ALLOW/uid-1000.conf"
for i in 7 11 12; do
	again
	interrupted "$i" install
	link_new
	run_install uninstall >/dev/null
	stayed="$stayed$(setuid_inodes | sed "s/.*/ $i/")$(find /usr/local/libexec /usr/local/bin -name 'berth*' -printf ' %p')"
done
is "$stayed" "" "A15 interrupted, then uninstalled: no name of berth and no setuid bit stays"

# --- a removal, and one that is interrupted
again
ok "A15 uninstall" run_install uninstall
stale it "uninstall"
is "$(setuid_inodes)" "" "A15 uninstall: nothing is setuid any more"
n=1 kept=''
while again && interrupted "$n" uninstall && [ "$n" -lt 8 ]; do
	run_install uninstall >/dev/null
	[ ! -u "$own/it" ] || kept="$kept $n"
	n=$((n + 1))
done
ok "A15 uninstall, interrupted before each of its first $n commands" test "$n" -gt 4
is "$kept" "" "A15 uninstall, interrupted: the next one takes the bit"
done_testing
