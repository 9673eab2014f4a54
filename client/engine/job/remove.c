/* SPDX-License-Identifier: ISC */
/*
 * Removes a directory tree that a job wrote: see remove.h. A directory inside the tree that is not
 * empty is moved up to the top of the tree under a number of its own and emptied there: so depth
 * costs neither stack nor descriptors nor long paths.
 * TRUST: unprivileged
 * INPUT: a tree of any depth, size and modes
 * MUST: as in remove.h
 */
#include "client/engine/job/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "common/io.h"

#define MOVED ".gone-"

/* What happens to one entry of dir, which is top itself or a directory in it. */
static int
remove_entry(int top, int dir, const struct dirent *entry, unsigned int *moved)
{
	const char *name = entry->d_name;
	char to[32];

	/* What readdir(3) said of it is a hint: half of the attempts are saved by it. */
	if (entry->d_type != DT_DIR) {
		if (unlinkat(dir, name, 0) == 0)
			return 0;
		if (errno != EISDIR)
			return -1;
	}
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOTDIR)
		return unlinkat(dir, name, 0);
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	if (dir == top)
		return 1;
	for (;;) {
		snprintf(to, sizeof(to), MOVED "%u", (*moved)++);
		if (renameat(dir, name, top, to) == 0)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -1;
	}
}

/* Goes once through dir. 0: it is empty now, 1: directories that are not are left, -1: errno. */
static int
remove_entries(int top, int dir, unsigned int *moved)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int left = 0;

	if (stream == NULL) {
		io_close(&fd);
		return -1;
	}
	while (left != -1 && (errno = 0, entry = readdir(stream)) != NULL) {
		int ret;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		ret = remove_entry(top, dir, entry, moved);
		left = ret == 0 ? left : ret;
	}
	closedir(stream);
	return left;
}

/* Empties the directory called name in top; its subdirectories move up to top. */
static int
flatten(int top, const char *name, unsigned int *moved)
{
	int AUTO_CLOSE dir = beneath_open(top, name, O_DIRECTORY);

	if (dir == -1)
		return -1;
	return remove_entries(top, dir, moved);
}

/* Once through what is left in top: directories. */
static int
flatten_all(int top, unsigned int *moved)
{
	int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int ret = 0;

	if (stream == NULL) {
		io_close(&fd);
		return -1;
	}
	while (ret != -1 && (errno = 0, entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    flatten(top, entry->d_name, moved) == -1 && errno != ENOENT)
			ret = -1;
	closedir(stream);
	return ret;
}

int
remove_tree(int at, const char *name)
{
	unsigned int moved = 0;
	int AUTO_CLOSE top = -1;
	int left;

	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -1;
	top = beneath_open(at, name, O_DIRECTORY);
	if (top == -1)
		return -1;
	while ((left = remove_entries(top, top, &moved)) == 1)
		if (flatten_all(top, &moved) == -1)
			return -1;
	return left == -1 ? -1 : unlinkat(at, name, AT_REMOVEDIR);
}
