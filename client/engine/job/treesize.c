/* SPDX-License-Identifier: ISC */
/*
 * How much a tree takes on disk: see treesize.h.
 * TRUST: unprivileged
 * INPUT: a tree of any depth, size and modes, which a job may be writing
 * MUST: as in treesize.h
 */
#include "client/engine/job/treesize.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "common/io.h"

#define BLOCK 512 /* the unit of st_blocks: inode(7) */

static DIR *
enter(int dir, const char *name)
{
	int fd = beneath_open(dir, name, O_DIRECTORY);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);

	if (stream == NULL)
		io_close(&fd);
	return stream;
}

static bool
is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int64_t
tree_size(int dir)
{
	DIR *stack[TREESIZE_DEPTH_MAX];
	int64_t size = 0;
	size_t depth = 0;
	struct stat st;

	stack[0] = enter(dir, ".");
	depth = stack[0] != NULL;
	while (depth > 0) {
		DIR *at = stack[depth - 1];
		const struct dirent *entry = readdir(at);

		if (entry == NULL) {
			closedir(at);
			depth--;
			continue;
		}
		if (is_dot(entry->d_name) ||
		    fstatat(dirfd(at), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		size += (int64_t)st.st_blocks * BLOCK;
		if (!S_ISDIR(st.st_mode) || depth == TREESIZE_DEPTH_MAX)
			continue;
		stack[depth] = enter(dirfd(at), entry->d_name);
		depth += stack[depth] != NULL;
	}
	return size;
}
