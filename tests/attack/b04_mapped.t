#!/usr/bin/env bash
# B04: a directory that the launcher mounted with other ids, misused from inside a job: by the id that owns it
# there, by the job's root with all that it has, and by others. On the host everything stays the user's, nothing
# is a device or has a capability of the host's, and nothing outside of the directory is reached.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 getcap getfacl setcap setfacl
jobs_world security.confined idmap.mount
canary_plant
mkdir -p /home/alice/{d/sub/deep,e,plain,elsewhere} /home/alice/wide
echo mine >/home/alice/d/file
echo secret >/home/alice/secret
echo plain >/home/alice/plain/file
cp /bin/true /home/alice/plain/true
chown -hR alice:alice /home/alice/{d,e,plain,wide,elsewhere,secret}
chmod 0777 /home/alice/wide
cat >/home/alice/try.py <<'P'
"""Tries one thing after the other, and says what became of each."""
import ctypes, errno, os, stat, struct, sys

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), "")


def attempt(name, what):
    try:
        what()
        print(name, "ok")
    except OSError as e:
        print(name, errno.errorcode[e.errno])


def make(path, mode=0o644):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, mode))


# Version 3, for the job's own root, and version 2, for the host's; each with every capability.
V3 = struct.pack("<IIIIII", 0x03000001, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0, 0)
V2 = struct.pack("<IIIII", 0x02000001, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0)
ACL_5 = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in ((1, 6, 0xFFFFFFFF), (2, 7, 5), (4, 4, 0xFFFFFFFF), (16, 7, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF)))
who = sys.argv[1]
own = "/d/" + who
attempt("create", lambda: make(own))
attempt("setuid", lambda: os.chmod(own, 0o6755))
attempt("open setuid", lambda: make(own + "-s", 0o6755))
attempt("mkdir", lambda: os.mkdir(own + "-dir", 0o7777))
attempt("device", lambda: os.mknod(own + "-null", stat.S_IFCHR | 0o666, os.makedev(1, 3)))
attempt("block", lambda: os.mknod(own + "-sda", stat.S_IFBLK | 0o666, os.makedev(8, 0)))
# No device, and anybody may make one: a file that overlays take as another one's absence.
attempt("whiteout", lambda: os.mknod(own + "-wh", stat.S_IFCHR, 0) or os.unlink(own + "-wh"))
attempt("fcaps v3", lambda: os.setxattr("/d/file", "security.capability", V3))
attempt("fcaps v2", lambda: os.setxattr("/d/file", "security.capability", V2))
attempt("trusted", lambda: os.setxattr("/d/file", "trusted.x", b"x"))
for uid in (0, 1, 101, 1000, 65534):
    attempt(f"chown {uid}", lambda: os.chown("/d/file", uid, -1))
    attempt(f"chgrp {uid}", lambda: os.chown("/d/file", -1, uid))
attempt("ACL 5", lambda: os.setxattr("/d/file", "system.posix_acl_access", ACL_5))
attempt("default ACL 5", lambda: os.setxattr("/d/sub", "system.posix_acl_default", ACL_5))
attempt("link out", lambda: os.link("/d/file", "/p/link-" + who))
attempt("link in", lambda: os.link("/p/file", own + "-in"))
attempt("link across", lambda: os.link("/d/file", "/e/link-" + who))
attempt("rename out", lambda: os.rename("/d/file", "/p/renamed-" + who))
attempt("rename in", lambda: os.rename("/p/true", own + "-true"))
attempt("rename across", lambda: os.rename("/d/sub", "/e/sub-" + who))
attempt("above", lambda: os.stat("/d/../secret"))
attempt("above by descriptor", lambda: os.stat("../secret", dir_fd=os.open("/d", os.O_PATH)))
attempt("host path", lambda: os.stat("/home/alice/secret"))
os.path.lexists(own + "-sym") or attempt("symlink", lambda: os.symlink("../secret", own + "-sym"))
attempt("through it", lambda: os.stat(own + "-sym"))
# mount_setattr: away with the map, nosuid and nodev; another map; open_tree and move_mount of it
for name, flags in (("clear idmap", 0x100000), ("clear nosuid", 2), ("clear nodev", 4)):
    attempt(name, lambda: call(442, -100, b"/d", 0, struct.pack("=QQQQ", 0, flags, 0, 0), 32))
attempt("set idmap", lambda: call(442, -100, b"/d", 0, struct.pack("=QQQQ", 0x100000, 0, 0, os.open("/proc/self/ns/user", 0)), 32))
attempt("clone", lambda: call(428, -100, b"/d", 1))
attempt("bind", lambda: call(165, b"/d", b"/tmp", 0, 4096, 0))
attempt("umount", lambda: call(166, b"/d", 2))
P
chown alice: /home/alice/try.py

all_of() {
	run job -v /home/alice/d:/d:uid=101,gid=101 -v /home/alice/e:/e:uid=102,gid=102 -v /home/alice/plain:/p -v /home/alice/try.py:/try.py:ro "$@"
}
# What is not the user's own below their directory, or more than a file.
foreign() {
	find /home/alice/d /home/alice/e -mindepth 1 \( ! -uid 1000 -o ! -gid 1000 -o -type b -o -type c \) -printf '%p %u:%g %y\n'
}
says() {
	is "$(grep -E "^$1 [A-Zo]" <<<"$out")" "$1 $2" "B04 $who: $1: $2"
}

# Without a map the same attempts are not all in vain.
cp -r /home/alice/d /home/alice/control && chown -R alice: /home/alice/control
run job -v /home/alice/control:/d -v /home/alice/e:/e -v /home/alice/plain:/p -v /home/alice/try.py:/try.py:ro host python3 /try.py control
for name in create 'chown 1' 'fcaps v3' 'ACL 5' mkdir; do
	is "$(grep "^$name [A-Zo]" <<<"$out")" "$name ok" "B04 control: $name, where the job's root owns the directory"
