/* SPDX-License-Identifier: ISC */
/*
 * The engine's children. It keeps no more of a job than it needs to count, name and end it.
 * TRUST: unprivileged
 * INPUT: the ends of processes
 * MUST: name a child by its pidfd, never by its number; leave no zombie.
 */
#ifndef CLIENT_ENGINE_JOB_CHILDREN_H
#define CLIENT_ENGINE_JOB_CHILDREN_H

#include <sched.h>

#include "client/engine/engine.h"

/* What every job has of its own; its network as it was asked for. */
#define CLONE_JOB (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Makes room for a child; a job gets a slot of engine->finished. NULL: memory, or too many jobs. */
struct child *child_new(struct engine *engine, bool is_job);

/* Gives back what child_new made. */
void child_free(struct engine *engine, struct child *child);

/*
 * clone3(2) of this process with the namespaces (CLONE_NEW*). 0 in the child; 1 in the engine,
 * which then watches it; -1 with errno.
 */
int child_fork(struct engine *engine, struct child *child, uint64_t namespaces)
    __attribute__((warn_unused_result));

/* The child's pidfd became readable: reaps it and cleans up behind it if it could not. */
void child_ended(struct engine *engine, struct child *child);

/* Is there any child but the spare? */
bool children_busy(const struct engine *engine);

/* The number of jobs that are not over. */
size_t children_jobs(const struct engine *engine);

/* Is it a job of this engine's that is over, and whose directory its supervisor is about to remove? */
bool children_over(const struct engine *engine, const char *id);

/* Is something copied from or to the job by a child of this engine's? */
bool children_copy(const struct engine *engine, const char *id);

/* Sends a signal to the supervisor of each job, or of the one with this id. */
void children_signal(const struct engine *engine, int signal);
void children_signal_one(const struct engine *engine, const char *id, int signal);

#endif
