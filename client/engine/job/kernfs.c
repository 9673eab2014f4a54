/* SPDX-License-Identifier: ISC */
/*
 * A job's /proc and /sys: see kernfs.h. The lists are those of other container engines.
 * TRUST: unprivileged
 * INPUT: a root whose image is hostile
 * MUST: as in kernfs.h
 */
#include "client/engine/job/kernfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "client/engine/job/stage.h"
#include "common/io.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Tells of the whole host: memory, keys, timing, hardware. */
static const char *const proc_masked_files[] = { "interrupts", "kcore", "keys", "latency_stats",
	"sched_debug", "timer_list", "timer_stats" };
static const char *const proc_masked_dirs[] = { "acpi", "asound", "scsi" };
/* Changes the whole host where the kernel's own checks have a hole. */
static const char *const proc_readonly[] = { "bus", "fs", "irq", "sys", "sysrq-trigger" };
static const char *const sys_masked_dirs[] = { "firmware", "devices/virtual/powercap" };
/* What a fresh sysfs does not show: mounts of the host below its own. */
static const char *const sys_host_dirs[] = { "fs/cgroup", "fs/bpf", "fs/pstore",
	"fs/fuse/connections", "kernel/debug", "kernel/tracing", "kernel/config",
	"kernel/security" };

/* What the kernel does not have needs no cover. */
static bool
is_missing(int fs, const char *name)
{
	return faccessat(fs, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	       (errno == ENOENT || errno == EACCES);
}

static int
mask_file(int fs, const char *name, int dev)
{
	int AUTO_CLOSE mnt = -1;

	if (is_missing(fs, name))
		return 0;
	mnt = mnt_clone(dev, "null", QUIET | MOUNT_ATTR_RDONLY);
	return mnt == -1 ? -1 : mnt_attach(mnt, fs, name);
}

/*
 * The first directory gets the empty file system itself, which the others clone: an origin of its
 * own would have to be unmounted again, and that waits for all processors (milliseconds).
 */
static int
mask_directory(int fs, const char *name, int *empty)
{
	static const struct mnt_option options[] = {
		{ "mode", "755" },
		{ "size", "4k" },
		{ NULL, NULL },
	};
	int AUTO_CLOSE mnt = -1;

	if (is_missing(fs, name))
		return 0;
	if (*empty != -1) {
		mnt = mnt_clone(*empty, "", QUIET | MOUNT_ATTR_RDONLY);
		return mnt == -1 ? -1 : mnt_attach(mnt, fs, name);
	}
	*empty = mnt_new("tmpfs", options, QUIET | MOUNT_ATTR_RDONLY);
	return *empty == -1 ? -1 : mnt_attach(*empty, fs, name);
}

#define EACH(list)                            \
	size_t i = 0;                         \
	i < sizeof(list) / sizeof((list)[0]); \
	i++

static int
protect_proc(int proc, int dev, int *empty)
{
	for (EACH(proc_masked_files))
		if (mask_file(proc, proc_masked_files[i], dev) == -1)
			return -1;
	for (EACH(proc_masked_dirs))
		if (mask_directory(proc, proc_masked_dirs[i], empty) == -1)
			return -1;
	for (EACH(proc_readonly)) {
		int AUTO_CLOSE mnt = mnt_clone(proc, proc_readonly[i], QUIET | MOUNT_ATTR_RDONLY);

		if (mnt == -1 ? errno != ENOENT : mnt_attach(mnt, proc, proc_readonly[i]) == -1)
			return -1;
	}
	return 0;
}

static int
protect_sys(int sys, const struct kernfs *kernfs, int *empty)
{
	char name[64];

	for (EACH(sys_masked_dirs))
		if (mask_directory(sys, sys_masked_dirs[i], empty) == -1)
			return -1;
	for (unsigned int cpu = 0; cpu < kernfs->cpus; cpu++) {
		snprintf(name, sizeof(name), "devices/system/cpu/cpu%u/thermal_throttle", cpu);
		if (mask_directory(sys, name, empty) == -1)
			return -1;
	}
	if (!kernfs->host_network)
		return 0;
	for (EACH(sys_host_dirs))
		if (mask_directory(sys, sys_host_dirs[i], empty) == -1)
			return -1;
	return 0;
}

static int
explain(const char *what, struct err *err)
{
	err_sys(err, "the job's %s cannot be made", what);
	if (err->errnum != EPERM)
		return -1;
	err_why(err, "this host hides parts of its own %s, as containers do", what);
	return err_todo(err, "run berth outside of the container, or give it an unmasked %s", what);
}

int
kernfs_proc(struct err *err)
{
	int proc = mnt_new("proc", NULL, QUIET);

	return proc == -1 ? explain("/proc", err) : proc;
}

int
kernfs_sys(bool host, struct err *err)
{
	int sys = host ? mnt_clone(AT_FDCWD, "/sys", QUIET | MOUNT_ATTR_RDONLY)
		       : mnt_new("sysfs", NULL, QUIET | MOUNT_ATTR_RDONLY);

	return sys == -1 ? explain("/sys", err) : sys;
}

int
kernfs_protect(int proc, int sys, const struct kernfs *kernfs, struct err *err)
{
	int AUTO_CLOSE empty = -1;

	if (protect_proc(proc, kernfs->dev, &empty) == -1 || protect_sys(sys, kernfs, &empty) == -1)
		return err_sys(err, "the job's /proc and /sys cannot be protected");
	return 0;
}

static int
mount_at(const struct root *root, const char *name, int mnt, struct err *err)
{
	int AUTO_CLOSE target = target_replace(root, "/", name + 1, true);

	return target == -1 || mnt_attach(mnt, target, "") == -1 ? explain(name, err) : 0;
}

int
kernfs_mount(const struct root *root, const struct kernfs *kernfs, const struct stage *stage,
    struct err *err)
{
	bool ahead = stage->proc != -1;
	int AUTO_CLOSE proc = ahead ? stage->proc : kernfs_proc(err);
	int AUTO_CLOSE sys = -1;
	int ret;

	if (proc == -1 || mount_at(root, "/proc", proc, err) == -1)
		return -1;
	sys = ahead ? stage->sys : kernfs_sys(kernfs->host_network, err);
	if (sys == -1 || mount_at(root, "/sys", sys, err) == -1 ||
	    (!ahead && kernfs_protect(proc, sys, kernfs, err) == -1))
		return -1;
	ret = proc;
	proc = -1;
	return ret;
}
