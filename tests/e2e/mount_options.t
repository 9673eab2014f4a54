#!/usr/bin/env bash
# docker's options of -v and --mount: read-only, propagation, submounts, sizes of a tmpfs.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
mount --make-rshared /
mkdir -p /srv/scratch/early /srv/scratch/late /srv/scratch/late2 /srv/scratch/plain
echo beneath >/srv/scratch/early/hidden
mount -t tmpfs -o mode=755 early /srv/scratch/early
echo early >/srv/scratch/early/file
echo plain >/srv/scratch/plain/file
chown -R alice:alice /srv/scratch
chmod -R a+rX /srv/scratch
# What is mounted before it starts is locked in an engine: what lies beneath stays hidden.
jobs_world security.confined

# --- --mount
gives plain "--mount type=bind" --mount type=bind,source=/srv/scratch/plain,target=/d host cat /d/file
gives plain "--mount: the other words for it" --mount dst=/d,src=/srv/scratch/plain,type=bind host cat /d/file
run job --mount type=bind,src=/srv/scratch/plain,dst=/d,readonly host sh -c 'cat /d/file; echo x >/d/file'
is "$out:$(cat /srv/scratch/plain/file)" "plain:plain" "--mount readonly"
like "$err" 'Read-only' "--mount readonly: says why"
gives "ro,nosuid,nodev" "--mount readonly: nosuid and nodev as well" --mount type=bind,src=/srv/scratch/plain,dst=/d,ro \
    host awk '$5 == "/d" { sub(/,relatime/, "", $6); print $6 }' /proc/self/mountinfo
run job --mount type=bind,src=/srv/scratch/plain,dst=/d,readonly=false host sh -c 'echo new >/d/new'
is "$rc:$(cat /srv/scratch/plain/new)" "0:new" "--mount readonly=false"
mkdir "/srv/scratch/a,b:c\"d" && echo odd >"/srv/scratch/a,b:c\"d/file"
gives odd "--mount: a path with ',' and ':' and '\"'" --mount 'type=bind,"src=/srv/scratch/a,b:c""d",dst=/d' host cat /d/file

# --- a tmpfs
gives "tmpfs 64 1777 0" "--mount type=tmpfs" --mount type=tmpfs,dst=/t,tmpfs-size=64k host \
    sh -c 'echo $(awk "\$5 == \"/t\" { print \$9 }" /proc/self/mountinfo) $(df --output=size /t | tail -n1) $(stat -c "%a %u" /t)'
gives 700 "--mount tmpfs-mode" --mount type=tmpfs,dst=/t,tmpfs-mode=700 host stat -c %a /t
run job --mount type=tmpfs,dst=/t,tmpfs-size=64k host sh -c 'head -c 100000 /dev/zero >/t/file'
like "$rc:$err" '^1:.*No space left' "--mount tmpfs-size: no more fits"
run job --mount type=tmpfs,dst=/t,readonly host sh -c '>/t/file'
like "$err" 'Read-only' "--mount type=tmpfs,readonly"
gives "rw,nosuid,nodev,relatime" "--mount type=tmpfs: nosuid, nodev" --mount type=tmpfs,dst=/t host awk '$5 == "/t" { print $6 }' /proc/self/mountinfo

# --- submounts
gives early "-v: with what is mounted beneath" -v /srv/scratch:/d host cat /d/early/file
gives "early file plain" "bind-nonrecursive: what is mounted beneath is an empty place" \
    --mount type=bind,src=/srv/scratch,dst=/d,bind-nonrecursive host sh -c 'echo $(ls -d /d/early /d/plain/file | sed "s/.*\///") $(cat /d/plain/file) $(ls -A /d/early)'
