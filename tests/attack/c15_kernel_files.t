#!/usr/bin/env bash
# C15 (CVE-2022-0492; core_pattern, modprobe, uevent_helper, release_agent, binfmt_misc, sysrq): files by
# which the kernel is told to run something as root, or is set otherwise. From a job, root in there or
# not, by whatever name, none of them can be written.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined network.host

call_outs="/proc/sys/kernel/core_pattern /proc/sys/kernel/core_pipe_limit /proc/sys/kernel/modprobe
/proc/sys/kernel/hotplug /proc/sys/kernel/poweroff_cmd /proc/sys/kernel/usermodehelper/bset
/proc/sys/kernel/usermodehelper/inheritable /proc/sys/fs/binfmt_misc/register
/proc/sys/fs/binfmt_misc/status /proc/sysrq-trigger /sys/kernel/uevent_helper
/sys/fs/cgroup/release_agent /sys/fs/cgroup/memory/release_agent /sys/fs/cgroup/rdma/release_agent
/sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/notify_on_release
/sys/class/firmware/timeout /proc/sys/kernel/firmware_config/force_sysfs_fallback"
settings="/proc/sys/kernel/core_uses_pid /proc/sys/kernel/sysrq /proc/sys/kernel/panic
/proc/sys/kernel/panic_on_oops /proc/sys/kernel/printk /proc/sys/kernel/dmesg_restrict
/proc/sys/kernel/kptr_restrict /proc/sys/kernel/randomize_va_space /proc/sys/kernel/modules_disabled
/proc/sys/kernel/unprivileged_bpf_disabled /proc/sys/kernel/perf_event_paranoid
/proc/sys/kernel/kexec_load_disabled /proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/io_uring_disabled
/proc/sys/kernel/unprivileged_userns_clone /proc/sys/kernel/keys/maxkeys /proc/sys/kernel/hostname
/proc/sys/kernel/domainname /proc/sys/kernel/pid_max /proc/sys/kernel/ns_last_pid
/proc/sys/kernel/threads-max /proc/sys/kernel/sched_rt_runtime_us /proc/sys/kernel/watchdog
/proc/sys/kernel/shmmax /proc/sys/kernel/msgmax /proc/sys/kernel/sem /proc/sys/fs/suid_dumpable
/proc/sys/fs/protected_hardlinks /proc/sys/fs/protected_symlinks /proc/sys/fs/protected_fifos
/proc/sys/fs/protected_regular /proc/sys/fs/file-max /proc/sys/fs/nr_open /proc/sys/fs/mount-max
/proc/sys/fs/inotify/max_user_watches /proc/sys/fs/mqueue/queues_max /proc/sys/vm/drop_caches
/proc/sys/vm/overcommit_memory /proc/sys/vm/mmap_min_addr /proc/sys/vm/swappiness
/proc/sys/vm/compact_memory /proc/sys/vm/unprivileged_userfaultfd /proc/sys/vm/memfd_noexec
/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_unprivileged_port_start
/proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/core/bpf_jit_enable /proc/sys/net/core/somaxconn
/proc/sys/user/max_user_namespaces /proc/sys/user/max_mnt_namespaces /proc/sys/abi/vsyscall32
/proc/sys/debug/exception-trace /proc/sys/dev/tty/legacy_tiocsti /proc/sys/dev/cdrom/autoeject"
devices="/proc/irq/default_smp_affinity /proc/mtrr /proc/acpi/wakeup /proc/scsi/scsi /proc/slabinfo
/proc/kcore /proc/kpageflags /proc/timer_list /proc/latency_stats /proc/sched_debug /proc/keys
/proc/bus/pci/00/00.0 /sys/power/state /sys/power/disk /sys/power/mem_sleep /sys/power/wake_lock
/sys/kernel/profiling /sys/kernel/kexec_crash_size /sys/kernel/mm/transparent_hugepage/enabled
/sys/kernel/mm/ksm/run /sys/kernel/rcu_expedited /sys/kernel/security/apparmor/.load
/sys/kernel/debug/sched/debug /sys/kernel/tracing/trace_marker /sys/module/kernel/parameters/panic
/sys/module/printk/parameters/time /sys/bus/pci/rescan /sys/bus/platform/drivers_probe
/sys/devices/system/cpu/cpu1/online /sys/devices/system/cpu/uevent /sys/class/net/lo/mtu
/sys/class/net/lo/uevent /sys/class/vtconsole/vtcon0/bind /sys/firmware/acpi/interrupts/sci"
read -rd '' -a files <<<"$call_outs $settings $devices" || :
is "$((${#files[@]} >= 60))" 1 "C15 at least 60 files (${#files[@]})"

