/* SPDX-License-Identifier: ISC */
/*
 * Jobs by what people call them: the directories in the directory of jobs that hold a record, of
 * whichever engine they are.
 * TRUST: unprivileged
 * INPUT: texts of clients; the state root, which its user can change at any time
 * MUST: take no path from anybody; open nothing but real directories of the file system that the state
 *       root is on; look at no more than FOUND_SCAN_MAX entries; tell by its lock whether a job lives,
 *       not by what a file says.
 */
#ifndef CLIENT_ENGINE_JOB_FOUND_H
#define CLIENT_ENGINE_JOB_FOUND_H

#include "client/engine/engine.h"
#include "client/engine/job/record.h"

#define FOUND_SCAN_MAX 65536 /* entries of a directory */
#define FOUND_NAMED_MAX 8 /* ids that are told where a beginning fits several */

/* A job as it is on disk. */
struct found {
	char id[JOB_ID_LEN + 1];
	int dir; /* its directory */
	bool alive; /* its supervisor has it; with state exited: for a moment only */
	bool broken; /* its record cannot be read, and is one that says so */
	bool young; /* it has none yet: it was started a moment ago, or is about to be */
	struct record record;
};

/* To begin with, so that found_close can follow. */
#define FOUND_NONE        \
	(struct found)    \
	{                 \
		.dir = -1 \
	}

/*
 * Opens the job of this id. A record of a job that lives no more, but does not say so, is brought up to
 * date, on disk as well: lost. 0; -1 with errno: ENOENT when there is no such job. found_close in both
 * cases.
 */
int found_open(int jobs, const char *id, struct found *found) __attribute__((warn_unused_result));
void found_close(struct found *found);

/*
 * Opens the job of this id: does it run? A lock alone is none that does: of one that is over it is whose
 * who copies, or removes it. What cannot be looked at may be one. found_close in every case.
 */
bool found_runs(int jobs, const char *id, struct found *found);

/* Is it one that nobody sees any more: over and not kept, its supervisor about to remove it? */
bool found_is_gone(const struct found *found);

/* Takes the lock of a job that lives no more, on found->dir. 0, or -1: somebody has it. */
int found_lock(const struct found *found) __attribute__((warn_unused_result));

/* What a word stands for: the ids, at most FOUND_NAMED_MAX of them; n is how many there are. */
struct found_ids {
	size_t n;
	char v[FOUND_NAMED_MAX][JOB_ID_LEN + 1];
};

/* Looks a word up: a name, an id, the beginning of an id, in this order. */
void found_ids(int jobs, const char *word, struct found_ids *ids);

/*
 * Calls work for each directory that has the name of a job, until it says -1. 0, or -1 when not all were
 * seen.
 */
int found_each(int jobs, int (*work)(void *arg, int jobs, const char *id), void *arg)
    __attribute__((warn_unused_result));

/* Does somebody hold the lock of what fd is opened on? */
bool found_is_held(int fd);

#endif
