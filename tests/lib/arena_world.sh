#!/usr/bin/env bash
# Makes the world that arena.sh describes. Not called by tests.
#   host SCRIPT ARGS...   in a mount namespace of its own: makes the cgroup, starts init, cleans up
#   middle SCRIPT ARGS... enters that cgroup's namespace
#   init SCRIPT ARGS...   pid 1 of the arena: mounts, users, installation; then runs SCRIPT
set -eu

lib=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
me=$lib/arena_world.sh

# --- outside -------------------------------------------------------------------------------------

cgroup_root=/sys/fs/cgroup

# Removes a cgroup and all below it; its processes were killed and may need a moment.
remove_cgroup() {
	local _
	[ -d "$1" ] || return 0
	{ echo 1 >"$1/cgroup.kill"; } 2>/dev/null || :
	for _ in {1..500}; do
		find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && return 0
		# Another arena may have found it, too.
		[ -d "$1" ] || return 0
		sleep 0.02
	done
	echo "arena: $1 stays behind" >&2
}

# What an arena that was killed with -9 left.
remove_stale_cgroups() {
	local dir
	for dir in "$cgroup_root"/berth-test.*; do
		[ -d "$dir" ] || continue
		[ -d "/proc/${dir##*.}" ] || remove_cgroup "$dir"
	done
}

enter_cgroup() {
	[ -n "$cgroup" ] || return 0
	echo "$BASHPID" >"$cgroup/cgroup.procs"
}

host() {
	local child status=0
	cgroup=
	# Where there is no other version it is mounted already, and the kernel refuses a second one upon it.
	[ "$(stat -f -c %T "$cgroup_root" 2>/dev/null)" != cgroup2fs ] || umount "$cgroup_root"
	if mount -t cgroup2 arena "$cgroup_root" 2>/dev/null; then
		remove_stale_cgroups
		cgroup=$cgroup_root/berth-test.$$
		mkdir "$cgroup"
	fi
	ARENA_TOP=$(realpath "${ARENA_TOP:-$lib/../..}")
	BUILD=$(cd "$ARENA_TOP" && realpath -m "${BUILD:-build}")
	export ARENA_TOP BUILD cgroup
	(
		enter_cgroup
		exec setpriv --pdeathsig KILL -- unshare --mount --propagation private --cgroup -- \
		    bash "$me" middle "$@"
	) <&0 &
	child=$!
	# unshare(1) blocks the polite signals while it waits.
	trap 'kill -KILL "$child" 2>/dev/null' TERM INT HUP
	wait "$child" || status=$?
	trap '' TERM INT HUP
	wait "$child" 2>/dev/null || :
	[ -z "$cgroup" ] || remove_cgroup "$cgroup"
	exit "$status"
}

# Still outside of the pid namespace, but with the fresh cgroup as the root of what is seen. All of
# the test stays in a child of it: the kernel wants inner cgroups empty before it lends their
# controllers to children.
middle() {
	if [ -n "$cgroup" ]; then
		umount /sys/fs/cgroup
		mount -t cgroup2 -o nosuid,nodev,noexec arena /sys/fs/cgroup
		mkdir /sys/fs/cgroup/test
		# As the root of a host's hierarchy is: root needs a capability to write there.
		chmod 0555 /sys/fs/cgroup
		echo $$ >/sys/fs/cgroup/test/cgroup.procs
	fi
	exec unshare --mount --propagation private --pid --ipc --uts --fork --kill-child=KILL -- \
	    bash "$me" init "$@"
}

# --- inside --------------------------------------------------------------------------------------

A=/run/arena

# Mounts a tmpfs with options $2 over directory $1, if there is such a directory.
fresh() {
	[ ! -d "$1" ] || mount -t tmpfs -o "$2" arena "$1"
}

# /home of users whose directories can be mounted with other ids: Linux maps tmpfs from 6.3 on, ext4 earlier.
fresh_home() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	if [ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge 3 ]; } || [ ! -e /dev/loop-control ]; then
		fresh /home mode=755
		return
	fi
	truncate -s 512M "$A/home.ext4"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -E lazy_itable_init=1 "$A/home.ext4"
	mount -o loop "$A/home.ext4" /home
	rmdir /home/lost+found
}

