/* SPDX-License-Identifier: ISC */
/*
 * --cidfile. Contract in cidfile.h.
 * TRUST: unprivileged
 * INPUT: a path of the caller
 * MUST: as cidfile.h says
 */
#include "client/berth/cidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

int
cidfile_open(struct cidfile *file, const char *path, struct err *err)
{
	*file = (struct cidfile){ .path = path, .fd = -1 };
	if (path == NULL)
		return (0);
	file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file->fd >= 0)
		return (0);
	if (errno != EEXIST)
		return (err_sys(err, "cannot make the file %s of --cidfile", path));
	err_set(err, ERR_FAILED, "the file %s of --cidfile exists already", path);
	err_why(err, "it may hold the id of another job, and is not overwritten");
	return (err_todo(err, "name another one, or remove it:  rm %s", path));
}

int
cidfile_write(struct cidfile *file, const char *id, struct err *err)
{
	size_t len = strlen(id);

	if (file->path == NULL)
		return (0);
	if (io_write_all(file->fd, id, len) != 0)
		return (err_sys(err, "cannot write the job's id to %s", file->path));
	file->written = true;
	return (0);
}

void
cidfile_close(struct cidfile *file)
{
	struct stat ours, there;

	/* Somebody may have put another file in its place meanwhile. */
	if (file->fd >= 0 && !file->written && fstat(file->fd, &ours) == 0 &&
	    lstat(file->path, &there) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino)
		(void)unlink(file->path);
	io_close(&file->fd);
	file->fd = -1;
}
