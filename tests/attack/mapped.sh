# shellcheck shell=bash
# What the tests of mapped directories share. Sourced by them:  . "${BASH_SOURCE[0]%/*}/mapped.sh"
#
#   linux_6 MINOR         is it Linux 6.MINOR or later? (status)
#   maps_tmpfs            does this kernel map tmpfs? (status; Linux 6.3 is the first)
#   mappable DIR          DIR, below /home, is made, and is on a file system that this kernel maps: a tmpfs
#                         of its own, or that of /home
#   mappable_mount DIR    the same, and DIR is a mount of its own, whose flags can be set
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
	mkdir -p "$1"
	! maps_tmpfs || mount -t tmpfs -o mode=755 mappable "$1"
}

mappable_mount() {
	mappable "$1"
	maps_tmpfs || mount --bind "$1" "$1"
}

handed_dir() {
	mkdir -p "$1"
	echo mine >"$1/mine"
	echo theirs >"$1/theirs"
	chown alice:alice "$1" "$1/mine"
	chown bob:bob "$1/theirs"
}
