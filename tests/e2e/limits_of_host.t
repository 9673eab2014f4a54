#!/usr/bin/env bash
# "Bad input" and bad hosts: each is a message of at most three lines with the documented exit code,
# and leaves nothing behind (NOPRIV).
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

none_of_ours() {
	! grep -qsxE 'berth-(engine|launcher|job)' /proc/[0-9]*/comm
}
quiet() {
	wait_for 5 none_of_ours
	# What has just ended is in its cgroup for a moment more.
	wait_for 5 no_cgroups
	rm -rf /run/berth
}
no_cgroups() {
	rmdir /sys/fs/cgroup/berth/*/* /sys/fs/cgroup/berth/* /sys/fs/cgroup/berth 2>/dev/null
	[ ! -e /sys/fs/cgroup/berth ]
}
# refused CODE REGEX NAME CMD...: `CMD daemon start` gives CODE, `CMD run` gives 125, with such words
refused() {
	local code=$1 regex=$2 name=$3 verb wanted
	shift 3
	for verb in "daemon start" "run host true"; do
		wanted=$code
		[ "$verb" = "daemon start" ] || wanted=125
		# shellcheck disable=SC2086
		run "$@" $verb
		complained "$wanted" "$regex" "$name: berth $verb"
		ok "$name: berth $verb leaves no process" wait_for 3 none_of_ours
	done
}
berth=(as alice berth)
state=/home/alice/state

# Whatever was done for a failure is undone: then a job runs, and the world is as it was.
settle() {
	local name=$1
	run as alice berth run -q host echo ok
	is "$rc:$out" "0:ok" "$name: mended, a job runs"
	as alice berth daemon stop >/dev/null 2>&1
}

# --- before the first grant
noprv_snapshot /run/arena/before
# Without a grant a user has an engine of their own, where the host allows it: see rootless.t.
closed=("$TESTBIN/no_userns" 1000 /usr/local/bin/berth)
refused 77 'refused: alice \(uid 1000\) has no grant.*user.max_user_namespaces is 0' \
    "no grant, no setuid bit, no user namespaces" "${closed[@]}"
run as alice "$LAUNCHER" start
is "$rc" 78 "no grant: the launcher without its bit"
quiet
noprv_is_same /run/arena/before "no grant: NOPRIV"
grant alice security.confined >/dev/null
settle "granted"
quiet
noprv_snapshot /run/arena/before

# --- the launcher cannot be what it should be
chmod u-s "$LAUNCHER"
refused 78 'no setuid bit' "no setuid bit" "${berth[@]}"
chmod u+s "$LAUNCHER"
mount --bind /usr/local/libexec /usr/local/libexec
mount -o remount,bind,nosuid /usr/local/libexec
refused 78 'mounted nosuid' "a nosuid file system" "${berth[@]}"
umount /usr/local/libexec
nnp() {
	as alice setpriv --no-new-privs berth "$@"
}
refused 71 'no_new_privs' "no_new_privs" nnp
in_namespace() {
	as alice unshare -U -r berth "$@"
}
run as alice unshare -U --map-user=1000 berth daemon start
is "$rc" 71 "in a user namespace: 71"
like "$err" 'inside a user namespace' "in a user namespace: says so"
mkdir /srv/jail
in_chroot() {
	chroot --userspec=1000:1000 /srv/jail env -i /usr/local/bin/berth "$@"
}
for dir in usr etc proc sys dev run home; do
	mkdir "/srv/jail/$dir"
	mount --rbind "/$dir" "/srv/jail/$dir"
done
for name in bin lib lib64; do
	ln -s "usr/$name" "/srv/jail/$name"
done
refused 71 'chroot' "in a chroot" in_chroot
for dir in usr etc proc sys dev run home; do
	umount -l "/srv/jail/$dir"
done
rm -rf --one-file-system /srv/jail
mv "$LAUNCHER" "$LAUNCHER.away"
refused 78 'not installed on this host, or only in part' "no launcher" "${berth[@]}"
mv "$LAUNCHER.away" "$LAUNCHER"
chmod 0700 "$LAUNCHER"
refused 78 'may not be executed' "a launcher that may not be executed" "${berth[@]}"
chmod 04755 "$LAUNCHER"
mv "$ENGINE" "$ENGINE.away"
refused 78 'berth-engine' "no engine" "${berth[@]}"
mv "$ENGINE.away" "$ENGINE"
settle "the programs"
quiet
noprv_is_same /run/arena/before "the programs: NOPRIV"

# --- the configuration
mv /etc/berth /etc/berth.away
refused 77 'refused: alice \(uid 1000\) has no grant' "no /etc/berth, no user namespaces" "${closed[@]}"
run as alice "$LAUNCHER" start
is "$rc" 78 "no /etc/berth: the launcher"
like "$err" '/etc/berth is missing' "says so"
mv /etc/berth.away /etc/berth
chmod o+w /etc/berth
refused 78 '/etc/berth' "a world-writable /etc/berth" "${berth[@]}"
chmod o-w /etc/berth
chmod g+w /etc/berth/allow
refused 78 '/etc/berth/allow' "a group-writable /etc/berth/allow" "${berth[@]}"
chmod g-w /etc/berth/allow
chown alice /etc/berth/allow/uid-1000.conf
refused 78 '/etc/berth/allow/uid-1000.conf' "a grant that is the user's own" "${berth[@]}"
chown root /etc/berth/allow/uid-1000.conf
mv /etc/berth/berth.conf /etc/berth/away
refused 78 'berth.conf' "no berth.conf" "${berth[@]}"
mv /etc/berth/away /etc/berth/berth.conf
cp -p /etc/berth/allow/uid-1000.conf /run/arena/keep
echo 'nonsense = yes' >>/etc/berth/allow/uid-1000.conf
refused 78 '/etc/berth/allow/uid-1000.conf:[0-9]+' "an unknown key, by file and line" "${berth[@]}"
sed -i 's/security.confined/security.nonsense/; /nonsense = yes/d' /etc/berth/allow/uid-1000.conf
refused 78 '/etc/berth/allow/uid-1000.conf:[0-9]+' "an unknown entitlement, by file and line" "${berth[@]}"
cp -p /run/arena/keep /etc/berth/allow/uid-1000.conf
sed -i 's/security.confined/network.host/' /etc/berth/allow/uid-1000.conf
refused 77 'refused: security.confined is not granted' "a grant without security.confined" "${berth[@]}"
cp -p /run/arena/keep /etc/berth/allow/uid-1000.conf
echo 'until = 2001-01-01T00:00Z' >>/etc/berth/allow/uid-1000.conf
refused 77 'has ended' "a grant that has ended" "${berth[@]}"
cp -p /run/arena/keep /etc/berth/allow/uid-1000.conf
settle "the configuration"
quiet
noprv_is_same /run/arena/before "the configuration: NOPRIV"

# --- the state directory
rm -rf "$state"
unusable="the state directory $state cannot be used"
with() {
	mkdir -p "$state"
	mount "$@" "$state"
	chown alice:alice "$state" 2>/dev/null
	chmod 700 "$state" 2>/dev/null
	:
}
with -t tmpfs -o ro,uid=1000,gid=1000,mode=700 tmpfs
refused 71 "$unusable.*read-only" "a read-only one" "${berth[@]}"
umount "$state"
# A page is for the directory of jobs and what is in it; nothing is left for files.
with -t tmpfs -o size=4k,nr_inodes=60 tmpfs
refused 71 "$unusable.*full" "a full one" "${berth[@]}"
umount "$state"
with -t tmpfs -o nr_inodes=4 tmpfs
refused 71 "$unusable.*full" "one without inodes" "${berth[@]}"
umount "$state"
mkdir -p /srv/low /srv/up /srv/work
with -t overlay -o lowerdir=/srv/low,upperdir=/srv/up,workdir=/srv/work overlay
refused 71 "$unusable.*\(overlay\) cannot carry an overlay" "one on an overlay" "${berth[@]}"
umount "$state"
rm -rf "$state" /srv/low /srv/up /srv/work
sed -i "s|^root = .*|root = /home/alice/a/b/c|" /etc/berth/allow/uid-1000.conf
refused 71 'the state directory /home/alice/a/b/c cannot be used.*does not exist' "one whose parent is not there" "${berth[@]}"
sed -i "s|^root = .*|root = /home/bob/state|" /etc/berth/allow/uid-1000.conf
refused 71 'the state directory /home/bob/state cannot be used' "one in another user's home" "${berth[@]}"
sed -i "s|^root = .*|root = /srv/foreign|" /etc/berth/allow/uid-1000.conf
mkdir -m 777 /srv/foreign
refused 71 'the state directory /srv/foreign cannot be used.*somebody else' "one of somebody else's" "${berth[@]}"
chown alice /srv/foreign
refused 71 'the state directory /srv/foreign cannot be used.*others can write' "one that others can write" "${berth[@]}"
rmdir /srv/foreign
: >/srv/foreign
chown alice /srv/foreign
refused 71 'the state directory /srv/foreign cannot be used' "one that is a file" "${berth[@]}"
rm /srv/foreign
ln -s /tmp /srv/foreign
refused 71 'the state directory /srv/foreign cannot be used' "one that is a link" "${berth[@]}"
rm /srv/foreign
mkfifo -m 666 /srv/foreign
refused 71 'the state directory /srv/foreign cannot be used' "one that is a FIFO" "${berth[@]}"
rm /srv/foreign
cp -p /run/arena/keep /etc/berth/allow/uid-1000.conf
mkdir -p "$state"
: >"$state/jobs"
chown -R alice:alice "$state"
chmod 700 "$state"
refused 71 "$unusable" "one in which jobs is a file" "${berth[@]}"
rm "$state/jobs"
ln -s /tmp "$state/jobs"
refused 71 "$unusable" "one in which jobs is a link" "${berth[@]}"
rm "$state/jobs"
settle "the state directory"
# It becomes full while the engine runs.
rm -rf "$state"
with -t tmpfs -o size=512k tmpfs
ok "an engine on a small file system" as alice berth daemon start
run as alice berth run host sh -c 'head -c 1000000 /dev/zero >/x'
isnt "$rc" 0 "a job that fills it fails itself"
like "$err" 'No space left' "and is told"
ok "and what it wrote is gone" jobs_are_gone
head -c 1000000 /dev/zero >"$state/fill" 2>/dev/null
chown alice "$state/fill"
run as alice berth run host sh -c 'echo x >/x'
isnt "$rc" 0 "a job on a full file system fails"
is "$(($(wc -l <<<"$err") <= 3))" 1 "in three lines at most"
rm "$state/fill"
run as alice berth run host echo ok
is "$rc:$out" "0:ok" "with room again a job runs"
as alice berth daemon stop
umount "$state"
rm -rf "$state"
settle "the full one"
quiet
noprv_is_same /run/arena/before "the state directory: NOPRIV"

# --- the kernel
# user.max_user_namespaces=0, as the launcher and the client see it.
run "$TESTBIN/no_userns" 1000 "$LAUNCHER" start
is "$rc" 71 "user.max_user_namespaces=0: 71"
run "$TESTBIN/no_userns" 1000 /usr/local/bin/berth run host true
is "$rc:$out" "125:" "user.max_user_namespaces=0: no job"
like "$err" '^berth: cannot make a user namespace' "it says what"
like "$err" 'user.max_user_namespaces.*unprivileged_userns_clone' "names the switch, and the one to use instead"
is "$(wc -l <<<"$err")" 3 "in three lines"
ok "no process is left" wait_for 3 none_of_ours
# The real switch, where root may use it: for as long as one call takes, and put back in any case.
limit=/proc/sys/user/max_user_namespaces
saved=$(cat $limit)
if { echo "$saved" >$limit; } 2>/dev/null; then
	trap 'echo "$saved" >$limit' EXIT
	echo 0 >$limit
	run timeout 60 setpriv --reuid=1000 --regid=1000 --clear-groups env -i /usr/local/bin/berth run host true
	echo "$saved" >$limit
	trap - EXIT
	is "$rc:$out" "125:" "the switch itself: no job"
	like "$err" 'user.max_user_namespaces.*unprivileged_userns_clone' "the switch itself: the same words"
	is "$(cat $limit)" "$saved" "the switch is as it was"
fi
settle "the kernel"
quiet
noprv_is_same /run/arena/before "the kernel: NOPRIV"

# A file system of the user's own that does not answer must not stop others: nothing of it is asked.
start_job /run/arena/out host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/out
supervisor=$(pgrep -x berth-job)
kill -STOP "$supervisor"
run as alice timeout 60 berth run host echo ok
is "$rc:$out" "0:ok" "a job that is stopped holds up nobody"
kill -KILL "$client"
wait_job
kill -CONT "$supervisor" 2>/dev/null
ok "and ends when its client does" jobs_are_gone
# --- no file in memory may be one to execute: a switch of each pid namespace, since Linux 6.3. Last, for
# it can only be raised.
noexec=/proc/sys/vm/memfd_noexec
if [ -e $noexec ]; then
	as alice berth daemon stop >/dev/null 2>&1
	echo 2 >$noexec
	settle "vm.memfd_noexec=2"
fi

done_testing
