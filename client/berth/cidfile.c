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
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

static int
make(const char *path)
{
	return (open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
}

static int
cannot_make(const char *path, struct err *err)
{
	if (errno != EEXIST)
		return (err_sys(err, "cannot make the file %s of --cidfile", path));
	err_set(err, ERR_FAILED, "the file %s of --cidfile exists already", path);
	err_why(err, "it may hold the id of another job, and is not overwritten");
	return (err_todo(err, "name another one, or remove it:  rm %s", path));
}

int
cidfile_check(const char *path, struct err *err)
{
	sigset_t all, before;
	int fd;

	if (path == NULL)
		return (0);
	/* A signal that ends this program would leave it behind. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	fd = make(path);
	if (fd < 0)
		(void)cannot_make(path, err);
	else
		(void)unlink(path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (fd < 0)
		return (-1);
	io_close(&fd);
	return (0);
}

int
cidfile_write(const char *path, const char *id, struct err *err)
{
	int fd AUTO_CLOSE = -1;

	if (path == NULL)
		return (0);
	fd = make(path);
	if (fd < 0)
		return (cannot_make(path, err));
	if (io_write_all(fd, id, strlen(id)) == 0)
		return (0);
	err_sys(err, "cannot write the job's id to %s", path);
	(void)unlink(path);
	return (-1);
}
