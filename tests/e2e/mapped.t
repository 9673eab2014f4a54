#!/usr/bin/env bash
# uid= and gid= of a directory: what the user's own files are in the job, what the job's are on the host, and a
# verdict for each kind of directory and file system that can be asked for, by what the kernel can map.
. "${BASH_SOURCE[0]%/*}/../attack/mapped.sh"
arena_enter "$@"
needs python3 setfacl getfacl
# As systemd has it: what is mounted on the host later shows in the engine.
mount --make-rshared /
mkdir -p /home/ro /srv/early/sub
mappable_mount /home/strict
mkdir /home/strict/d
cp /bin/true /home/strict/d
chown -R alice: /home/strict/d /srv/early
mount -o remount,bind,noexec /home/strict
mount --bind /home/strict /home/ro
mount -o remount,bind,ro /home/ro
mount -t tmpfs early /srv/early/sub
jobs_world security.confined idmap.mount

mkdir -p /home/alice/{a,b,c,plain}/sub
for d in a b c plain; do echo "$d" >"/home/alice/$d/file"; done
chown -hR alice:alice /home/alice
chmod 0700 /home/alice/{a,b,c}

# What is on the host: whose it is, and its mode.
host() {
	stat -c '%u:%g %a' "$@"
}
A=(-v "/home/alice/a:/d:uid=101,gid=101")

# --- what the job sees, and what it writes
gives $'101:101 700\n101:101 644\na' "the user's files belong to the id that was asked for" "${A[@]}" host \
    sh -c 'stat -c "%u:%g %a" /d /d/file; cat /d/file'
gives '101:101 640' "what that id writes is its own" "${A[@]}" -u 101:101 host \
    sh -c 'umask 027; echo new >/d/new; mkdir /d/dir; ln -s x /d/link; mkfifo /d/pipe; stat -c "%u:%g %a" /d/new'
is "$(host /home/alice/a/new /home/alice/a/dir /home/alice/a/link /home/alice/a/pipe)" \
    $'1000:1000 640\n1000:1000 750\n1000:1000 777\n1000:1000 640' "and on the host the user's"
gives new "it can change and remove what is there" "${A[@]}" -u 101:101 host \
    sh -c 'cat /d/new; chmod 600 /d/file; mv /d/new /d/moved; rm -r /d/dir /d/link /d/pipe; echo more >>/d/file'
is "$(host /home/alice/a/file /home/alice/a/moved; cat /home/alice/a/file)" $'1000:1000 600\n1000:1000 640\na\nmore' "on the host too"
gives 'a more' "the same with --mount" --mount type=bind,src=/home/alice/a,dst=/m,uid=7,gid=9 -u 7:9 host \
    sh -c 'test "$(stat -c %u:%g /m)" = 7:9 && echo $(cat /m/file)'
gives $'101:101 5:6 0:7 65534:0 0:0' "several directories, with different ids, in one job" "${A[@]}" \
    -v /home/alice/b:/e:uid=5,gid=6 -v /home/alice/c:/f:uid=0,gid=7 -v /home/alice/b:/g:uid=65534,gid=0 -v /home/alice/plain:/p host \
    sh -c 'echo $(stat -c %u:%g /d /e /f /g /p)'
gives 'b c' "each of them is written by its own id alone" -v /home/alice/b:/e:uid=5,gid=5 -v /home/alice/c:/f:uid=6,gid=6 host sh -c '
	setpriv --reuid 5 --regid 5 --clear-groups sh -c "echo b >/e/by5; echo x >/f/by5" 2>/dev/null
	setpriv --reuid 6 --regid 6 --clear-groups sh -c "echo c >/f/by6; echo x >/e/by6" 2>/dev/null
	echo $(cat /e/by* /f/by*)'
