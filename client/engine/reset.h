/* SPDX-License-Identifier: ISC */
/*
 * Empties the state root of what engines made there.
 * TRUST: unprivileged
 * INPUT: the state root, which is the user's and may be a directory that they use for more
 * MUST: follow no link, out of the root or in it; remove nothing that has not the name, the place
 *       and the type of what an engine makes; touch nothing while a job of any engine uses it, nor
 *       begin when nobody waits for it any more.
 */
#ifndef CLIENT_ENGINE_RESET_H
#define CLIENT_ENGINE_RESET_H

#include "client/engine/engine.h"

struct json_object;

#define RESET_FAILED 255
#define RESET_IN_USE 254 /* somebody copies, or removes */

/*
 * Starts the child that does it, engine->resetter: what is there can be much, and others are served
 * meanwhile. While it works it has a lock (flock(2)) on the directory of jobs, which every maker of a
 * job's directory takes as well (scratch.h). 0, or -1 with err.
 */
int reset_start(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* Does none work? 0, or -1 with err, for what would be made behind it. */
int reset_check(const struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* Nobody waits for it any more: ends the resetter, unless it has begun to remove. Was it ended? */
bool reset_give_up(struct engine *engine);

/*
 * The resetter has ended: forgets it. The number of jobs that use the root, or RESET_IN_USE: then nothing
 * was done. RESET_FAILED: not all was done. 0: it is, and the log is gone.
 */
size_t reset_finish(struct engine *engine) __attribute__((warn_unused_result));

/* The names of what is still in the root; the caller's; NULL when memory is short. */
struct json_object *reset_kept(void) __attribute__((warn_unused_result));

#endif
