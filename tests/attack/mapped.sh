# shellcheck shell=bash
# What the tests of mapped directories share. Sourced by them:  . "${BASH_SOURCE[0]%/*}/mapped.sh"
#
#   linux_6 MINOR         is it Linux 6.MINOR or later? (status)
#   maps_tmpfs            does this kernel map tmpfs? (status; Linux 6.3 is the first)
#   mappable DIR          mounts at DIR, which is made, a file system that this kernel maps: tmpfs, or
#                         ext4 on a loop device
#   handed_dir DIR        makes DIR, which is alice's, with a file of hers and one of bob's in it
# shellcheck source=tests/attack/jobs.sh
. "${BASH_SOURCE[0]%/*}/jobs.sh"

linux_6() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	[ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge "$1" ]; }
}

maps_tmpfs() {
	linux_6 3
}

mappable() {
	local image=/run/arena/${1//\//_}.ext4 i
	mkdir -p "$1"
	if maps_tmpfs; then
		mount -t tmpfs -o mode=755 mappable "$1"
		return
	fi
	[ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
	for i in {0..15}; do
		[ -e "/dev/loop$i" ] || mknod -m 600 "/dev/loop$i" b 7 "$i"
	done
	truncate -s 64M "$image"
	mke2fs -q -t ext4 -O ^has_journal -m 0 "$image" && mount -o loop "$image" "$1"
}

handed_dir() {
	mkdir -p "$1"
	echo mine >"$1/mine"
	echo theirs >"$1/theirs"
	chown alice:alice "$1" "$1/mine"
	chown bob:bob "$1/theirs"
}
