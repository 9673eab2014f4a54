#!/usr/bin/env bash
# A18: each component of the way to the policy, each wrong in every way: refused at once, with the
# name of what is wrong, before anything happened; and a file that is swapped between the check and
# the read is never believed.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace setpriv
launcher_world
engine_says R
allow alice
own=$ALLOW/uid-1000.conf
good=/run/arena/good
cp -a /etc/berth "$good"

restore() {
	local dir
	for dir in "$own" /etc/berth/berth.conf $ALLOW /etc/berth; do
		while mountpoint -q "$dir" || [ "$(stat -c %m "$dir" 2>/dev/null)" = "$dir" ]; do
			umount "$dir" || break
		done
	done
	rm -rf /etc/berth /etc/berth.aside
	cp -a "$good" /etc/berth
}

# acl PATH: an entry that lets alice write (acl(5): version 2; rwx, user 1000 rw, group r, mask rw)
acl() {
	python3 - "$1" <<-'P'
		import os, struct, sys
		entry = lambda tag, perm, who=0xFFFFFFFF: struct.pack("<HHI", tag, perm, who)
		os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + entry(1, 7)
		            + entry(2, 7, 1000) + entry(4, 5) + entry(0x10, 7) + entry(0x20, 5))
	P
}
unix_socket() {
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}
aside() {
	rm -rf /run/arena/aside
	cp -a "$1" /run/arena/aside
	rm -rf "$1"
}
# spoil KIND PATH: makes it so
spoil() {
	local kind=$1 path=$2
	case $kind in
	symlink) aside "$path" && ln -s /run/arena/aside "$path" ;;
	"symlink beside it") mv "$path" "${path%/*}/real" && ln -s real "$path" ;;
	"alice's") chown alice "$path" ;;
	"group can write") chmod g+w "$path" ;;
	"others can write") chmod o+w "$path" ;;
	"an ACL lets alice write") acl "$path" ;;
	"two names") ln "$path" "${path%/*}/second" ;;
	FIFO) rm -rf "$path" && mkfifo "$path" ;;
	"a directory") rm -rf "$path" && mkdir "$path" ;;
	"a file") rm -rf "$path" && : >"$path" ;;
	socket) rm -rf "$path" && unix_socket "$path" ;;
	device) rm -rf "$path" && mknod "$path" c 1 3 ;;
	empty) : >"$path" ;;
	missing) rm -rf "$path" ;;
	unreadable) chmod 0 "$path" ;;
	"bind mount") aside "$path" && cp -a /run/arena/aside "$path" && mount --bind "$path" "$path" ;;
	"alice's tmpfs") mount -t tmpfs -o "uid=1000,mode=755" arena "$path" && cp -a "$good"/* "$path" ;;
	esac
}

# wrong PATH CODES REGEX KIND...
wrong() {
	local path=$1 codes=$2 regex=$3 kind name
	shift 3
	for kind; do
		name="A18 ${path#/etc/}: $kind"
		if ! spoil "$kind" "$path" 2>/run/arena/text; then
			skip "$name" "cannot be made here: $(head -n1 /run/arena/text)"
			restore
			continue
		fi
		early_trace /run/arena/trace alice timeout 60 "$LAUNCHER" start
		like "$rc" "^($codes)\$" "$name: refused, and at once"
		like "$err" "$regex" "$name: it is named"
		of_launcher /run/arena/trace >/run/arena/launcher
		early_is_clean /run/arena/launcher "$name: EARLY"
		ok "$name: nothing is left" nothing_started
		stop_engines
		restore
	done
}
early_trace /run/arena/trace alice "$LAUNCHER" start
is "$rc" 0 "A18 control: as it is, it is granted"
stop_engines

directory=(symlink "symlink beside it" "alice's" "group can write" "others can write"
	"an ACL lets alice write" FIFO "a file" socket device)
file=(symlink "symlink beside it" "alice's" "group can write" "others can write"
	"an ACL lets alice write" "two names" FIFO "a directory" socket device unreadable "bind mount")
wrong /etc/berth 78 'refused: berth (is|can)' "${directory[@]}" "alice's tmpfs"
wrong /etc/berth 78 'refused: /etc/berth is missing' missing
wrong "$ALLOW" 78 'refused: allow (is|can)' "${directory[@]}" "alice's tmpfs" "bind mount"
wrong "$ALLOW" 77 'no_grant' missing
wrong /etc/berth/berth.conf '78|71' '(refused:|cannot open) berth.conf' "${file[@]}"
wrong /etc/berth/berth.conf 78 'refused: /etc/berth/berth.conf is missing' missing
wrong "$own" '78|71' '(refused:|cannot open) uid-1000.conf' "${file[@]}"
wrong "$own" 78 'uid-1000.conf: \[grant\] must say whose it is' empty
wrong "$own" 77 'no_grant' missing

# /etc itself is a mount here and cannot be another thing; the root directory is the host's own.
for kind in "alice's" "group can write" "others can write"; do
	spoil "$kind" /etc
	refuses 78 'refused: etc (is|can)' "A18 /etc: $kind" as alice "$LAUNCHER" start
	chown root /etc
	chmod 0755 /etc
done
mount -t tmpfs -o mode=755,uid=1000 arena /etc
cp -a "$good" /etc/berth
run setpriv --reuid=1000 --regid=1000 --clear-groups "$LAUNCHER" start
umount /etc
like "$rc $err" '^78 berth: refused: etc is not owned by root' "A18 a tmpfs of alice's over /etc"
ok "A18 a tmpfs of alice's over /etc: nothing is left" nothing_started

# A group's file counts as much as the user's own.
cp "$own" /run/arena/own
printf '[grant]\ngid = 2000\nentitlements = security.confined\n' >"$ALLOW/gid-2000.conf"
chown alice "$ALLOW/gid-2000.conf"
refuses 78 'refused: gid-2000.conf is not owned by root' "A18 a wrong file of a group refuses its members" \
    as alice "$LAUNCHER" start
rm "$ALLOW/gid-2000.conf"

# --- swapped between check and read ----------------------------------------------------------------
# The root-owned file refuses; the other one, alice's, would grant. Whichever is met, alice gets
# nothing; and if what was judged were not what is read, a start would succeed.
sed 's/^entitlements.*/entitlements = network.host/' /run/arena/own >"$own"
evil=$ALLOW/evil
sed 's/^uid = .*/uid = 1000/' /run/arena/own >"$evil"
chown alice "$evil"
"$TESTBIN/exchange" "$own" "$evil" &
exchange=$!
disown -a
granted=0
judged=0
read_in_full=0
for ((i = 0; i < 300 || (i < 3000 && (judged == 0 || read_in_full == 0)); i++)); do
	run as alice "$LAUNCHER" start
	case $rc:$err in
	0:*) granted=$((granted + 1)) ;;
	78:*'not owned by root'*) judged=$((judged + 1)) ;;
	77:*not_granted*) read_in_full=$((read_in_full + 1)) ;;
	*) diag "unexpected: $rc $err" && granted=$((granted + 1)) ;;
	esac