is "$(host /home/alice/b/by5 /home/alice/c/by6)" $'1000:1000 644\n1000:1000 644' "on the host both are the user's"
gives $'101:101\n0:0' "the same directory twice, once with and once without" "${A[@]}" -v /home/alice/a:/x host stat -c %u:%g /d/file /x/file
flags=()
for n in {1..64}; do flags+=(-v "/home/alice/a:/m$n:uid=$n,gid=$n"); done
# A process of the launcher for each.
JOB_SECONDS=300 gives 64 "64 of them" "${flags[@]}" host sh -c 'for n in $(seq 64); do stat -c %u /m$n; done | sort -u | wc -l'
mkdir /home/alice/a/in && chown alice: /home/alice/a/in
gives $'101:101\n5:5' "one in the other" -v /home/alice/b:/d/in:uid=5,gid=5 "${A[@]}" host stat -c %u:%g /d /d/in
rmdir /home/alice/a/in
gives '0:0 x' "uid=0,gid=0 is what a directory is without them" -v /home/alice/plain:/d:uid=0,gid=0 host sh -c 'echo x >/d/x; echo $(stat -c %u:%g /d) $(cat /d/x)'

# --- how it is mounted
run job "${A[@]}" host awk '$5 == "/d" { print $6 }' /proc/self/mountinfo
like "$out" '^rw,.*nosuid' "nosuid"
like "$out" 'nodev' "nodev"
run job "${A[@]}" host grep -c ' /d .*\(shared\|master\)' /proc/self/mountinfo
is "$out" 0 "and private"
run job -v /home/alice/a:/d:ro,uid=101,gid=101 -u 101:101 host sh -c 'cat /d/moved; echo x >/d/x'
is "$rc:$out" "2:new" ":ro"
like "$err" 'Read-only' ":ro: says why"
run job -v /home/strict/d:/d:uid=101,gid=101 host sh -c '/d/true'
like "$rc:$err" '126:.*ermission' "what is noexec on the host is noexec"
run job -v /home/ro/d:/d:uid=101,gid=101 -u 101:101 host sh -c 'echo x >/d/x'
like "$err" 'Read-only' "what is read-only on the host is read-only"

# --- who is none of the two
gives 'File exists? no' "the job's root has no id there, and makes nothing" "${A[@]}" host \
    sh -c 'touch /d/root 2>/dev/null; test -e /d/root && echo "File exists? yes" || echo "File exists? no"'
run job "${A[@]}" host touch /d/root
like "$err" 'too large for defined data type' "the kernel says so"
gives 'a more' "but it may read and write what is there, as everywhere in the job" "${A[@]}" host sh -c 'echo $(cat /d/file)'
echo bobs >/home/alice/a/bobs && chown bob: /home/alice/a/bobs && chmod 644 /home/alice/a/bobs
echo group >/home/alice/a/lab && chown alice:lab /home/alice/a/lab && chmod 640 /home/alice/a/lab
gives $'65534:65534\n101:65534' "files of others belong to nobody, and a foreign group is none" "${A[@]}" host stat -c %u:%g /d/bobs /d/lab
run job "${A[@]}" -u 101:101 host sh -c 'cat /d/bobs; echo x >>/d/bobs'
is "$rc:$out" "2:bobs" "they can be read as far as everybody may, not written"
run job "${A[@]}" host sh -c 'echo x >>/d/bobs; chown 101 /d/bobs; chmod 777 /d/bobs'
is "$rc:$(host /home/alice/a/bobs):$(cat /home/alice/a/bobs)" "1:1001:1001 644:bobs" "nor by the job's root"
rm /home/alice/a/bobs

# --- kinds of directories
mkdir -m 1777 /home/alice/sticky && chown alice: /home/alice/sticky
touch /home/alice/sticky/bobs /home/alice/sticky/own
chown bob: /home/alice/sticky/bobs && chown alice: /home/alice/sticky/own
run job -v /home/alice/sticky:/d:uid=101,gid=101 -u 101:101 host rm -f /d/own /d/bobs
is "$rc:$(ls /home/alice/sticky)" "1:bobs" "sticky: who owns the directory removes what is theirs, and nothing of others"
touch /home/alice/sticky/own && chown alice: /home/alice/sticky/own
run job -v /home/alice/sticky:/d:uid=101,gid=101 -u 102:102 host rm -f /d/own
is "$rc:$(host /home/alice/sticky/own)" "1:1000:1000 644" "sticky: nobody else does"
mkdir /home/alice/lab && chown alice:lab /home/alice/lab && chmod 2770 /home/alice/lab
touch /home/alice/lab/file && chown alice:lab /home/alice/lab/file
gives '101:65534' "setgid, of another group of the user's: to be read" -v /home/alice/lab:/d:ro,uid=101,gid=101 -u 101:101 host stat -c %u:%g /d/file
run job -v /home/alice/lab:/d:uid=101,gid=101 host true
like "$rc:$err" '125:.*group is not your own.*read-only' "setgid, of another group: to be written it is refused, for nothing could be"
mkdir /home/alice/own && chown alice: /home/alice/own && chmod 2755 /home/alice/own
gives '101:101' "setgid, of the user's group: what is made in it" -v /home/alice/own:/d:uid=101,gid=101 -u 101:101 host \
    sh -c 'mkdir /d/dir; stat -c %u:%g /d/dir'