run job --mount type=bind,src=/srv/scratch,dst=/d,bind-nonrecursive host sh -c 'echo x >/d/early/new; cat /d/early/hidden /d/early/file; echo x >/d/plain/made && rm /d/plain/made'
like "$out:$err" '^:.*(Read-only|cannot create).*early/hidden.*early/file' "bind-nonrecursive: neither it nor what it covers is seen, and nothing is written there"
mkdir -p /srv/scratch/deep/er/x
mount -t tmpfs -o mode=755 deep /srv/scratch/deep/er
mkdir /srv/scratch/deep/er/inner
mount -t tmpfs -o mode=755 inner /srv/scratch/deep/er/inner
touch /srv/scratch/onfile
mount --bind /srv/scratch/plain/file /srv/scratch/onfile
run job --mount type=bind,src=/srv/scratch,dst=/d,bind-nonrecursive host sh -c 'ls -A /d/deep/er; cat /d/onfile; grep -c " /d" /proc/self/mountinfo'
like "$rc:$out:$err" '^0:[0-9]+:cat: /d/onfile: Permission denied' "bind-nonrecursive: deeper ones, and files, though they came later"
gives "deep inner plain" "control: with them" -v /srv/scratch:/d host sh -c 'echo $(ls /d/deep/er | sed s/inner/"deep inner"/) $(cat /d/onfile)'
umount /srv/scratch/onfile /srv/scratch/deep/er/inner /srv/scratch/deep/er
gives plain "bind-nonrecursive of what has no mounts in it" --mount type=bind,src=/srv/scratch/plain,dst=/d,bind-nonrecursive host cat /d/file
gives early "bind-nonrecursive of a mount itself" --mount type=bind,src=/srv/scratch/early,dst=/d,bind-nonrecursive host cat /d/file
gives early "bind-recursive=enabled" --mount type=bind,src=/srv/scratch,dst=/d,bind-recursive=enabled host cat /d/early/file

# --- propagation
fails 'propagation rshared is refused' "rshared" -v /srv/scratch:/d:rshared host true
like "$err" 'never seen on the host' "rshared: and why"
fails 'propagation shared is refused' "shared" --mount type=bind,src=/srv/scratch,dst=/d,bind-propagation=shared host true
watch='echo up
while [ ! -s /s/late/file ]; do sleep 0.1; done
cat /s/late/file
(: >/s/late/new) 2>/dev/null && awk "\$5 == \"/s/late\" && \$6 !~ /nosuid|nodev|ro/ { print \"has the flags of the host\" }" /proc/self/mountinfo
[ -e /p/late/file ] && echo private sees it
awk "\$5 ~ \"^/p\" && /master:|shared:/ { print \"private follows\" } \$5 ~ \"^/s\" && /shared:/ { print \"slave is shared\" }" /proc/self/mountinfo
echo looked
while [ -e /s/late/file ]; do sleep 0.1; done
echo gone'
start_job /run/arena/out -v /srv/scratch:/s:ro,rslave -v /srv/scratch:/p host sh -c "$watch"
wait_for 10 grep -q up /run/arena/out
mount -t tmpfs -o mode=777 late /srv/scratch/late
echo late >/srv/scratch/late/file
ok "slave: what the host mounts later comes" wait_for 10 grep -q '^late' /run/arena/out
wait_for 10 grep -q looked /run/arena/out
# It looks on.
wait_for 10 umount /srv/scratch/late
wait_job
is "$rc:$(tr '\n' ' ' </run/arena/out)" "0:up late has the flags of the host looked gone " "slave: with the flags of the host, and goes; a private one sees nothing of it, and nothing is shared"
host_mounts() {
	awk '{ print $4, $5, $9 }' /proc/self/mountinfo
}
before=$(host_mounts)
gives 1 "slave: the source can be another mount's directory" --mount type=bind,src=/srv/scratch/plain,dst=/s,bind-propagation=slave host \
    sh -c 'grep -c " /s .* master:" /proc/self/mountinfo'
is "$(host_mounts)" "$before" "nothing is mounted on the host"

# --- by policy: whole components
mkdir -p /srv/p /srv/p/scratch/in /srv/p/scratch2/in /srv/p/scratch/mnt
echo one >/srv/p/scratch/in/file
echo two >/srv/p/scratch2/in/file
chown -R alice:alice /srv/p/scratch /srv/p/scratch2
ln -s /srv/p/scratch2/in /srv/p/scratch/out
ln -s /srv/p/scratch/in /srv/p/scratch2/back
revoke alice 'mount=*'
grant alice mount=/srv/p/scratch
for flags in "-v SRC:/d" "--mount type=bind,src=SRC,dst=/d"; do
	# shellcheck disable=SC2086
	gives one "mount=/srv/p/scratch allows /srv/p/scratch/in: ${flags%% *}" ${flags/SRC//srv/p/scratch/in} host cat /d/file
	for source in /srv/p/scratch2 /srv/p/scratch2/in /srv/p/scratch/../scratch2/in /srv/p/scratch/out /; do
		# shellcheck disable=SC2086
		run job ${flags/SRC/$source} host cat /d/file
		is "$rc:$out" "125:" "mount=/srv/p/scratch does not allow $source: ${flags%% *}"
		like "$err" "refused: mount=.* is not granted" "and that is why: $source"
	done
	# shellcheck disable=SC2086
	gives one "a link from outside to what is allowed: ${flags%% *}" ${flags/SRC//srv/p/scratch2/back} host cat /d/file
done
done_testing