done
isnt "$(find /home/alice/control ! -uid 1000)" "" "B04 control: and what is made then is seen"

said=
who=owner
all_of -u 101:101 host python3 /try.py owner
said+=$out
says create ok
says device EPERM
says block EPERM
says whiteout ok
for name in 'fcaps v3' 'fcaps v2' trusted 'chown 0' 'chown 1' 'chgrp 0' 'chgrp 1000' 'chown 65534'; do
	like "$(grep "^$name [A-Zo]" <<<"$out")" '(EPERM|EINVAL|EOVERFLOW)$' "B04 owner: $name is refused"
done
says 'chown 101' ok
says 'ACL 5' EINVAL
says 'default ACL 5' EINVAL
for name in 'link out' 'link in' 'link across' 'rename out' 'rename in' 'rename across'; do says "$name" EXDEV; done
for name in above 'above by descriptor' 'host path' 'through it'; do says "$name" ENOENT; done
for name in 'clear idmap' 'clear nosuid' 'clear nodev' 'set idmap' clone bind umount; do
	like "$(grep "^$name [A-Zo]" <<<"$out")" '(EPERM|EINVAL)$' "B04 owner: $name is refused"
done
is "$(foreign)" "" "B04 owner: all that is in the directory is the user's"

who=root
all_of host python3 /try.py root
said+=$out
says create EOVERFLOW
says mkdir EOVERFLOW
for name in 'open setuid' device block whiteout 'fcaps v3' 'fcaps v2' trusted 'chown 0' 'chown 1' 'chown 1000' 'chown 65534' 'chgrp 0' \
    'chgrp 1' 'ACL 5' 'default ACL 5'; do
	like "$(grep "^$name [A-Zo]" <<<"$out")" '(EPERM|EINVAL|EOVERFLOW)$' "B04 root: $name is refused"
done
for name in 'link out' 'link in' 'link across' 'rename out' 'rename in' 'rename across'; do says "$name" EXDEV; done
for name in above 'above by descriptor' 'host path'; do says "$name" ENOENT; done
for name in 'clear idmap' 'clear nosuid' 'clear nodev' 'set idmap' clone bind umount; do
	like "$(grep "^$name [A-Zo]" <<<"$out")" '(EPERM|EINVAL)$' "B04 root: $name is refused"
done
is "$(foreign)" "" "B04 root: all that is in the directory is the user's"

# Others in the job, in a directory that is open to all: nothing is made that would be nobody's.
run job -v /home/alice/wide:/d:uid=101,gid=101 -u 5:5 host sh -c 'touch /d/five; mkdir /d/dir'
is "$rc:$(ls -A /home/alice/wide)" "1:" "B04 another id of the job makes nothing"
like "$err" 'Value too large' "B04 and is told: EOVERFLOW"
run job -v /home/alice/wide:/d:uid=101,gid=101 -u 101:5 host touch /d/group
is "$rc:$(ls -A /home/alice/wide)" "1:" "B04 the owner with another group neither"

# Set-id files: no effect in the job; on the host whoever may run them becomes the user, as with any file that
# the user makes so themselves, and never anybody else.
run job -v /home/alice/d:/d:uid=101,gid=101 -u 101:101 host sh -c 'cp /usr/bin/id /d/id && chmod 6755 /d/id'
run job -v /home/alice/d:/d:uid=101,gid=101 -u 7:7 host /d/id -u
is "$rc:$out" "0:7" "B04 a set-id file has no effect in the job"
is "$(stat -c '%u:%g' /home/alice/d/id)" 1000:1000 "B04 on the host it is the user's"
setcap cap_chown+p /home/alice/control/file
isnt "$(getcap -rn /home/alice/control)" "" "B04 control: a capability is seen"
is "$(getcap -rn /home/alice/d /home/alice/e)" "" "B04 nothing has a capability"

# A directory that is moved out of the mount while the job is in it.
start_job /run/arena/moved -v /home/alice/d:/d:uid=101,gid=101 -u 101:101 host sh -c '
	cd /d/sub/deep && echo in >/d/in
	while ! test -e /d/moved; do sleep 0.05; done
	cat ../secret ../../secret ../../../secret /d/sub/deep/x; ls ..; echo done'
wait_for 10 test -e /home/alice/d/in
mv /home/alice/d/sub/deep /home/alice/elsewhere/
as alice touch d/moved
wait_job
like "$(cat /run/arena/moved)" 'done' "B04 a directory is moved out of the mount: the job has looked"
is "$(grep -xE 'secret|deep|try\.py' /run/arena/moved)" "" "B04 nothing above it is reached"

# The later process of a job has no more than the first.
as alice berth run -q -d --name later -v /home/alice/d:/d:uid=101,gid=101 -v /home/alice/e:/e:uid=102,gid=102 -v /home/alice/plain:/p \
    -v /home/alice/try.py:/try.py:ro host sleep 1000 >/dev/null
run as alice timeout 60 berth exec later python3 /try.py later
like "$out" 'create EOVERFLOW' "B04 exec: it has looked"
is "$(grep -E '^(fcaps|chown (0|1|1000) |device|link|rename|above)' <<<"$out" | grep -cE 'ok$')" 0 "B04 exec: no more than the first"
as alice berth rm -f later >/dev/null
is "$(foreign)" "" "B04 at the end all is the user's"
canary_is_untouched "$said$out" "B04 nobody else's files were read or changed"
ok "no job is left" jobs_are_gone
done_testing
