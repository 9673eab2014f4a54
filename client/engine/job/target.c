/* SPDX-License-Identifier: ISC */
/*
 * Where something is mounted inside a job's root: see target.h.
 * TRUST: unprivileged
 * INPUT: a hostile tree; paths from the request
 * MUST: as in target.h
 */
#include "client/engine/job/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "common/io.h"

static int
open_in_root(int root, const char *path, uint64_t flags)
{
	return root_open(root, path, O_PATH | flags);
}

int
root_own(struct root *root, int mnt)
{
	struct stat st;

	if (fstat(mnt, &st) == -1)
		return -1;
	if (root->ndevs == TARGET_DEVS_MAX) {
		errno = E2BIG;
		return -1;
	}
	root->devs[root->ndevs++] = st.st_dev;
	return 0;
}

static int
check_own(const struct root *root, int dir)
{
	struct stat st;

	if (fstat(dir, &st) == -1)
		return -1;
	for (size_t i = 0; i < root->ndevs; i++)
		if (root->devs[i] == st.st_dev)
			return 0;
	errno = EXDEV;
	return -1;
}

/* Makes name in dir, which must be on a file system of the job's own. */
static int
create(const struct root *root, int dir, const char *name, bool directory)
{
	int AUTO_CLOSE fd = -1;

	if (check_own(root, dir) == -1)
		return -1;
	if (directory)
		return mkdirat(dir, name, 0755) == -1 && errno != EEXIST ? -1 : 0;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd == -1 && errno != EEXIST ? -1 : 0;
}

/* Is fd of that kind, not the root itself and not in a file system that shows the kernel? */
static int
check_kind(const struct root *root, int fd, bool directory)
{
	struct stat top;
	struct stat st;
	struct statfs fs;

	if (fstat(root->fd, &top) == -1 || fstat(fd, &st) == -1 || fstatfs(fd, &fs) == -1)
		return -1;
	errno = EBUSY;
	if (st.st_dev == top.st_dev && st.st_ino == top.st_ino)
		return -1;
	errno = EPERM;
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return -1;
	errno = directory ? ENOTDIR : EISDIR;
	return S_ISDIR(st.st_mode) == directory ? 0 : -1;
}

/* Creates what is missing of path, component by component; names are looked up from the root. */
static int
create_path(const struct root *root, const char *path, bool directory)
{
	static char prefix[PATH_MAX];
	const char *end = path;

	while (*end != '\0') {
		const char *name = end + 1;
		int AUTO_CLOSE parent = -1;
		int AUTO_CLOSE there = -1;

		memcpy(prefix, path, (size_t)(name - path));
		prefix[name - path] = '\0';
		parent = open_in_root(root->fd, prefix, O_DIRECTORY);
		end = strchrnul(name, '/');
		memcpy(prefix, path, (size_t)(end - path));
		prefix[end - path] = '\0';
		there = open_in_root(root->fd, prefix, 0);
		if (there != -1)
			continue;
		if (parent == -1 || errno != ENOENT ||
		    create(root, parent, strrchr(prefix, '/') + 1, *end == '/' || directory) == -1)
			return -1;
	}
	return 0;
}

int
target_open(const struct root *root, const char *path, bool directory)
{
	int fd = open_in_root(root->fd, path, 0);

	if (fd == -1 && errno == ENOENT) {
		if (create_path(root, path, directory) == -1)
			return -1;
		fd = open_in_root(root->fd, path, 0);
	}
	if (fd != -1 && check_kind(root, fd, directory) == -1) {
		io_close(&fd);
		return -1;
	}
	return fd;
}

int
target_replace(const struct root *root, const char *parent, const char *name, bool directory)
{
	int AUTO_CLOSE dir = open_in_root(root->fd, parent, O_DIRECTORY);
	int fd;

	if (dir == -1)
		return -1;
	for (int tries = 0; tries < 2; tries++) {
		/* name is one component: O_NOFOLLOW opens a symlink itself */
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd != -1 && check_kind(root, fd, directory) == 0)
			return fd;
		if (fd != -1) {
			io_close(&fd);
			if (check_own(root, dir) == -1 || unlinkat(dir, name, 0) == -1)
				return -1;
		}
		if (create(root, dir, name, directory) == -1)
			return -1;
	}
	errno = ELOOP;
	return -1;
}
