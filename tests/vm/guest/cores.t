#!/usr/bin/env bash
# A32: a launcher that crashes, at whichever of its system calls, leaves no core that its user can read,
# for each fs.suid_dumpable.
. "${BASH_SOURCE[0]%/*}/../../attack/launcher.sh"
arena_enter "$@"
needs strace
[ -n "${BERTH_VM-}" ] || skip_all "sets core_pattern: only in a virtual machine"
launcher_world
allow alice
cores=/srv/cores
mkdir -m 1777 $cores
pattern=$(cat /proc/sys/kernel/core_pattern)
restore() {
	printf '%s\n' "$pattern" >/proc/sys/kernel/core_pattern
	sysctl -qw fs.suid_dumpable=0
}
trap restore EXIT
# An absolute one: with 2 the kernel wants that, or a pipe.
echo "$cores/core.%e.%p" >/proc/sys/kernel/core_pattern
ulimit -c unlimited

readable() {
	as alice find $cores -type f -readable -printf '%f\n'
}
run as alice sh -c "cd $cores && kill -SEGV \$\$"
like "$(readable)" '^core\.sh\.' "A32 control: a program of alice's own that crashes leaves her its core"
rm -f $cores/*

# crash N: the launcher gets SIGSEGV at its Nth system call; status 139, or else it came to its end
crash() {
	env -i PATH=/usr/bin:/bin timeout 60 strace -qq -o /dev/null -u alice -e "inject=all:signal=SEGV:when=$1" \
	    "$LAUNCHER" start >/dev/null 2>&1 </dev/null
}
env -i strace -qq -o /run/arena/trace -u alice "$LAUNCHER" start >/dev/null 2>&1 </dev/null
calls=$(wc -l </run/arena/trace)
ok "A32 control: a start has many system calls ($calls)" test "$calls" -gt 40
stop_engines
if [ -n "${BERTH_LONG-}" ]; then
	mapfile -t steps < <(seq 2 "$calls")
else
	# The first ones, where it is still what the kernel made of it, and some of each later part.
	steps=(2 3 5 8 12 16 "$((calls / 3))" "$((calls / 2))" "$((calls - 12))")
fi
for dumpable in 0 1 2; do
	sysctl -qw fs.suid_dumpable=$dumpable
	crashed=0
	for step in "${steps[@]}"; do
		crash "$step"
		[ $? -ne 139 ] || crashed=$((crashed + 1))
		stop_engines
	done
	ok "A32 suid_dumpable=$dumpable: it crashed at $crashed of ${#steps[@]} steps" test "$crashed" -gt $((${#steps[@]} / 2))
	is "$(readable)" "" "A32 suid_dumpable=$dumpable: no core that alice can read"
	is "$(find $cores -type f ! -uid 0)" "" "A32 suid_dumpable=$dumpable: nor one that is not root's"
	rm -f $cores/*
done
done_testing
