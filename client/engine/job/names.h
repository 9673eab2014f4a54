/* SPDX-License-Identifier: ISC */
/*
 * Names of jobs: symbolic links in the directory "names" of the state root, which lead nowhere: what
 * they say is an id. A name is its job's for as long as the job is there, whichever engine's it is.
 * TRUST: unprivileged
 * INPUT: names that job_is_name has accepted; a directory that its user can change at any time
 * MUST: follow no link; believe no link more than that somebody put it there; give a name to one job only
 *       when several engines take it at the same time.
 */
#ifndef CLIENT_ENGINE_JOB_NAMES_H
#define CLIENT_ENGINE_JOB_NAMES_H

#include "client/engine/engine.h"

#define STATE_NAMES "names"

/* The id that the link of this name has. 0, or -1 when there is none. */
int names_read(const char *name, char id[JOB_ID_LEN + 1]) __attribute__((warn_unused_result));

/*
 * Gives the name to a job. 0; 1: another one has it, holder; -1 with errno (EBUSY: somebody keeps the
 * directory locked).
 */
int names_take(const struct engine *engine, const char *name, const char *id,
    char holder[JOB_ID_LEN + 1]) __attribute__((warn_unused_result));

/* Takes it away from this job, if it has it. */
void names_drop(const char *name, const char *id);

/* Removes the links whose jobs are gone; with all those of other jobs too, and the directory. */
void names_sweep(int jobs, bool all);

#endif