overlay() {
	local name=${1//\//_}
	mkdir -p "$A/overlay/$name/up" "$A/overlay/$name/work"
	chmod --reference="$1" "$A/overlay/$name/up"
	mount -t overlay -o "lowerdir=$1,upperdir=$A/overlay/$name/up,workdir=$A/overlay/$name/work" \
	    arena "$1"
}

# $1 is a descriptor of a directory that may be covered by now.
show_at() {
	mkdir -p "$2"
	mount --no-canonicalize --bind "/proc/self/fd/$1" "$2"
	[ -n "${ARENA_WRITABLE-}" ] || mount -o remount,bind,ro "$2"
}

make_dev() {
	local new=$A/dev spec
	mkdir "$new"
	mount -t tmpfs -o mode=755 arena "$new"
	for spec in null:1:3:666 zero:1:5:666 full:1:7:666 random:1:8:666 urandom:1:9:666 \
	    tty:5:0:666 fuse:10:229:666; do
		IFS=: read -r name major minor mode <<<"$spec"
		if ! mknod -m "$mode" "$new/$name" c "$major" "$minor" 2>/dev/null; then
			: >"$new/$name"
			mount --bind "/dev/$name" "$new/$name"
		fi
	done
	mkdir "$new/pts" "$new/shm"
	mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 arena "$new/pts"
	mount -t tmpfs -o mode=1777,nosuid,nodev arena "$new/shm"
	ln -s pts/ptmx "$new/ptmx"
	ln -s /proc/self/fd "$new/fd"
	ln -s fd/0 "$new/stdin"
	ln -s fd/1 "$new/stdout"
	ln -s fd/2 "$new/stderr"
	mount --move "$new" /dev
	rmdir "$new"
}

# As useradd would do it, but a hundred times faster, and without the host's own accounts.
make_users() {
	local file user uid sub
	for file in passwd group; do
		awk -F: '$3 < 1000 || $3 == 65534' "/etc/$file" >"$A/x"
		cat "$A/x" >"/etc/$file"
	done
	: >/etc/subuid
	: >/etc/subgid
	uid=1000
	for user in alice bob carol dave; do
		sub=$((100000 + 65536 * (uid - 1000)))
		echo "$user:x:$uid:$uid::/home/$user:/bin/bash" >>/etc/passwd
		echo "$user:x:$uid:" >>/etc/group
		echo "$user:*:19000:0:99999:7:::" >>/etc/shadow
		echo "$user:$sub:65536" | tee -a /etc/subuid >>/etc/subgid
		install -d -m 0700 -o "$uid" -g "$uid" "/home/$user"
		uid=$((uid + 1))
	done
	echo "lab:x:2000:alice,bob" >>/etc/group
	rm -f "$A/x"
}

init() {
	exec 3<"$ARENA_TOP"
	[ ! -d "$BUILD" ] || exec 4<"$BUILD"
	mount -t proc -o nosuid,nodev,noexec arena /proc
	local script=$1 dir
	shift
	case $script in
	"$ARENA_TOP"/*) script=$A/top/${script#"$ARENA_TOP"/} ;;
	esac

	fresh /run mode=755
	mkdir "$A" "$A/overlay"
	chmod 0700 "$A/overlay"
	show_at 3 "$A/top"
	[ ! -d "$BUILD" ] || show_at 4 "$A/build"
	# A copy: the clone may have been made under a umask that shuts other users out.
	mkdir "$A/bin"
	find "$A/build/tests/bin" -type f -perm -u+x -exec cp -t "$A/bin" {} + 2>/dev/null || :
	chmod -R go+rX "$A/bin"
	for dir in /etc /usr/local /var/lib; do
		overlay "$dir"
	done
	rm -rf /etc/berth /var/lib/berth /usr/local/bin/berth /usr/local/libexec/berth
	mkdir -p /var/lib/berth
	fresh_home
	fresh /root mode=700
	fresh /tmp mode=1777
	fresh /var/tmp mode=1777
	fresh /var/lib/berth mode=755
	fresh /srv mode=755,strictatime
	make_dev
	make_users
	hostname arena
	umask 022
	python3 "$A/top/tests/lib/arena_log.py" /dev/log "$A/log" 3>&- 4>&- &
	while [ ! -e "$A/log" ]; do
		sleep 0.005
	done
	[ "${ARENA_INSTALL-}" = no ] ||
		BUILD=$A/build sh "$A/top/config/install.sh" install >/dev/null

	export TOP=$A/top BUILD=$A/build TESTBIN=$A/bin ARENA_INSIDE=1
	cd "$TOP"
	set +e
	exec 3<&- 4<&-
	case $script in
	*.t) run_clean bash "$script" "$@" ;;
	*) run_clean "$script" "$@" ;;
	esac
	exit $?
}

# Nothing of the caller's environment reaches a test but what is meant for it.
run_clean() {
	local name
	local -a keep=()
	for name in BERTH_MUST_RUN SOAK_JOBS SOAK_AT_ONCE SOAK_MANY SOAK_CROWD BERTH_LONG BERTH_VM FAULT_SEED RACE_ROUNDS TERM TOP BUILD TESTBIN ARENA_INSIDE; do
		[ -z "${!name-}" ] || keep+=("$name=${!name}")
	done
	env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LC_ALL=C \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${keep[@]}" "$@"
}

"$@"