is "$(host /home/alice/own/dir)" "1000:1000 2755" "setgid: on the host it is the user's"

# --- ACLs: kept, translated, and of the two ids alone
mkdir /home/alice/acl && chown alice: /home/alice/acl && setfacl -m u:bob:rx -d -m u:bob:rwx /home/alice/acl
gives '' "ACL: the job makes a file" -v /home/alice/acl:/d:uid=101,gid=101 -u 101:101 host sh -c 'umask 077; echo x >/d/new'
is "$(getfacl -ncp /home/alice/acl/new | grep user:1001)" "user:1001:rwx	#effective:rw-" "ACL: what the directory gives to others is given to them"
run job -v /home/alice/acl:/d:uid=101,gid=101 -u 101:101 host getfacl -ncp /d/new
like "$out" 'user:4294967295:rwx' "ACL: the job sees another id as none of its own"
run job -v /home/alice/own:/d:uid=101,gid=101 -u 101:101 host sh -c 'echo x >/d/acl; setfacl -m u:101:rx /d/acl && setfacl -m u:5:rwx /d/acl'
like "$rc:$err" '1:.*nvalid argument' "ACL: for another id it sets nothing"
is "$(getfacl -ncp /home/alice/own/acl | grep '^user:[0-9]')" "user:1000:r-x" "ACL: its own is the user's on the host"

# --- what cannot be mapped: nothing starts, and the file system or what else is named
refused() {
	local regex=$1 name=$2
	shift 2
	run job "$@" host echo ran
	complained 125 "$regex" "$name"
	ok "$name: nothing is left" jobs_are_gone
}
refused 'mounts beneath' "with another mount in it, from before the engine" -v /srv/early:/d:uid=101,gid=101
mount -t tmpfs inner /home/alice/b/sub && chown alice: /home/alice/b/sub
refused 'mounts beneath' "with another mount in it, that came later" -v /home/alice/b:/d:uid=101,gid=101
if maps_tmpfs; then
	gives 101:101 "that mount itself, a tmpfs" -v /home/alice/b/sub:/d:uid=101,gid=101 host stat -c %u:%g /d
else
	refused 'this kernel cannot map its file system' "that mount itself, a tmpfs" -v /home/alice/b/sub:/d:uid=101,gid=101
fi
umount /home/alice/b/sub
gives 101:101 "without it" -v /home/alice/b:/d:uid=101,gid=101 host stat -c %u:%g /d
mkdir /usr/local/over && chown alice: /usr/local/over
refused 'its file system \(overlay\) is none' "on an overlay" -v /usr/local/over:/d:uid=101,gid=101
mkdir /srv/ramfs && mount -t ramfs ramfs /srv/ramfs && chown alice: /srv/ramfs
refused 'its file system \(ramfs\) is none' "on a file system that is not known to be able" -v /srv/ramfs:/d:uid=101,gid=101
mkdir /home/alice/fuse && chown alice: /home/alice/fuse
python3 "$TOP/tests/attack/fuse_held.py" /home/alice/fuse 1000 /run/arena/fuse &
ok "control: FUSE is mounted" wait_for 60 test -e /run/arena/fuse
refused 'its file system \(fuse\) is none' "on FUSE" -v /home/alice/fuse:/d:uid=101,gid=101
kill %1
umount -l /home/alice/fuse
mkdir /srv/bobs /srv/shared && chown bob: /srv/bobs && chmod 777 /srv/bobs && chown bob:lab /srv/shared && chmod 2775 /srv/shared
refused 'refused: /srv/bobs cannot belong to 101:101.*it belongs to uid 1001' "of another user, open to all" -v /srv/bobs:/d:uid=101,gid=101
refused "not the caller's own: it belongs to uid 1001" "of another user, for a group of both" -v /srv/shared:/d:uid=101,gid=101
refused "not the caller's own: it belongs to uid 0" "of root" -v /usr/share:/d:uid=101,gid=101
refused 'only a directory' "a file" -v /home/alice/a/file:/d:uid=101,gid=101
refused 'refused: /home/alice/a cannot belong to 70000:1.*granted are 0 to 65536' "an id that the user does not have" -v /home/alice/a:/d:uid=70000,gid=1

