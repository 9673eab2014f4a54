/* SPDX-License-Identifier: ISC */
/*
 * Cgroups of version 2: one for the launcher, out of the caller's, which may be delegated to them
 * so that they could freeze us; and a fresh /berth/UID/START for all that is started. Processes
 * are born in them (CLONE_INTO_CGROUP): moving one costs a grace period of the kernel, longer than
 * all the rest of a start.
 * TRUST: privileged
 * INPUT: a uid; the cgroup file system of the host
 * MUST: hand no file of a cgroup to the user; go without only where there is no cgroup v2.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* -1 where there is none: hosts with version 1 only. In hybrid layouts it is "unified". */
static int
open_mount(void)
{
	static const char *const paths[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], DIR_FLAGS);

		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return (fd);
		io_close(&fd);
	}
	return (-1);
}

static int
open_child(int parent, const char *name, struct err *err)
{
	int fd, made, errnum;

	/* PRIV: the root of the hierarchy has mode 0555. */
	priv_raise(CAP_DAC_OVERRIDE, CAP_DAC_OVERRIDE);
	made = mkdirat(parent, name, 0755);
	errnum = errno;
	priv_lower();
	if (made < 0 && errnum != EEXIST) {
		errno = errnum;
		return (err_sys(err, "cannot make the cgroup %s", name));
	}
	fd = openat(parent, name, DIR_FLAGS);
	return (fd < 0 ? err_sys(err, "cannot open the cgroup %s", name) : fd);
}

/* Those of former starts in which nothing runs; rmdir(2) refuses the others. */
static void
remove_empty(int parent)
{
	int copy = openat(parent, ".", DIR_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (dir == NULL) {
		io_close(&copy);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_type == DT_DIR)
			unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

/* Opens /berth/GROUP/NAME, made if it is missing. */
static int
open_cgroup(const char *group, const char *name, int *fd, struct err *err)
{
	AUTO_CLOSE int mount = open_mount();
	AUTO_CLOSE int berth = mount < 0 ? -1 : open_child(mount, "berth", err);
	AUTO_CLOSE int parent = berth < 0 ? -1 : open_child(berth, group, err);

	*fd = -1;
	if (mount < 0)
		return (0);
	if (parent < 0)
		return (-1);
	remove_empty(parent);
	*fd = open_child(parent, name, err);
	return (*fd < 0 ? -1 : 0);
}

int
cgroup_launcher(int *fd, struct err *err)
{
	return (open_cgroup("launcher", "0", fd, err));
}

int
cgroup_fresh(uint32_t uid, int *fd, struct err *err)
{
	struct timespec now;
	char group[16], name[32];

	clock_gettime(CLOCK_BOOTTIME, &now);
	snprintf(group, sizeof(group), "%u", uid);
	snprintf(name, sizeof(name), "%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
	return (open_cgroup(group, name, fd, err));
}
