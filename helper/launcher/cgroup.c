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

/* 1; 0 where there is none, on hosts with version 1 only; -1. In hybrid layouts it is "unified". */
static int
open_mount(int *fd, struct err *err)
{
	static const char *const paths[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		*fd = open(paths[i], DIR_FLAGS);
		if (*fd < 0 && errno == ENOENT)
			continue;
		if (*fd < 0 || fstatfs(*fd, &fs) < 0)
			return (err_sys(err, "cannot look at %s", paths[i]));
		if (fs.f_type == CGROUP2_SUPER_MAGIC)
			return (1);
		io_close(fd);
		*fd = -1;
	}
	return (0);
}

static int
open_child(int parent, const char *name, struct err *err)
{
	int fd, made;

	/* PRIV: the root of the hierarchy has mode 0555. */
	priv_raise(CAP_DAC_OVERRIDE, CAP_DAC_OVERRIDE);
	made = mkdirat(parent, name, 0700);
	priv_lower();
	if (made < 0 && errno != EEXIST)
		return (err_sys(err, "cannot make the cgroup %s", name));
	fd = openat(parent, name, DIR_FLAGS);
	return (fd < 0 ? err_sys(err, "cannot open the cgroup %s", name) : fd);
}

/* Those of former starts in which nothing runs; rmdir(2) refuses the others. */
static void
remove_empty(int parent)
{
	int copy = openat(parent, ".", DIR_FLAGS);
	DIR *dir = fdopendir(copy);
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

/* Opens /berth/GROUP, made if it is missing. 1, 0 without cgroup v2, -1. */
static int
open_group(const char *group, int *fd, struct err *err)
{
	AUTO_CLOSE int mount = -1;
	AUTO_CLOSE int berth = -1;
	int rc = open_mount(&mount, err);

	*fd = -1;
	if (rc <= 0)
		return (rc);
	berth = open_child(mount, "berth", err);
	*fd = berth < 0 ? -1 : open_child(berth, group, err);
	return (*fd < 0 ? -1 : 1);
}

/* Of all launchers, and never removed: who is to be born in it must find it. */
int
cgroup_launcher(int *fd, struct err *err)
{
	return (open_group("launcher", fd, err) < 0 ? -1 : 0);
}

int
cgroup_fresh(uint32_t uid, int *fd, struct err *err)
{
	AUTO_CLOSE int user = -1;
	struct timespec now;
	char name[32];
	int rc;

	*fd = -1;
	snprintf(name, sizeof(name), "%u", uid);
	rc = open_group(name, &user, err);
	if (rc <= 0)
		return (rc);
	remove_empty(user);
	clock_gettime(CLOCK_BOOTTIME, &now);
	snprintf(name, sizeof(name), "%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
	*fd = open_child(user, name, err);
	return (*fd < 0 ? -1 : 0);
}
