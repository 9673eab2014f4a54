#!/usr/bin/env bash
# berth on Debian's 6.1 kernel, with its switches on and off, in as many virtual machines as there are
# processors: tests/vm/suites says what runs, tests/vm/guest/ how, tests/vm/judge.py whether it did.
# Needs no KVM. The root file system is tests/vm/image.sh's; nothing is written to it.
# With BERTH_LONG: all attack and end-to-end tests that can run there (an hour or two).
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
. "${BASH_SOURCE[0]%/*}/lib.sh"
suite=${VM_SUITE:-ci} seconds=3000
if [ -n "${BERTH_LONG-}" ]; then
	suite=long seconds=14000
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
if ! { vm_kernel && vm_root && vm_initramfs "$dir/initramfs" && vm_tree "$dir/tree.img"; } >"$dir/log" 2>&1; then
	fail "there are a kernel, a system and a tree to run"
	diag "$(tail -n 20 "$dir/log")"
	done_testing
fi

machines=$(nproc)
[ "$machines" -le 4 ] || machines=4
directories=()
for ((i = 0; i < machines; i++)); do
	vm_boot "$dir/$i" "$seconds" "suite=$suite machine=$i machines=$machines" >"$dir/log.$i" 2>&1 &
	directories+=("$dir/$i")
done
wait
cat "$dir"/log.* >&2
python3 "$vm_lib/judge.py" judge "$suite" "${directories[@]}"
