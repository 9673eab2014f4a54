#!/usr/bin/env bash
# The program that berth cp copies with, alone, between plain directories: what goes where, and what
# becomes of each kind of file. --job makes a directory the root that no path leads out of.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"

ARCHIVE=/usr/local/libexec/berth/berth-archive
cd /tmp || exit 1

# copy FLAGS.. -- SRC DEST: pack and unpack as alice; what both said in $err, both statuses in $rc
copy() {
	local -a pack=() unpack=()
	while [ "$1" != -- ]; do
		case $1 in
		--follow) pack+=("$1") ;;
		*) unpack+=("$1") ;;
		esac
		shift
	done
	as alice "$ARCHIVE" pack "${pack[@]}" "$2" 2>/tmp/said >/tmp/tar
	rc=$?
	as alice "$ARCHIVE" unpack "${unpack[@]}" "$3" 2>>/tmp/said </tmp/tar
	rc="$rc $?"
	err=$(cat /tmp/said)
}

# into ROOT FLAGS... -- SRC DEST: as root into a directory that is a job's root
into() {
	local root=$1
	local -a flags=()
	shift
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	"$ARCHIVE" pack "$2" 2>/tmp/said >/tmp/tar
	rc=$?
	"$ARCHIVE" unpack --job "${flags[@]}" "$3" 3<"$root" 2>>/tmp/said </tmp/tar
	rc="$rc $?"
	err=$(cat /tmp/said)
}

# out_of ROOT SRC DEST: out of such a directory, to alice
out_of() {
	"$ARCHIVE" pack --job "$2" 3<"$1" 2>/tmp/said >/tmp/tar
	rc=$?
	as alice "$ARCHIVE" unpack "$3" 2>>/tmp/said </tmp/tar
	rc="$rc $?"
	err=$(cat /tmp/said)
}

shape() {
	(cd "$1" && find . -mindepth 1 -printf '%P%y\n' | LC_ALL=C sort | tr '\n' ' ')
}

fresh() {
	rm -rf /home/alice/w
	as alice mkdir -p w/dir/sub w/empty
	as alice sh -c 'echo one >w/file; echo two >w/dir/a; echo three >w/dir/sub/b; ln -s dir w/ldir; ln -s file w/lfile; ln -s nowhere w/lnone'
}

