#!/usr/bin/env bash
# README's two commands as a newcomer types them: a Debian 12 with nothing but sudo, make and git, an ordinary
# user who may use sudo, a fresh clone of this commit in that user's home. All that they need they install.
#   FRESH=demo  `sudo make demo`, and `sudo make check` of a few tests (minutes)
#   FRESH=all   `sudo make demo`, and `sudo make check`
# The root file system is a new copy of tests/vm/image.sh's on disk, and really the root (pivot_root(2)); mounts,
# processes, cgroups, host name and System V IPC are its own, as in an arena (tests/lib/arena_world.sh, whose
# stages these are); network and kernel are this host's. It is removed afterwards, with all that runs in it.
set -euo pipefail
# shellcheck source=tests/lib/arena_world.sh
. "${BASH_SOURCE[0]%/*}/../lib/arena_world.sh" :
me=$(realpath "${BASH_SOURCE[0]}")
user=nina
SAMPLE="tests/e2e/smoke.t tests/e2e/install.t tests/e2e/mounts.t tests/attack/a36_mixed_ids.t tests/attack/c21_mounts.t"

# --- outside -------------------------------------------------------------------------------------

fresh() {
	local top base child status=0
	top=$(realpath "${BASH_SOURCE[0]%/*}/../..")
	base=$("$top/tests/vm/image.sh" fresh)
	archives=$("$top/tests/vm/image.sh" archives)
	root=$(mktemp -d "${TMPDIR:-/var/tmp}/berth-fresh.XXXXXX")
	trap 'rm -rf "$root"' EXIT
	chmod 0755 "$root"
	if [ "$(stat -f -c %T "$root")" = overlayfs ]; then
		# In a container. No overlay works upon another.
		mount -t tmpfs -o mode=0755 fresh "$root"
	fi
	tar -C "$root" --numeric-owner --xattrs --xattrs-include='*' -xpf "$base/root.tar"
	git -c safe.directory='*' clone -q --no-hardlinks "$top" "$root/srv/berth"
	lend_archives
	apt-config dump | grep -E '^Acquire::https?::' >"$root/etc/apt/apt.conf.d/80host" || :
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	export root FRESH
	# As in an arena: what ends this ends all that runs there, before it is removed.
	bash "$me" host "$FRESH" &
	child=$!
	trap 'kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; exit 1' TERM INT HUP
	wait "$child" || status=$?
	keep_archives
	umount "$root" 2>/dev/null || :
	[ "$status" -ne 0 ] || echo "fresh: both commands work on a fresh Debian 12"
	exit "$status"
}

# Links where that can be: apt never writes into one that is there.
lend_archives() {
	cp -l "$archives"/*.deb "$root/var/cache/apt/archives" 2>/dev/null ||
		cp "$archives"/*.deb "$root/var/cache/apt/archives"
}

keep_archives() {
	local deb name
	for deb in "$root"/var/cache/apt/archives/*.deb; do
		name=${deb##*/}
		[ -e "$archives/$name" ] || {
			cp "$deb" "$archives/.$name.$$"
			mv "$archives/.$name.$$" "$archives/$name"
		}
	done
}

# --- inside --------------------------------------------------------------------------------------

# Pid 1 of it.
init() {
	local dir
	mount --bind "$root" "$root"
	mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$root/sys"
	mount --bind /sys/fs/cgroup "$root/sys/fs/cgroup"
	mount -t tmpfs -o mode=755,nosuid,nodev fresh "$root/run"
	A=$root/run
	make_dev
	mount --move /dev "$root/dev"
	cd "$root"
	mkdir run/old
	pivot_root . run/old
	exec chroot . /bin/bash -c 'umount -l /run/old && rmdir /run/old && exec env -i LC_ALL=C.UTF-8 TERM=dumb \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin bash /srv/berth/tests/run/fresh.sh newcomer "$1"' - "$1"
}

as_newcomer() {
	printf '\n$ %s\n' "$*"
	su -l "$user" -c "cd berth && $*" </dev/null
}

newcomer() {
	hostname fresh
	echo '127.0.0.1 localhost fresh' >/etc/hosts
	useradd --create-home --shell /bin/bash "$user"
	echo "$user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/newcomer
	cp -a /srv/berth "/home/$user/berth"
	rm -rf /srv/berth
	chown -R "$user:" "/home/$user/berth"
	as_newcomer sudo make demo >/root/demo 2>&1 || {
		cat /root/demo
		echo "fresh: make demo failed" >&2
		exit 1
	}
	sed -n '/^# berth daemon start/,$p' /root/demo
	grep -q '^uid=0(root) gid=0(root)' /root/demo || {
		echo "fresh: no job ran" >&2
		exit 1
	}
	as_newcomer berth run host -- id -u
	case $1 in
	demo) as_newcomer sudo make check "TESTS='$SAMPLE'" ;;
	all) as_newcomer sudo make check ;;
	esac
}

case ${1-} in
host | middle | init | newcomer) "$@" ;;
'')
	[ "$(id -u)" -eq 0 ] || exec "${BASH_SOURCE[0]%/*}/need_root.sh" check-fresh
	case ${FRESH:=demo} in
	demo | all) ;;
	*)
		echo "fresh.sh: FRESH is demo or all" >&2
		exit 64
		;;
	esac
	exec unshare --mount --propagation private -- bash "$me" fresh
	;;
fresh) fresh ;;
esac
