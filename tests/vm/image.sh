#!/usr/bin/env bash
# Debian 12 systems for tests, made from Debian's packages once and kept outside of the repository.
#   image.sh debian     a complete system for a virtual machine, with systemd: prints the directory with
#                       disk.img (ext4), vmlinuz and initrd, and packages
#   image.sh fresh      what somebody has who has just installed Debian, and sudo, make and git: prints
#                       the directory with root.tar and packages
#   image.sh archives   prints the directory in which Debian's packages are kept
# Makes what is missing, which needs root, and the mirror that apt of this host uses. Messages go to stderr.
#
# Kept in ${BERTH_CACHE:-${XDG_CACHE_HOME:-~/.cache}/berth}. The name of an image has the sum of this file in
# it, so that a change makes a new one; those that nobody asked for in 30 days are removed. An image is
# whole from the moment that it has its name, and never written to again: whoever boots it takes a snapshot.
#
# The virtual machine: with a disk as /dev/vdb that is a tar archive with a program `start` in it, the
# image runs that in /srv/tests as a service after boot, with what it prints on the second serial port, and
# powers off when it ends. Without such a disk it stays, with a login of root's, without a password, on the first.
set -euo pipefail
me=$(realpath "${BASH_SOURCE[0]}")
kind=${1-}
cache=${BERTH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/berth}

# What a Debian 12 with systemd has, without what is for people, hardware and networks; a server of ssh, for
# sessions as they are; and what the tests call when they run.
machine="systemd-sysv dbus dbus-user-session libpam-systemd udev kmod apparmor sudo passwd login
libnss-systemd iproute2 procps openssh-server openssh-client linux-image-cloud-amd64 initramfs-tools zstd
libjson-c5 libarchive13 libcap2 bash perl python3 strace binutils acl attr uidmap busybox-static libcap2-bin bubblewrap
jq bsdextrautils mandoc less vim-tiny tmux file"
newcomer="sudo make git"

fail() {
	printf 'image.sh: %s\n' "$@" >&2
	exit 1
}

# Debian 12 as apt of this host knows it, a line of sources.list each. No mirror is named in this tree.
sources() {
	local uri codename component key
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN) $(SIGNED_BY)' \
	    'Identifier: Packages' 2>/dev/null | sort -u |
		while read -r uri codename component origin key; do
			case $origin:$codename in
			Debian:bookworm | Debian:bookworm-updates | Debian:bookworm-security) ;;
			*) continue ;;
			esac
			case $key in
			/*) key="[signed-by=$key] " ;;
			*) key= ;;
			esac
			printf 'deb %s%s %s %s\n' "$key" "$uri" "$codename" "$component"
		done
}

debian_here() {
	sources >"$work/sources.list"
	grep -q ' bookworm ' "$work/sources.list" || {
		apt-get -q update >&2 || :
		sources >"$work/sources.list"
	}
	grep -q ' bookworm ' "$work/sources.list" ||
		fail "no Debian 12 (bookworm) among the sources of apt" \
		    "  or its lists cannot be fetched: apt-get update says why"
}

# bootstrap PACKAGES: a root file system in $work/root. The packages come from the archives that are kept
# where those are of use, and go there. unsafe-io: a power cut leaves no image, and that is what it needs.
bootstrap() {
	local packages=$1
	mkdir -p "$cache/archives"
	mmdebstrap --quiet --mode=root --variant=minbase --include="${packages//[$' \n']/,}" \
	    --skip=essential/unlink --dpkgopt=force-unsafe-io \
	    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	    --setup-hook="mkdir -p \"\$1/var/cache/apt/archives\" &&
	        find '$cache/archives' -name '*.deb' -exec cp -t \"\$1/var/cache/apt/archives\" {} +" \
	    --customize-hook="'$me' keep \"\$1\"" --customize-hook="'$me' customize-$kind \"\$1\"" \
	    bookworm "$work/root" "$work/sources.list" >&2 </dev/null ||
		fail "mmdebstrap failed: see above; without a network there is no image"
	dpkg-query --admindir="$work/root/var/lib/dpkg" -W >"$work/image/packages"
}

# By rename: somebody else may be reading there.
keep() {
	local deb name
	for deb in "$1"/var/cache/apt/archives/*.deb; do
		name=${deb##*/}
		[ -e "$cache/archives/$name" ] || {
			cp "$deb" "$cache/archives/.$name.$$"
			mv "$cache/archives/.$name.$$" "$cache/archives/$name"
		}
	done
}

