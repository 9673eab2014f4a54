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
#   vm_apt ARG...   apt-get; where it fails, once more with fresh lists
# All print what went wrong on stderr and fail.

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
