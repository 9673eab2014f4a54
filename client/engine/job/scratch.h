/* SPDX-License-Identifier: ISC */
/*
 * New entries of the directory of jobs. Several engines of one user can work there at the same time,
 * shared ones and ones for a single call, each of which sweeps: an entry is its maker's for as long as
 * the maker holds a lock (flock(2)) on it.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: give only what is locked and still has its name: between making and locking a sweeper can
 *       have been faster.
 */
#ifndef CLIENT_ENGINE_JOB_SCRATCH_H
#define CLIENT_ENGINE_JOB_SCRATCH_H

#include <stdbool.h>

#include "client/engine/engine.h"

/*
 * Makes an empty directory or file, names it and locks it. Its descriptor, or -1 with errno; EBUSY:
 * the directory of jobs is being emptied (reset.h).
 */
int scratch_directory(int jobs, char name[JOB_ID_LEN + 1]) __attribute__((warn_unused_result));
int scratch_file(int jobs, char name[JOB_ID_LEN + 1]) __attribute__((warn_unused_result));

/* The symbolic link name in dir, made or replaced unless it is that already. 0, or -1 with errno. */
int scratch_put_link(int jobs, int dir, const char *name, const char *to)
    __attribute__((warn_unused_result));

/* Is it a name such as these functions give? */
bool scratch_is_name(const char *name);

/* Takes the lock if nobody has it; fd was opened by name. True when name is fd's now. */
bool scratch_lock(int jobs, const char *name, int fd);

#endif
