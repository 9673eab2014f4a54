#!/usr/bin/env bash
# Directories with other ids on a kernel that maps ext4, and no tmpfs: the first works as everywhere, the other is
# refused in words that name what is in the way, and nothing of it is mounted.
. "${BASH_SOURCE[0]%/*}/../../attack/mapped.sh"
arena_enter "$@"
ok "this kernel does not map tmpfs" test "$(maps_tmpfs && echo maps)" = ""
is "$(stat -f -c %T /home)" ext2/ext3 "/home is on ext4"
handed_dir /home/alice/d
mkdir /home/alice/t
mount -t tmpfs -o mode=755 none /home/alice/t
handed_dir /home/alice/t/d
grant alice security.confined idmap.mount >/dev/null
as alice berth daemon start >/dev/null
before=$(sort /proc/1/mountinfo "/proc/$(engine_pid alice)/mountinfo")

run job -u 101:102 -v /home/alice/d:/d:uid=101,gid=102 host sh -c 'stat -c "%n %u:%g" /d /d/mine /d/theirs; echo new >/d/new; stat -c %u:%g /d/new
	awk "\$5 == \"/d\" { print \$6 }" /proc/self/mountinfo'
is "$rc:$out" "0:/d 101:102
/d/mine 101:102
/d/theirs 65534:65534
101:102
rw,nosuid,nodev,relatime,idmapped" "ext4: the directory is the job's, and what is somebody else's is nobody's"
is "$(stat -c %u:%g /home/alice/d/new)" 1000:1000 "ext4: what the job made is the user's"

run job -v /home/alice/t/d:/d:uid=101,gid=102 host echo ran
is "$rc:$out" 125: "tmpfs: refused"
like "$err" '/home/alice/t/d cannot belong to 101:102 in the job.*this directory cannot be mounted with other ids' "tmpfs: in words"
like "$err" 'this kernel cannot map its file system' "tmpfs: which say what is in the way"
run job -v /home/alice/t/d:/d host cat /d/mine
is "$rc:$out" 0:mine "tmpfs: as it is it is mounted"
ok "nothing is left of the jobs" jobs_are_gone
is "$(sort /proc/1/mountinfo "/proc/$(engine_pid alice)/mountinfo")" "$before" "no mount is left"
done_testing