customize_fresh() {
	echo fresh >"$1/etc/hostname"
	rm -f "$1/etc/resolv.conf"
}

# The first boot shall be as the hundredth: no keys to make, no questions, nothing by the clock.
customize_debian() {
	local root=$1 unit
	echo debian >"$root/etc/hostname"
	printf '127.0.0.1 localhost debian\n' >"$root/etc/hosts"
	printf '/dev/vda / ext4 rw 0 0\n' >"$root/etc/fstab"
	chroot "$root" passwd -d root >&2
	printf '%s\n' virtio_pci virtio_blk ext4 virtio_rng >>"$root/etc/initramfs-tools/modules"
	sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
	chroot "$root" update-initramfs -u >&2
	cat >"$root/etc/systemd/system/berth-tests.service" <<-'UNIT'
		[Unit]
		ConditionPathExists=/dev/vdb
		After=multi-user.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'stty -F /dev/ttyS1 raw -echo; mkdir -p /srv/tests && cd /srv/tests && tar xf /dev/vdb; exec ./start >/dev/ttyS1 2>&1 </dev/null'
		ExecStopPost=/bin/systemctl --no-block poweroff
		TimeoutStartSec=infinity
		[Install]
		WantedBy=default.target
	UNIT
	chroot "$root" systemctl enable berth-tests.service >&2
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
	    e2scrub_reap.service ssh.service getty@tty1.service; do
		chroot "$root" systemctl disable "$unit" >/dev/null 2>&1 || :
	done
}

make_debian() {
	bootstrap "$machine"
	# mmdebstrap empties it at its end; without one it were a first boot, which sets services to their defaults.
	chroot "$work/root" systemd-machine-id-setup >&2
	cp -L "$work/root/vmlinuz" "$work/image/vmlinuz"
	cp -L "$work/root/initrd.img" "$work/image/initrd"
	# Room for what is installed and run there; a file with holes.
	mke2fs -q -t ext4 -d "$work/root" -L debian "$work/image/disk.img" 3G >&2
}

make_fresh() {
	bootstrap "$newcomer"
	tar -C "$work/root" --numeric-owner --xattrs --xattrs-include='*' -cf "$work/image/root.tar" .
}

remove_old() {
	find "$cache" -mindepth 1 -maxdepth 1 -type d \( -name 'debian-*' -o -name 'fresh-*' \) -mtime +30 \
	    -exec rm -rf {} +
	find "$cache/archives" -type f -mtime +90 -delete
}

build() {
	[ "$(id -u)" -eq 0 ] || fail "making an image needs root"
	command -v mmdebstrap mke2fs >/dev/null || fail "mmdebstrap and e2fsprogs are needed: tests/run/deps.sh vm"
	echo "image.sh: making $image" >&2
	# What a run that was killed left: nobody else is here, the lock is ours.
	rm -rf "$cache"/.new-"$kind".*
	work=$(mktemp -d "$cache/.new-$kind.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	chmod 0755 "$work"
	mkdir "$work/image"
	debian_here
	"make_$kind"
	mv -T "$work/image" "$image"
	remove_old
}

case $kind in
keep) keep "$2" ;;
customize-debian) customize_debian "$2" ;;
customize-fresh) customize_fresh "$2" ;;
archives)
	mkdir -p "$cache/archives"
	realpath "$cache/archives"
	;;
debian | fresh)
	mkdir -p "$cache"
	cache=$(realpath "$cache")
	export BERTH_CACHE=$cache
	image=$cache/$kind-$(sha256sum "$me" | cut -c1-12)
	if [ ! -d "$image" ]; then
		# Mounts of a system that is being made end with this, however it ends.
		[ -n "${IMAGE_ALONE-}" ] ||
			IMAGE_ALONE=1 exec flock "$cache/.lock-$kind" unshare --mount --propagation private -- "$me" "$kind"
		build
	fi
	touch "$image"
	echo "$image"
	;;
*)
	echo "usage: image.sh debian|fresh|archives" >&2
	exit 64
	;;
esac
