/* SPDX-License-Identifier: ISC */
/*
 * Names of jobs: see names.h.
 * TRUST: unprivileged
 * INPUT: names that job_is_name has accepted; a directory that its user can change at any time
 * MUST: as in names.h
 */
#include "client/engine/job/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/job/children.h"
#include "client/engine/job/found.h"
#include "client/engine/job/scratch.h"
#include "common/io.h"

#define LOCK_TRIES 50 /* another engine has it for the time of three system calls */
#define LOCK_PAUSE_NS 1000000L

static int
open_names(void)
{
	return open(STATE_NAMES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
read_link(int names, const char *name, char id[JOB_ID_LEN + 1])
{
	ssize_t len = readlinkat(names, name, id, JOB_ID_LEN + 1);

	if (len != JOB_ID_LEN)
		return -1;
	id[JOB_ID_LEN] = '\0';
	return scratch_is_name(id) ? 0 : -1;
}

int
names_read(const char *name, char id[JOB_ID_LEN + 1])
{
	int AUTO_CLOSE names = -1;

	if (!job_is_name(name))
		return -1;
	names = open_names();
	return names == -1 ? -1 : read_link(names, name, id);
}

static int
lock(int names)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; flock(names, LOCK_EX | LOCK_NB) == -1; i++) {
		if (i == LOCK_TRIES)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Open and locked. */
static int
open_locked(void)
{
	int fd;

	if (mkdir(STATE_NAMES, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open_names();
	if (fd != -1 && lock(fd) == -1) {
		io_close(&fd);
		errno = EBUSY;
		return -1;
	}
	return fd;
}

/* Is the job of this id there, so that its name is taken? A directory without a record is of a job that
 * begins, if somebody holds it. */
static bool
is_there(int jobs, const char *id)
{
	struct found found;
	bool there;

	if (found_open(jobs, id, &found) == 0)
		there = !found_is_gone(&found);
	else
		there = found.dir != -1 && found.alive;
	found_close(&found);
	return there;
}

int
names_take(
    const struct engine *engine, const char *name, const char *id, char holder[JOB_ID_LEN + 1])
{
	int AUTO_CLOSE names = open_locked();

	if (names == -1)
		return -1;
	if (symlinkat(id, names, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (read_link(names, name, holder) == 0) {
		if (strcmp(holder, id) == 0)
			return 0;
		if (!children_over(engine, holder) && is_there(engine->jobs, holder))
			return 1;
	}
	if (unlinkat(names, name, 0) == -1)
		return -1;
	return symlinkat(id, names, name);
}

/* Has the lock for the time of two system calls. 0, or -1: somebody else keeps the lock. */
static int
drop(int names, const char *name, const char *id)
{
	char now[JOB_ID_LEN + 1];

	if (lock(names) == -1)
		return -1;
	if (read_link(names, name, now) == 0 && strcmp(now, id) == 0)
		(void)!unlinkat(names, name, 0);
	(void)!flock(names, LOCK_UN);
	return 0;
}

void
names_drop(const char *name, const char *id)
{
	int AUTO_CLOSE names = -1;

	/* a job that was given no name has no link */
	if (strcmp(name, id) == 0)
		return;
	names = open_names();
	if (names != -1)
		(void)!drop(names, name, id);
}

/*
 * Jobs are looked at without the lock, which takes its time where many are kept: one that is gone does not
 * come back, and whoever takes its name meanwhile puts another id there.
 */
void
names_sweep(int jobs, bool all)
{
	int AUTO_CLOSE names = open_names();
	int fd = names == -1 ? -1 : dup(names);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	char id[JOB_ID_LEN + 1];
	const struct dirent *entry;

	if (stream == NULL) {
		io_close(&fd);
		return;
	}
	for (size_t seen = 0; seen < FOUND_SCAN_MAX && (entry = readdir(stream)) != NULL; seen++)
		if (read_link(names, entry->d_name, id) == 0 && (all || !is_there(jobs, id)) &&
		    drop(names, entry->d_name, id) == -1)
			break;
	closedir(stream);
	if (all)
		(void)!rmdir(STATE_NAMES);
}
