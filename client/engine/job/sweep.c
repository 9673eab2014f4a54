/* SPDX-License-Identifier: ISC */
/*
 * Removes what jobs left whose supervisor died: see sweep.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: as in sweep.h
 */
#include "client/engine/job/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "client/engine/job/children.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/names.h"
#include "client/engine/job/record.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/scratch.h"
#include "client/engine/volume/volume.h"
#include "common/io.h"

#define SWEEP_SHARE 50 /* of the time, one part at most is spent with looking */
#define SWEEP_PAUSE 1000 /* milliseconds: who is killed each time does not begin all the time */
#define SWEEP_PAUSE_MAX 10000 /* milliseconds: a look may have had to wait for a processor */

/* A link, a socket or a device: what open(2) says of what no engine makes under such a name. */
static bool
is_foreign(int errnum)
{
	return errnum == ELOOP || errnum == ENXIO || errnum == ENODEV;
}

static int
open_entry(int jobs, const char *name)
{
	return openat(jobs, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/*
 * Does nobody hold it, or is it foreign? What cannot be opened for another reason may be a job's
 * that runs. *fd is locked then, or -1.
 */
static bool
is_left(int jobs, const char *name, int *fd)
{
	*fd = open_entry(jobs, name);
	return *fd == -1 ? is_foreign(errno) : scratch_lock(jobs, name, *fd);
}

/* Is it a job that stays when it is over? One whose record cannot be read may be. */
static bool
is_kept(int fd)
{
	struct record record;
	bool kept;

	kept = record_read(fd, &record) == 0 ? record.kept : errno != ENOENT && errno != ENOTDIR;
	record_free(&record);
	return kept;
}

/*
 * As is_left, of what does not stay. The lock of a job that stays is not taken, not even for a moment: who
 * sees it held takes the job for one that runs, and does not start it again.
 */
static bool
is_left_over(int jobs, const char *name, int *fd)
{
	*fd = open_entry(jobs, name);
	if (*fd == -1)
		return is_foreign(errno);
	return !is_kept(*fd) && scratch_lock(jobs, name, *fd) && !is_kept(*fd);
}

/* What cannot be removed now stays for the next time. */
static bool
sweep_one(int jobs, const char *name)
{
	int AUTO_CLOSE fd = -1;

	if (is_left_over(jobs, name, &fd))
		(void)!remove_tree(jobs, name);
	return false;
}

static bool
sweep_any(int jobs, const char *name)
{
	int AUTO_CLOSE fd = -1;

	if (is_left(jobs, name, &fd))
		(void)!remove_tree(jobs, name);
	return false;
}

static bool
found_one(int jobs, const char *name)
{
	int AUTO_CLOSE fd = -1;

	return is_left_over(jobs, name, &fd);
}

/* Somebody else's lock; what cannot be looked at may have one. */
static bool
held_one(int jobs, const char *name)
{
	int AUTO_CLOSE fd = open_entry(jobs, name);

	if (fd == -1)
		return errno != ENOENT && !is_foreign(errno);
	return flock(fd, LOCK_EX | LOCK_NB) == -1;
}

/*
 * Calls work for the entries that have the name of a job. *found: how often it said true, at most
 * max. 0, or -1 when they could not all be read.
 */
static int
each(int jobs, bool (*work)(int jobs, const char *name), size_t max, size_t *found)
{
	int fd = openat(jobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int ret;

	*found = 0;
	if (stream == NULL) {
		io_close(&fd);
		return -1;
	}
	while (*found < max && (errno = 0, entry = readdir(stream)) != NULL)
		if (scratch_is_name(entry->d_name))
			*found += work(jobs, entry->d_name);
	ret = *found < max && errno != 0 ? -1 : 0;
	closedir(stream);
	return ret;
}

size_t
sweep_held(int jobs)
{
	size_t held;

	/* what was not seen may be in use */
	if (each(jobs, held_one, SIZE_MAX, &held) == -1)
		held++;
	return held;
}

void
sweep_now(int jobs, bool all)
{
	size_t none;

	/* what it did not see stays for the next time */
	(void)!each(jobs, all ? sweep_any : sweep_one, SIZE_MAX, &none);
	names_sweep(jobs, all);
	volumes_sweep(all);
}

/* A look at thousands of jobs that are kept must not come with each job that ends. */
static bool
has_leftovers(struct engine *engine)
{
	int64_t began = clock_ms(), pause;
	size_t found;
	bool left;

	engine->sweep_due = began < engine->sweep_after;
	if (engine->sweep_due)
		return false;
	left = (each(engine->jobs, found_one, 1, &found) == 0 && found > 0) || volumes_left();
	pause = (clock_ms() - began) * SWEEP_SHARE;
	engine->sweep_after = began + (pause < SWEEP_PAUSE_MAX ? pause : SWEEP_PAUSE_MAX);
	return left;
}

void
sweep_leftovers(struct engine *engine)
{
	struct child *child;
	int fds[] = { engine->jobs };

	/* mostly all that is there are jobs that run or are kept: no process for that */
	if (!has_leftovers(engine))
		return;
	child = child_new(engine, false);
	if (child == NULL)
		return;
	switch (child_fork(engine, child, 0)) {
	case 0:
		/* not taken for the engine by those who look for it */
		(void)!prctl(PR_SET_NAME, "berth-sweep");
		keep_only(fds, 1);
		sweep_now(engine->jobs, false);
		_exit(0);
	case -1:
		/* the next start tries again */
		child_free(engine, child);
		break;
	default:
		break;
	}
}

void
sweep_later(struct engine *engine)
{
	int64_t then = clock_ms() + SWEEP_PAUSE;

	engine->sweep_due = true;
	if (engine->sweep_after < then)
		engine->sweep_after = then;
}

int
sweep_wait(const struct engine *engine)
{
	return engine->sweep_due ? clock_until(engine->sweep_after) : -1;
}
