/* SPDX-License-Identifier: ISC */
/*
 * New entries of the directory of jobs: see scratch.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: as in scratch.h
 */
#include "client/engine/job/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

/* A sweeper that is faster goes by once. Many engines that begin at once are as many of them. */
#define TRIES 64

static int
make_name(char name[JOB_ID_LEN + 1])
{
	unsigned char bytes[JOB_ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(name + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

bool
scratch_is_name(const char *name)
{
	return strlen(name) == JOB_ID_LEN && strspn(name, "0123456789abcdef") == JOB_ID_LEN;
}

bool
scratch_lock(int jobs, const char *name, int fd)
{
	struct stat ours;
	struct stat named;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &ours) == 0 &&
	       fstatat(jobs, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* Is it gone, or somebody's who removes it: a reason to take another name? */
static bool
was_taken(void)
{
	return errno == ENOENT || errno == EWOULDBLOCK || errno == EEXIST;
}

static int
open_new(int jobs, const char *name, bool directory)
{
	if (!directory)
		return openat(jobs, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (mkdirat(jobs, name, 0700) == -1)
		return -1;
	return openat(jobs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * Whoever empties the directory (reset.c) has this lock alone. Its own open file description, so that
 * it is given back when it is closed; no wait, which can be a long one.
 */
static int
take_turn(int jobs)
{
	int fd = openat(jobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return fd;
	io_close(&fd);
	errno = EBUSY;
	return -1;
}

static int
make(int jobs, char name[JOB_ID_LEN + 1], bool directory)
{
	int AUTO_CLOSE turn = take_turn(jobs);

	if (turn == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		int AUTO_CLOSE fd = -1;
		int made;

		if (make_name(name) == -1)
			return -1;
		fd = open_new(jobs, name, directory);
		/* errno of the last call that failed; a name that is another's now is as good as gone */
		errno = fd == -1 ? errno : ENOENT;
		if (fd != -1 && scratch_lock(jobs, name, fd)) {
			made = fd;
			fd = -1;
			return made;
		}
		if (!was_taken())
			return -1;
	}
	return -1;
}

int
scratch_directory(int jobs, char name[JOB_ID_LEN + 1])
{
	return make(jobs, name, true);
}

int
scratch_file(int jobs, char name[JOB_ID_LEN + 1])
{
	return make(jobs, name, false);
}

static bool
is_link(int dir, const char *name, const char *to)
{
	char now[1024];
	ssize_t len = readlinkat(dir, name, now, sizeof(now));

	return len > 0 && (size_t)len == strlen(to) && memcmp(now, to, (size_t)len) == 0;
}

/* A link cannot be locked, so a sweeper can take it away before it is renamed. */
int
scratch_put_link(int jobs, int dir, const char *name, const char *to)
{
	char new[JOB_ID_LEN + 1];

	if (is_link(dir, name, to))
		return 0;
	for (int i = 0; i < TRIES; i++) {
		if (make_name(new) == -1 || symlinkat(to, jobs, new) == -1)
			return -1;
		if (renameat(jobs, new, dir, name) == 0)
			return 0;
		if (errno != ENOENT) {
			(void)!unlinkat(jobs, new, 0);
			return -1;
		}
	}
	return -1;
}
