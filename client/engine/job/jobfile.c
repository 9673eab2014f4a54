/* SPDX-License-Identifier: ISC */
/*
 * Small files in a job's directory: see jobfile.h.
 * TRUST: unprivileged
 * INPUT: a directory that its user can change at any time
 * MUST: as in jobfile.h
 */
#include "client/engine/job/jobfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "common/io.h"

/* A link or a file of somebody else's that waits under the name is taken away, not written to. */
static int
write_new(int dir, const void *bytes, size_t len)
{
	int AUTO_CLOSE fd = -1;

	if (unlinkat(dir, JOBFILE_NEW, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(dir, JOBFILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd == -1 ? -1 : io_write_all(fd, bytes, len);
}

int
jobfile_write(int dir, const char *name, const void *bytes, size_t len)
{
	return write_new(dir, bytes, len) == -1 ? -1 : renameat(dir, JOBFILE_NEW, dir, name);
}

/* A plain file with one name that is the user's, with room for len bytes. */
static int
open_own(int dir, const char *name, size_t len, size_t *size)
{
	int AUTO_CLOSE fd =
	    openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int opened = fd;

	if (fd == -1 || fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1) {
		errno = EBADMSG;
		return -1;
	}
	/* a part of it would be no file any more */
	if ((off_t)len > st.st_size && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)len) == -1)
		return -1;
	*size = (size_t)st.st_size;
	fd = -1;
	return opened;
}

int
jobfile_rewrite(int dir, const char *name, const void *bytes, size_t len)
{
	size_t size = 0;
	int AUTO_CLOSE fd = open_own(dir, name, len, &size);
	size_t all = size > len ? size : len;
	char *padded = fd == -1 || all > JOBFILE_REWRITE_MAX ? NULL : malloc(all);
	ssize_t put;

	(void)!unlinkat(dir, JOBFILE_NEW, 0);
	if (padded == NULL)
		return -1;
	memset(padded, ' ', all);
	memcpy(padded, bytes, len);
	put = pwrite(fd, padded, all, 0);
	free(padded);
	return put == (ssize_t)all ? 0 : -1;
}

/* Of one that is too long or no file at all EBADMSG. */
static int
open_plain(int dir, const char *name, size_t max, size_t *size)
{
	int AUTO_CLOSE fd = beneath_open(dir, name, 0);
	struct stat st;
	int opened = fd;

	if (fd == -1) {
		if (errno == ELOOP || errno == EXDEV || errno == ENXIO || errno == EACCES)
			errno = EBADMSG;
		return -1;
	}
	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max) {
		errno = EBADMSG;
		return -1;
	}
	*size = (size_t)st.st_size;
	fd = -1;
	return opened;
}

char *
jobfile_read(int dir, const char *name, size_t max, size_t *len)
{
	size_t size = 0;
	int AUTO_CLOSE fd = open_plain(dir, name, max, &size);
	char *bytes = fd == -1 ? NULL : malloc(size + 1);
	ssize_t got;

	if (bytes == NULL)
		return NULL;
	/* one that grows meanwhile is not what was written */
	got = io_read_all(fd, bytes, size);
	if (got < 0) {
		free(bytes);
		errno = errno == EFBIG ? EBADMSG : errno;
		return NULL;
	}
	bytes[got] = '\0';
	*len = (size_t)got;
	return bytes;
}