# What they are set to: those that hold a setting, that is, and no count or list that has a life of its own.
values() {
	local file
	for file in "${files[@]}"; do
		case $file in
		*ns_last_pid) ;;
		/proc/sys/* | /sys/power/* | /sys/kernel/uevent_helper | /sys/module/* | /sys/class/net/* | /sys/devices/*)
			echo "$file $(cat "$file" 2>&1 | tr -d '\0')"
			;;
		esac
	done
}
before=$(values)
run "$TESTBIN/probe" open "${files[@]}"
there=$(grep -c '^write .* ok$' <<<"$out")
ok "C15 control: $there of them open for root of the host" test "$there" -ge 40

# fails NAME PREFIX FLAGS...: all of them, and PREFIX in front of each
fails() {
	local name=$1 prefix=$2
	shift 2
	run job "${PROBE[@]}" "$@" host /t/probe write "${files[@]/#/$prefix}"
	is "$(wc -l <<<"$out")" ${#files[@]} "C15 $name: all are tried"
	is "$(grep -vE ' E(ROFS|ACCES|PERM|NOENT)$' <<<"$out")" "" "C15 $name: none can be written"
}
fails "root of a job" ""
fails "a user in a job" "" -u 1000
fails "root, with the host's network" "" --network host
fails "root, in its own root directory" /proc/self/root
fails "root, in the supervisor's root directory" /proc/1/root
fails "root, in a thread's" /proc/thread-self/root
# A user may mount what is theirs to read. The numbers of root's files are nobody's inside.
run job "${PROBE[@]}" -v /proc:/h/proc -v /sys:/h/sys host /t/probe write "${files[@]/#//h}"
# pid_max is the host's or the namespace's own, by the kernel.
is "$(grep -vE ' E(ROFS|ACCES|PERM|NOENT)$' <<<"$out" | sed 's/ [A-Z]*[a-z]*$//; s|^write /h/proc/sys/||' | grep -vx kernel/pid_max | tr '\n' ' ')" \
    "kernel/shmmax kernel/msgmax kernel/sem fs/mqueue/queues_max " \
    "C15 with the host's /proc and /sys mounted: golden, what is a value of whoever opens it"
msgmax=$(cat /proc/sys/kernel/msgmax)
run job -v /proc:/h host sh -c "echo $((msgmax + 1)) >/h/sys/kernel/msgmax; cat /proc/sys/kernel/msgmax"
is "$out:$(cat /proc/sys/kernel/msgmax)" "$((msgmax + 1)):$msgmax" "C15 which is a value of its own IPC namespace, not the host's"
make_image /home/alice/image
run job "${USR[@]}" "${PROBE[@]}" /home/alice/image /t/probe write "${files[@]}"
is "$(grep -c ' E' <<<"$out"):$(grep -vcE ' E(ROFS|ACCES|PERM|NOENT)$' <<<"$out")" "${#files[@]}:0" "C15 in an image: none"

# --- what can be written at all --------------------------------------------------------------------

golden=$TOP/tests/attack/golden/proc_writable
must=$(sed '/^#/d; /?$/d' "$golden" | sort)
may=$(sed '/^#/d; s/ ?$//' "$golden" | sort)
for flags in "" "-u 1000" "--network host"; do
	# shellcheck disable=SC2086
	run job $flags "${PROBE[@]}" host sh -c '/t/probe writable /proc /sys; :'
	# Once by its own name, once as a thread.
	found=$(sed 's|^/proc/1/task/1/|/proc/1/|' <<<"$out" | sort -u)
	is "$(comm -23 <(echo "$found") <(echo "$may"))" "" "C15 job $flags: nothing else opens for writing"
	is "$(comm -13 <(echo "$found") <(echo "$must" | grep -v '/setgroups$'))" "" "C15 job $flags: control: what is the job's own does"
done
# That the supervisor's files open is their mode; what is written to them is refused.
run job "${PROBE[@]}" host sh -c '/t/probe write $(/t/probe writable /proc/1 | grep "^/proc/1/")'
like "$out" '^write /proc/1/' "C15 control: files of the supervisor open"
is "$(grep -vE ' E(ACCES|PERM|INVAL|OPNOTSUPP)$' <<<"$out")" "" "C15 what opens of the supervisor takes nothing"
# And there is one identity map for all, written long ago. Not so that of project ids, which needs no
# right, and gives none: only who is in the initial namespace changes the project of a file.
run job host sh -c 'for f in uid_map gid_map; do echo 0 0 1 >/proc/self/$f && echo "$f"; done 2>/dev/null; echo tried'
is "$out" tried "C15 an identity map that is there is not written again"

is "$(diff <(echo "$before") <(values))" "" "C15 every value of the host's is what it was"
ok "C15 nothing is left of the jobs" jobs_are_gone
done_testing