# --- where it goes: docker's rules, one a line: SRC DEST STATUSES WHAT-IS-IN-w-THEN -------------------
was='dird dir/af dir/subd dir/sub/bf emptyd filef ldirl lfilel lnonel '
goes() {
	fresh
	copy -- "$1" "$2"
	is "$rc" "$3" "$1 to $2: status"
	is "$(shape /home/alice/w | sed 's/ /\n/g' | grep -vxF "${was// /$'\n'}" | tr '\n' ' ')" "$4" "$1 to $2: is there"
}
goes w/file w/new '0 0' 'newf '
goes w/file w/new/ '0 2' ''
goes w/file w/empty '0 0' 'empty/filef '
goes w/file w/empty/ '0 0' 'empty/filef '
goes w/file w/dir/a '0 0' ''
is "$(cat /home/alice/w/dir/a)" one "a file takes the place of a file"
goes w/file w/no/new '0 2' ''
goes w/file w/lnone '0 0' 'nowheref '
goes w/file w/ldir '0 0' 'dir/filef '
goes w/dir w/new '0 0' 'new/af new/sub/bf new/subd newd '
goes w/dir/ w/new/ '0 0' 'new/af new/sub/bf new/subd newd '
goes w/dir/. w/new '0 0' 'new/af new/sub/bf new/subd newd '
goes w/dir w/empty '0 0' 'empty/dir/af empty/dir/sub/bf empty/dir/subd empty/dird '
goes w/dir/ w/empty '0 0' 'empty/dir/af empty/dir/sub/bf empty/dir/subd empty/dird '
goes w/dir/. w/empty '0 0' 'empty/af empty/sub/bf empty/subd '
goes w/dir w/file '0 2' ''
like "$err" $'^E.*\ta directory cannot take the place of a file$' "and it says so"
goes w/dir w/no/new '0 2' ''
is "$err" $'Ecannot copy to w/no/new\tNo such file or directory' "the missing parent is named"
goes w/ldir w/empty '0 0' 'empty/ldirl '
goes w/ldir/ w/empty '0 0' 'empty/ldir/af empty/ldir/sub/bf empty/ldir/subd empty/ldird '
goes w/ldir/. w/empty '0 0' 'empty/af empty/sub/bf empty/subd '
goes w/lfile w/new '0 0' 'newl '
goes w/lfile/ w/new '2 0' ''
goes w/file/ w/new '2 0' ''
goes w/missing w/new '2 0' ''
like "$err" $'^Ecannot copy w/missing\tNo such file or directory$' "what is not there is named"
fresh
copy --follow -- w/lfile w/empty
is "$rc $(shape /home/alice/w/empty)" '0 0 lfilef ' "-L: a link's file, by the link's name"
copy --follow -- w/ldir w/empty
is "$rc $(shape /home/alice/w/empty)" '0 0 ldir/af ldir/sub/bf ldir/subd ldird lfilef ' "-L: a link's directory"
copy --follow -- w/lnone w/empty
is "$rc" '2 0' "-L: a link to nothing"
copy --directory -- w/dir w/new
is "$rc" '0 2' "an archive from outside needs a directory"
(cd /home/alice/w/dir && as alice "$ARCHIVE" pack w/dir/..) 2>/dev/null | tar -t >/tmp/list
is "$(sort /tmp/list | head -n3 | tr '\n' ' ')" './ ./dir/ ./dir/a ' "a path without a name: its contents"

# --- kinds of files --------------------------------------------------------------------------------
fresh
S=/home/alice/src
as alice mkdir -p src/d/ro
as alice sh -c 'cd src; echo data >d/f; ln d/f d/g; ln d/f h; ln -s /etc/passwd abs; ln -s ../../.. up; mkfifo p; truncate -s 300M hole
	printf x | dd of=hole bs=1 seek=100M conv=notrunc status=none; truncate -s 200M allhole; : >empty
	chmod 4755 d/f; chmod 2770 d; chmod 0555 d/ro; chmod 1777 .; touch -d "2001-02-03 04:05:06.123456789" d/f d/ro d p; touch -h -d "2001-02-03 04:05:06.123456789" abs
	printf a >"$(printf "\377x")"; printf b >"$(printf "\303\274")"; printf c >"new
line"; printf d >back\\slash; printf e >"$(printf %0200d 7)"'
attributes=yes
setfattr -n user.secret -v no $S/d/f 2>/dev/null || attributes=no
copy -- src w/out
is "$rc $err" '0 0 ' "all that an ordinary user makes is copied"
O=/home/alice/w/out
is "$(cd $O && find . -printf '%p %y %l %s\n' | sort | sha256sum)" "$(cd $S && find . -printf '%p %y %l %s\n' | sort | sha256sum)" \
    "the same names, types, links, sizes: bytes that are no UTF-8, newlines, long names"
is "$(stat -c '%h %a' $O/h)" "3 755" "three names of one file stay one file; out of a job without its set-user-id bit"
is "$(stat -c %a $O $O/d $O/d/ro | tr '\n' ' ')" '1755 750 555 ' "modes of directories, without set-id bits and those of the umask"
is "$(cd $O && stat -c %y d/f d/ro d abs p | sort -u)" '2001-02-03 04:05:06.123456789 +0000' "times, to the nanosecond, of each kind"
ok "holes stay holes" test "$(stat -c %b $O/hole)" -lt 100 -a "$(stat -c %b $O/allhole)" -lt 100
ok "with what is between them" cmp $S/hole $O/hole
if [ $attributes = yes ]; then
	is "$(cd $S && getfattr -d d/f | grep -c user.secret):$(cd $O && getfattr -d d/f)" "1:" "attributes are not copied"
else
	skip "attributes are not copied" "this kernel has none of users' here"
fi
as alice "$ARCHIVE" pack src >/tmp/t.tar
is "$(tar -xOf /tmp/t.tar src/hole | cmp - $S/hole && tar -tf /tmp/t.tar 2>/dev/null | wc -l)" "$(find $S -printf x | wc -c)" "GNU tar reads it"
is "$(python3 -c 'import tarfile; t = tarfile.open("/tmp/t.tar"); print(len(t.getmembers()), t.getmember("src/d/f").mtime)')" \
    "$(find $S -printf x | wc -c) 981173106.1234568" "and so does Python"

mkdir -p /tmp/odd/d
mknod /tmp/odd/zero c 1 5
mknod /tmp/odd/disk b 7 0
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/tmp/odd/sock")'
truncate -s 65T /tmp/odd/huge
echo f >/tmp/odd/d/f
chown 33:44 /tmp/odd/d/f
chmod 6755 /tmp/odd/d/f
copy -- /tmp/odd w/odd
is "$rc $(shape /home/alice/w/odd)" '1 1 d/ff dd ' "devices, sockets and what is larger than 64 TiB are left out"
is "$(sort <<<"$err" | tr '\n' ' ')" \
    'Wodd/disk: it is a device Wodd/huge: it is larger than 64 TiB Wodd/sock: it is a socket Wodd/zero: it is a device ' "each is named"

# --- into a job's root -------------------------------------------------------------------------------
job() {
	rm -rf /tmp/root
	mkdir -p /tmp/root/{usr/bin,data,etc}
	ln -s usr/bin /tmp/root/bin
	ln -s /data /tmp/root/abs
	ln -s ../../../../etc /tmp/root/up
	echo old >/tmp/root/etc/conf
}
job
into /tmp/root -- /home/alice/src /data
is "$rc $(stat -c '%u:%g %a' /tmp/root/data/src/d/f)" '0 0 0:0 755' "into a job: its root's, without set-id bits"
into /tmp/root --owners -- /tmp/odd/d data
is "$rc $(stat -c '%u:%g %a' /tmp/root/data/d/f)" '0 0 33:44 6755' "-a: the owner's, with them; a path from the root"
into /tmp/root -- /home/alice/w/file /abs
is "$rc $(ls /tmp/root/data)" $'0 0 d\nfile\nsrc' "an absolute link is one within the root"
into /tmp/root -- /home/alice/w/file /up/conf
is "$rc $(cat /tmp/root/etc/conf)" '0 0 one' "and so is one that climbs"
into /tmp/root -- /home/alice/w/file /../../../etc/conf2
is "$rc $(cat /tmp/root/etc/conf2)" '0 0 one' "and a path"
(mkdir -p /tmp/x/bin && cd /tmp/x && echo tool >bin/tool && tar -c bin/tool) |
	"$ARCHIVE" unpack --job --directory / 3</tmp/root
is "$? $(cat /tmp/root/usr/bin/tool)" '0 tool' "links that were there are followed beneath the destination"
(cd /tmp/x && tar -cz bin/tool) | "$ARCHIVE" unpack --job --directory --compressed /data 3</tmp/root
is "$? $(cat /tmp/root/data/bin/tool)" '0 tool' "an archive from outside may be compressed"
mkdir /tmp/root/data/kept
chmod 0701 /tmp/root/data/kept
touch -d @5 /tmp/root/data/kept
(mkdir -m 0777 /tmp/x/kept && echo n >/tmp/x/kept/n)
into /tmp/root -- /tmp/x/kept /data
is "$rc $(stat -c %a /tmp/root/data/kept)" '0 0 701' "a directory that was there keeps its mode"
ln /tmp/root/etc/conf /tmp/root/etc/other
into /tmp/root -- /home/alice/w/dir/a /etc/conf
is "$rc $(cat /tmp/root/etc/conf /tmp/root/etc/other | tr '\n' ' ')" '0 0 two one ' "a file is replaced: its other names keep the old one"

# --- out of it ---------------------------------------------------------------------------------------
job
rm -rf /home/alice/w && as alice mkdir w
out_of /tmp/root /abs /home/alice/w
is "$rc $(readlink /home/alice/w/abs)" '0 0 /data' "a link is a link"
out_of /tmp/root /bin/ /home/alice/w
is "$rc $(shape /home/alice/w)" '0 0 absl bind ' "with a slash its directory"
out_of /tmp/root /up/conf /home/alice/w
is "$rc $(cat /home/alice/w/conf)" '0 0 old' "links on the way are followed within the root"
is "$(stat -c %U:%G /home/alice/w/conf)" alice:alice "what comes out is the caller's"
mkdir /tmp/root/{proc,dev}
mount -t proc proc /tmp/root/proc
mount -t tmpfs tmpfs /tmp/root/dev
mknod /tmp/root/dev/null c 1 3
out_of /tmp/root / /home/alice/w/all
is "$rc $(cd /home/alice/w/all && echo *; ls -A /home/alice/w/all/{proc,dev})" \
    $'0 0 abs bin data dev etc proc up usr\n/home/alice/w/all/dev:\n\n/home/alice/w/all/proc:' "the whole root: the kernel's trees and /dev are empty"
out_of /tmp/root /proc/self/status /home/alice/w/s
like "$rc $err" "^2 0 Ecannot copy /proc/self/status.*kernel's" "a file of the kernel's is refused"
out_of /tmp/root /proc/self/root/etc/passwd /home/alice/w/s
like "$rc" '^2 0' "no path goes through a link of procfs"
umount /tmp/root/proc /tmp/root/dev

# Descriptors of system calls that confine it; a kernel before the second version of Landlock has none.
strace -f -o /tmp/trace -e trace=landlock_restrict_self,seccomp,landlock_create_ruleset "$ARCHIVE" unpack /home/alice/w </tmp/tar 2>/dev/null
like "$(grep '^[0-9 ]*seccomp(SECCOMP_SET_MODE_FILTER' /tmp/trace)" '= 0$' "it gives up system calls"
if [[ $(head -n1 /tmp/trace) =~ =\ ([2-9]|[1-9][0-9]+)$ ]]; then
	like "$(grep landlock_restrict_self /tmp/trace)" '= 0$' "and all files but those beneath its destination"
else
	like "$(head -n1 /tmp/trace)" '= (1|-1 E)' "and would files, if the kernel had a means for it"
fi
run "$ARCHIVE" pack
is "$rc" 64 "it is called by nobody else"
done_testing
