#!/usr/bin/env bash
# berth on a complete Debian 12 in a virtual machine, with systemd, PAM, sudo, AppArmor and Debian's kernel:
# tests/vm/debian/ has what runs there. Here: the machine, and what can only be seen from outside, that it went
# down in time and that its kernel found nothing wrong. With BERTH_LONG it is started again, and grants are
# looked at that are older than the system's start.
# Needs no KVM. The image is tests/vm/image.sh's; it is not written to.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
BOOT_SECONDS=${BOOT_SECONDS:-3000}

image=$(tests/vm/image.sh debian) || {
	fail "there is an image of Debian 12"
	done_testing
}
# Not in memory: the disk is large.
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/berth-vm.XXXXXX")
machine=
clean_up() {
	[ -z "$machine" ] || kill -KILL "$machine" 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# The tree as it is here and what was built, and the program that the image looks for.
pack() {
	mkdir "$dir/disk" "$dir/disk/top" "$dir/disk/build" &&
		tar -c --exclude=./.git --exclude=./build --exclude="$BUILD" . | tar -x -C "$dir/disk/top" &&
		cp "$BUILD"/berth "$BUILD"/berth-launcher "$BUILD"/berth-admin "$BUILD"/berth-engine "$BUILD"/berth-archive "$dir/disk/build" &&
		cp tests/vm/debian/start "$dir/disk/start" && { [ -z "${BERTH_LONG-}" ] || : >"$dir/disk/long"; } &&
		tar -c --owner=0 --group=0 -C "$dir/disk" -f "$dir/disk.tar" .
}

# Of the machine's two serial ports the first is the console, the second what the tests print. A restart, or a
# panic, ends this: a machine that begins again in the same process is slower by far, and has the same disk here.
# The watchdogs would find nothing but a host that is busy.
boot() {
	setpriv --pdeathsig KILL timeout --foreground --kill-after=5 "$BOOT_SECONDS" setpriv --pdeathsig KILL \
	    qemu-system-x86_64 -machine q35,accel=tcg -cpu max,la57=off,svm=off -smp "${VM_CORES:-1}" -m 1280 -nodefaults \
	    -display none -no-reboot -serial "file:$dir/console.$1" -serial "file:$dir/port.$1" \
	    -drive "if=virtio,format=raw,cache=unsafe,file=$dir/disk.img" \
	    -drive "if=virtio,format=raw,readonly=on,file=$dir/disk.tar" \
	    -device virtio-rng-pci -kernel "$image/vmlinuz" -initrd "$image/initrd" \
	    -append "root=/dev/vda rw console=ttyS0 panic=5 oops=panic nowatchdog systemd.show_status=1" \
	    </dev/null >"$dir/qemu" 2>&1 &
	machine=$!
}

# What the machine's tests found, as tests of this file, while they run.
follow() {
	local line
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok "*) pass "${line#ok * - }" ;;
		"not ok "*) fail "${line#not ok * - }" ;;
		"end "*) ended=${line#end } ;;
		*) diag "${line#\# }" ;;
		esac
	done
}

# round NAME WORD: the machine runs until it goes down by itself, with that word of its kernel's
round() {
	local console=$dir/console.$1 status=0
	ended=
	: >"$dir/port.$1"
	boot "$1"
	follow < <(tail -n +1 -s 0.3 -f --pid="$machine" "$dir/port.$1")
	wait "$machine" || status=$?
	machine=
	like "$status:$(tr -d '\0' <"$console")" "^0:.*Linux version 6\\.1.*reboot: $2" "$1: the machine came up and went down"
	is "$ended" "$1" "$1: all tests in it came to their end"
	is "$(grep -aE 'Kernel panic|BUG:|Oops|WARNING: CPU|Call Trace' "$console" | head)" "" "$1: its kernel found nothing wrong"
	unlike "$(tr -d '\0' <"$console")" "timed out. Killing|with signal SIGKILL" "$1: nothing that berth ran held it up"
	[ "$tap_failed" -eq 0 ] || diag "$(tail -c 3000 "$dir/qemu" "$console")"
}

ok "what the machine shall run is packed" pack
ok "it has a disk of its own" cp --sparse=always "$image/disk.img" "$dir/disk.img"
if [ -z "${BERTH_LONG-}" ]; then
	round before "Power down"
else
	round before "Restarting system"
	round after "Power down"
fi
done_testing