# One that is mapped already: by root, so that a foreign directory shows as the user's.
mappable /home/foreign
mkdir /home/mapped && chown 5000:5000 /home/foreign
/usr/bin/python3 - /home/foreign /home/mapped <<'P'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = os.fork()
if pid == 0:
    libc.unshare(0x10000000)
    os.kill(os.getpid(), 19)
os.waitpid(pid, 2)
for name in ("uid_map", "gid_map"):
    open(f"/proc/{pid}/{name}", "w").write("5000 1000 1")
user = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
tree = libc.syscall(428, -100, sys.argv[1].encode(), 1)
attr = struct.pack("=QQQQ", 0x100000, 0, 0, user)
assert libc.syscall(442, tree, b"", 0x1000, attr, len(attr)) == 0, os.strerror(ctypes.get_errno())
assert libc.syscall(429, tree, b"", -100, sys.argv[2].encode(), 4) == 0
os.kill(pid, 9)
P
is "$(host /home/mapped)" "1000:1000 755" "control: it shows as the user's"
refused 'it is mapped already' "one that is mapped already" -v /home/mapped:/d:uid=101,gid=101

# --- what must not be seen is not seen through it either
run job -v /home/alice:/h:uid=101,gid=101 -u 101:101 host sh -c 'ls -A /h/state/jobs /h/state/run; cat /h/a/moved'
is "$rc:$out" $'0:/h/state/jobs:\n\n/h/state/run:\nnew' "a home with the state root in it: files of jobs are hidden"
run job -v /home/alice:/h:uid=101,gid=101 "${PROBE[@]}" host sh -c '/t/probe mounts /h/state/jobs /h/state/run >/dev/null; ls -A /h/state/jobs /h/state/run'
is "$rc:$out" $'0:/h/state/jobs:\n\n/h/state/run:' "and stay so"
run job -v /home/alice/state:/h:uid=101,gid=101 host ls -A /h/jobs /h/run
is "$rc:$out" $'0:/h/jobs:\n\n/h/run:' "the state root itself: the same"
run job -v /home/alice/state/jobs:/h:uid=101,gid=101 host ls -A /h
like "$rc:$out:$err" '^125::berth: /home/alice/state/jobs cannot be mounted' "the directory of jobs: refused"
mkdir /srv/again && mount --bind /home/alice /srv/again
run job -v /srv/again:/h:uid=101,gid=101 host ls -A /h/state/jobs /h/state/run
is "$rc:$out" $'0:/h/state/jobs:\n\n/h/state/run:' "by way of another mount: the same"

run job --mount type=bind,src=/home/alice,dst=/h,bind-nonrecursive host ls -A /h/state/jobs /h/state/run
is "$rc:$out" $'0:/h/state/jobs:\n\n/h/state/run:' "and without submounts: the same"

# --- who may not
grant bob security.confined >/dev/null
revoke bob idmap.mount >/dev/null
mkdir /home/bob/d && chown bob: /home/bob/d
run as bob timeout 100 berth run -q -v /home/bob/d:/d:uid=101,gid=101 host true
like "$rc:$err" '125:.*idmap\.mount' "without idmap.mount it is refused, by name"
run as dave timeout 100 berth run -q -v /home/dave:/d:uid=101,gid=101 host true
like "$rc:$err" '^125:.*needs a grant.*leave uid= and gid= away' "without a grant it is refused, with what would work"
run as alice berth run --dry-run "${A[@]}" host true
like "$out$err" 'idmap\.mount' "--dry-run says what it needs"
ok "no job is left" jobs_are_gone
done_testing
