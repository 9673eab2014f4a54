/* SPDX-License-Identifier: ISC */
/*
 * The spare: a child that has made the namespaces of a job and what of its root is the same for all, and
 * waits to become the supervisor of the next one. There is one at most; each is used once.
 * TRUST: unprivileged
 * INPUT: none; the engine sends it what has been decided upon
 * MUST: have nothing of a job, or of a client, before it is given one; not outlive the engine but as a
 *       job; be ended instead of used when what it was made from is not any more what it was.
 */
#ifndef CLIENT_ENGINE_JOB_SPARE_H
#define CLIENT_ENGINE_JOB_SPARE_H

#include "client/engine/engine.h"
#include "client/engine/job/task.h"

struct json_object;

/* Makes one, unless there is one, or the engine leaves, or lives for one call. */
void spare_prepare(struct engine *engine);

/* Takes it out of the engine's hands for a job; NULL: there is none that can be used. The caller then has a
 * job's child, as of child_new and child_fork. */
struct child *spare_take(struct engine *engine);

/* Milliseconds until spare_prepare is to be called; -1: not by the clock. For epoll_wait(2). */
int spare_wait(const struct engine *engine);

/*
 * Makes it the supervisor of a job: parameters and the descriptors of came are what job_decode has taken
 * them from. 0; -1: it could not be sent, and spare_drop is to follow.
 */
int spare_run(struct child *spare, const struct task *task, struct json_object *parameters,
    const struct varlink *came) __attribute__((warn_unused_result));

/* Ends one that was taken and has not run. */
void spare_drop(struct engine *engine, struct child *spare);

/* Ends the one that is there, if any. */
void spare_end(struct engine *engine);

#endif
