#!/bin/sh
# Installs from Debian what is missing for building (`build`), also for testing (`test`), or also for
# tests on other systems, virtual machines and fresh ones (`vm`).
# Does nothing, and asks no mirror, when all is there.
set -eu

build="gcc make libc6-dev libarchive-dev libcap-dev libjson-c-dev libseccomp-dev passwd"
test="clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck gcovr cloc mandoc \
libcmocka-dev perl python3 strace binutils procps acl attr uidmap sudo busybox-static libcap2-bin \
hyperfine bubblewrap crun podman jq spin tmux vim-tiny less zsh fish bash-completion"
vm="qemu-system-x86 mmdebstrap zstd cpio e2fsprogs"

case ${1-} in
build) wanted=$build ;;
test) wanted="$build $test" ;;
vm) wanted="$build $test $vm" ;;
*)
	echo "usage: deps.sh build|test|vm" >&2
	exit 64
	;;
esac

missing=
for package in $wanted; do
	# Multi-Arch packages may be there for several architectures: one line each.
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	{
		echo "berth: packages are missing:$missing"
		echo "  only root can install them"
		echo "  sudo apt-get install --no-install-recommends$missing"
	} >&2
	exit 77
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# shellcheck disable=SC2086
exec apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install $missing
