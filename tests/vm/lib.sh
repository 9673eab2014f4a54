# shellcheck shell=bash
# What the tests in virtual machines share. Sourced by tests/vm/*.
#
#   vm_cache        prints the directory, outside of the source tree, where what is made from Debian's
#                   packages stays: $BERTH_CACHE, or berth in $XDG_CACHE_HOME or ~/.cache. To have
#                   newer packages, remove it.
#   vm_make NAME FUNCTION   prints the path of NAME in the cache; when it is not there, FUNCTION is
#                   called with a fresh directory, which becomes NAME if it succeeds. One maker at a
#                   time; what was half made is made anew.
#   vm_kernel       prints the directory of Debian's cloud kernel: vmlinuz, version (a file),
#                   lib/modules/VERSION with modules.dep
#   vm_initramfs FILE, vm_tree FILE, vm_root, vm_boot DIR SECONDS ARG...   see there
#   vm_apt ARG...   apt-get; where it fails, once more with fresh lists
# All print what went wrong on stderr and fail.

vm_lib=${BASH_SOURCE[0]%/*}
vm_kernel_package=linux-image-cloud-amd64

vm_cache() {
	printf '%s\n' "${BERTH_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/berth}"
}

vm_say() {
	printf 'vm: %s\n' "$*" >&2
}

vm_apt() {
	local -a quiet=(-q -y -o APT::Sandbox::User=root)
	apt-get "${quiet[@]}" "$@" >&2 && return 0
	apt-get "${quiet[@]}" update >&2 && apt-get "${quiet[@]}" "$@" >&2
}

vm_make() {
	local name=$1 cache status=0
	shift
	cache=$(vm_cache)
	mkdir -p "$cache" || return 1
	if [ ! -e "$cache/$name" ]; then
		(
			flock 9 || exit 1
			[ ! -e "$cache/$name" ] || exit 0
			rm -rf "$cache/$name.new"
			mkdir "$cache/$name.new" || exit 1
			vm_say "making $cache/$name (once)"
			# In a condition, set -e would not hold inside: the makers check each step.
			"$@" "$cache/$name.new" 9>&- >&2 || exit 1
			mv "$cache/$name.new" "$cache/$name"
		) 9>"$cache/$name.lock" || status=$?
	fi
	[ "$status" -eq 0 ] || {
		vm_say "cannot make $cache/$name; are Debian's mirrors within reach?"
		return 1
	}
	printf '%s\n' "$cache/$name"
}

vm_kernel() {
	vm_make kernel vm_make_kernel
}

# $1: where to. The package that has the kernel is what the one without a version depends on.
vm_make_kernel() {
	local dir=$1 package version
	package=$(vm_kernel_name) || return 1
	mkdir "$dir/deb" || return 1
	(cd "$dir/deb" && vm_apt download "$package") || return 1
	dpkg-deb -x "$dir"/deb/*.deb "$dir/tree" || return 1
	version=${package#linux-image-}
	mkdir -p "$dir/lib/modules" || return 1
	mv "$dir/tree/boot/vmlinuz-$version" "$dir/vmlinuz" || return 1
	mv "$dir/tree/boot/config-$version" "$dir/config" || return 1
	mv "$dir/tree/lib/modules/$version" "$dir/lib/modules/$version" || return 1
	# What the package's own script does when it is installed.
	busybox depmod -b "$dir" "$version" || return 1
	printf '%s\n' "$version" >"$dir/version" || return 1
	rm -rf "$dir/deb" "$dir/tree"
}

vm_kernel_name() {
	local name
	name=$(vm_kernel_depends)
	if [ -z "$name" ]; then
		vm_apt update || return 1
		name=$(vm_kernel_depends)
	fi
	[ -n "$name" ] || {
		vm_say "no package $vm_kernel_package in apt's lists"
		return 1
	}
	printf '%s\n' "$name"
}

vm_kernel_depends() {
	apt-cache depends --no-recommends --no-suggests "$vm_kernel_package" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

# vm_initramfs FILE: busybox, tests/vm/guest/init and the modules that it needs, in their order.
vm_initramfs() {
	local kernel dir version module path
	kernel=$(vm_kernel) || return 1
	version=$(cat "$kernel/version")
	dir=$(mktemp -d) || return 1
	mkdir "$dir/bin" "$dir/dev" "$dir/proc" "$dir/sys" "$dir/root" "$dir/modules"
	cp "$(command -v busybox)" "$dir/bin/busybox" || return 1
	cp "$vm_lib/guest/init" "$dir/init" || return 1
	for module in virtio_pci virtio_blk overlay fuse loop; do
		vm_module "$kernel/lib/modules/$version" "$module"
	done | awk '!seen[$0]++' | while read -r path; do
		cp "$kernel/lib/modules/$version/$path" "$dir/modules/" && echo "${path##*/}"
	done >"$dir/modules/order"
	(cd "$dir" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$1" || return 1
	rm -rf "$dir"
}

# The files of module $2 below $1: what it needs first.
vm_module() {
	local words
	words=$(grep -E "/$2\.ko(\.xz)?: ?" "$1/modules.dep") || {
		vm_say "no module $2"
		return 1
	}
	tr -d : <<<"$words" | tr ' ' '\n' | tac | sed '/^$/d'
}

# vm_tree FILE: a disk with the source tree as top/ and, of the build directory, what tests run.
vm_tree() {
	local dir top build
	top=$(realpath "$vm_lib/../..")
	build=$(cd "$top" && realpath "${BUILD:-build}")
	dir=$(mktemp -d) || return 1
	mkdir -p "$dir/tree/top" "$dir/tree/build" || return 1
	(cd "$top" && tar -c --exclude=./.git --exclude="$build" --exclude=./build .) | tar -x -C "$dir/tree/top" || return 1
	(cd "$build" && tar -c berth berth-launcher berth-admin berth-engine berth-archive gen tests/bin) | tar -x -C "$dir/tree/build" ||
		return 1
	chown -R 0:0 "$dir/tree"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$dir/tree" "$1" "$(($(du -sm "$dir/tree" | cut -f1) * 5 / 4 + 16))M" || return 1
	rm -rf "$dir"
}

# The disk with the root of a Debian, which has the tools of the tests.
vm_root() {
	local image
	image=$("$vm_lib/image.sh" debian) || return 1
	printf '%s\n' "$image/disk.img"
}

# vm_boot DIR SECONDS ARGUMENTS...: boots with the initramfs and the disks of DIR/.. for at most so long;
# the console in DIR/console, the second serial port in DIR/port. Fails when it had to be ended.
# One processor: where none is real, a second one costs each of them more than it gives. Nor is a fifth
# level of page tables for nothing.
vm_boot() {
	local dir=$1 seconds=$2 kernel root
	shift 2
	kernel=$(vm_kernel) && root=$(vm_root) && mkdir -p "$dir" || return 1
	setpriv --pdeathsig KILL timeout --foreground --kill-after=10 "$seconds" \
	    qemu-system-x86_64 -machine q35,accel=tcg -cpu max,la57=off -smp 1 -m 2048 \
	    -nodefaults -no-reboot -display none -serial "file:$dir/console" -serial "file:$dir/port" \
	    -drive "if=virtio,format=raw,readonly=on,file=$root" \
	    -drive "if=virtio,format=raw,readonly=on,file=$dir/../tree.img" \
	    -kernel "$kernel/vmlinuz" -initrd "$dir/../initramfs" \
	    -append "console=ttyS0 loglevel=6 panic=-1 oops=panic mitigations=off $*" </dev/null
}
