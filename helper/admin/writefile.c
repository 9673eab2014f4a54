/* SPDX-License-Identifier: ISC */
/*
 * Atomic replacement. Contract in writefile.h.
 * TRUST: privileged
 * INPUT: names and texts of ours
 * MUST: as writefile.h says
 */
#include "helper/admin/writefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

/* One name is enough: whoever writes holds the lock. What a killed one left is replaced. */
#define TEMPORARY ".new"

static int
sync_dir(int dirfd)
{
	AUTO_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd < 0 ? -1 : fsync(fd));
}

static int
write_temporary(int dirfd, const char *text, size_t len)
{
	AUTO_CLOSE int fd = -1;

	if (unlinkat(dirfd, TEMPORARY, 0) < 0 && errno != ENOENT)
		return (-1);
	fd = openat(dirfd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return (-1);
	if (io_write_all(fd, text, len) < 0 || fchown(fd, 0, 0) < 0 || fchmod(fd, 0644) < 0)
		return (-1);
	return (fsync(fd));
}

int
writefile_at(int dirfd, const char *name, const char *text, size_t len, struct err *err)
{
	if (write_temporary(dirfd, text, len) < 0 || renameat(dirfd, TEMPORARY, dirfd, name) < 0 ||
	    sync_dir(dirfd) < 0) {
		err_sys(err, "cannot write %s", name);
		unlinkat(dirfd, TEMPORARY, 0);
		return (-1);
	}
	return (0);
}
