#!/usr/bin/env bash
# C21: undoing masks and read-only mounts, mounting anew, new namespaces. And the golden list of what
# is masked, from that of other container engines.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined network.host

make_image /home/alice/image
run job host awk '{ print $5 }' /proc/self/mountinfo
mapfile -t points <<<"$out"
is "$((${#points[@]} > 20))" 1 "C21 a job has many mounts"

# probe_outside CMD...: the same calls where they are allowed: as root in a namespace of its own
for what in namespaces "mounts /mnt"; do
	# shellcheck disable=SC2086
	run unshare --mount --propagation private "$TESTBIN/probe" $what
	like "$out" ' ok' "C21 control: root outside can do some of: $what"
done

for how in "host" "-u 1000 host" "--network host host" "${USR[*]} /home/alice/image"; do
	# shellcheck disable=SC2086
	run job "${PROBE[@]}" $how /t/probe mounts "${points[@]}"
	is "$rc:$((${#out} > 1000))" "0:1" "C21 $how: it has tried"
	is "$(grep -vE ' (EPERM|EINVAL)$' <<<"$out")" "" "C21 $how: no mount can be undone, covered, moved or made"
	is "$(grep -c '^nonsense.* EPERM$' <<<"$out"):$(grep -c ^nonsense <<<"$out")" "8:8" "C21 $how: the filter refuses these calls"
	# shellcheck disable=SC2086
	run job "${PROBE[@]}" $how /t/probe namespaces
	is "$(grep -vE ' EPERM$|^clone3 user ENOSYS$' <<<"$out")" "" "C21 $how: no namespace can be made or entered"
	like "$out" 'clone3 user ENOSYS' "C21 $how: clone3 is not there, so that clone is used"
done
run job host sh -c 'unshare -m true; unshare -U true; mount -t proc p /tmp; mount -o remount,rw /usr; umount /proc/keys; umount -l /'
is "$(grep -ciE 'not permitted|denied|superuser' <<<"$err")" 6 "C21 nor with the tools of the host"
run job host sh -c 'for d in a b c; do mkdir /tmp/$d; cd /tmp/$d; chroot /tmp/$d /x 2>/dev/null; done; chroot / cat /proc/1/root/etc/hostname'
like "$err" 'Permission denied' "C21 /proc/1/root is not to be entered"

# --- what is covered -------------------------------------------------------------------------------
# moby's MaskedPaths and ReadonlyPaths, runtime-tools' and thermal_throttle.
files='interrupts kcore keys latency_stats sched_debug timer_list timer_stats'
dirs='acpi asound scsi'
readonly='bus fs irq sys sysrq-trigger'
run job host sh -c '
	for f in '"$files"'; do [ ! -e /proc/$f ] || echo $f $(stat -c %t:%T /proc/$f) $(cat /proc/$f 2>/dev/null | wc -c); done
	for d in '"$dirs"'; do [ ! -e /proc/$d ] || echo $d $(ls -A /proc/$d | wc -l); done'
want=$(
	for f in $files; do [ ! -e "/proc/$f" ] || echo "$f 1:3 0"; done
	for d in $dirs; do [ ! -e "/proc/$d" ] || echo "$d 0"; done
)
isnt "$want" "" "C21 this host has something to mask"
is "$out" "$want" "C21 golden: masked in /proc"
run job host sh -c 'for d in '"$readonly"'; do [ ! -e /proc/$d ] || awk -v d=/proc/$d "\$5 == d { print d, \$6 }" /proc/self/mountinfo; done'
want=$(for d in $readonly; do [ ! -e "/proc/$d" ] || echo "/proc/$d ro,nosuid,nodev,noexec,relatime"; done)
is "$out" "$want" "C21 golden: read-only in /proc"
run job host sh -c 'ls -A /sys/firmware /sys/devices/virtual/powercap /sys/devices/system/cpu/cpu*/thermal_throttle 2>/dev/null | grep -v : | grep .
	echo looked'
is "$out" looked "C21 golden: masked in /sys"
run job host awk '$5 ~ "^/(sys|proc)(/|$)" && $5 != "/proc" && $6 !~ /^ro,nosuid,nodev,noexec/ { print }' /proc/self/mountinfo
is "$rc:$out" 0: "C21 all below /proc and /sys is read-only, nosuid, nodev, noexec"
run job --network host host sh -c 'ls -A /sys/fs/cgroup /sys/kernel/security /sys/kernel/debug /sys/kernel/tracing /sys/firmware 2>/dev/null | grep -v : | grep .;
	awk "\$5 ~ \"^/sys(/|\$)\" && \$6 !~ /^ro,nosuid,nodev,noexec/" /proc/self/mountinfo'
is "$rc:$out" 0: "C21 with the host's network /sys is the host's: masked and read-only"

# What of /proc and /sys can be written, by root of the job: its own processes, and nothing else.
run job host sh -c 'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hostname /proc/sys/vm/drop_caches \
    /proc/sys/net/ipv4/ip_forward /proc/sys/user/max_user_namespaces /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_helper \
    /sys/power/state /sys/class/net/lo/mtu; do [ ! -e $f ] || { echo 1 >$f; } 2>/dev/null && [ -e $f ] && echo "$f"; done; echo tried'
is "$out" tried "C21 nothing of the kernel's can be written"
# /proc/pressure: a trigger lives as long as the descriptor it was written to, and every user has it.
run job "${PROBE[@]}" host sh -c 'find /proc /sys -perm /222 ! -type l ! -type d ! -path "/proc/[0-9]*" \
    ! -path "/proc/self*" ! -path "/proc/thread-self*" ! -path "/proc/pressure/*" -exec /t/probe open {} + 2>/dev/null'
like "$out" 'write /proc/sys/kernel/hostname E(ACCES|ROFS)' "C21 every file of /proc and /sys with a write bit is tried"
is "$(grep '^write .* ok$' <<<"$out")" "" "C21 golden: of them none opens for writing, outside of the job's own processes"
run job host sh -c 'cd /proc/1 && for f in environ maps fd/0 root/etc cwd/etc exe ns/mnt map_files; do [ -r $f ] && cat $f >/dev/null 2>&1 && echo $f; done; echo tried'
is "$out" tried "C21 nor does anything of the supervisor's open"
ok "C21 nothing is left of the jobs" jobs_are_gone
done_testing
