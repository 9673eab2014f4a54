/* SPDX-License-Identifier: ISC */
/*
 * Removes what jobs left whose supervisor died: see sweep.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: as in sweep.h
 */
#include "client/engine/job/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/engine/job/children.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/remove.h"
#include "common/io.h"

/* A job that starts right now is locked before the engine goes on, so it is never unlocked here. */
static void
sweep_one(int jobs, const char *name)
{
	int AUTO_CLOSE dir = openat(jobs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir != -1 && flock(dir, LOCK_EX | LOCK_NB) == -1)
		return;
	/* what cannot be removed now stays for the next time */
	(void)!remove_tree(jobs, name);
}

/* Calls work for the entries, or only says whether there is one. */
static bool
each(int jobs, void (*work)(int jobs, const char *name))
{
	int fd = openat(jobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found = false;

	if (stream == NULL) {
		io_close(&fd);
		return false;
	}
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		found = true;
		if (work == NULL)
			break;
		work(jobs, entry->d_name);
	}
	closedir(stream);
	return found;
}

void
sweep_leftovers(struct engine *engine)
{
	struct child *child;
	int fds[] = { engine->jobs };

	if (!each(engine->jobs, NULL))
		return;
	child = child_new(engine, false);
	if (child == NULL)
		return;
	switch (child_fork(engine, child, 0)) {
	case 0:
		keep_only(fds, 1);
		each(engine->jobs, sweep_one);
		_exit(0);
	case -1:
		/* the next start tries again */
		child_free(engine, child);
		break;
	default:
		break;
	}
}