done
is "$granted" 0 "A18 the file that is read is the one that was judged, in $i starts"
isnt "$judged" 0 "A18 control: the evil file was met ($judged times)"
isnt "$read_in_full" 0 "A18 control: and so was the good one ($read_in_full times)"
kill -KILL "$exchange"

# Two root-owned files, one of which is being replaced by the other in one step: no mixture.
wait_for 5 eval '! kill -0 "$exchange"'
rm "$evil" "$own"
cp /run/arena/own "$evil"
sed 's/^entitlements.*/entitlements = network.host/' /run/arena/own >"$own"
"$TESTBIN/exchange" "$own" "$evil" &
exchange=$!
disown -a
other=0 granted=0 refused=0
for ((i = 0; i < 60 || (i < 3000 && (granted == 0 || refused == 0)); i++)); do
	run as alice "$LAUNCHER" start
	case $rc in
	0) granted=$((granted + 1)) ;;
	77) refused=$((refused + 1)) ;;
	69) ;;
	*) other=$((other + 1)) && diag "$rc $err" ;;
	esac
done
kill -KILL "$exchange"
is "$other" 0 "A18 a file that is replaced is the old or the new one, never less"
ok "A18 control: both were met ($granted, $refused)" test "$granted" -gt 0 -a "$refused" -gt 0
done_testing
