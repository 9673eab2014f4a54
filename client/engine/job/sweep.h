/* SPDX-License-Identifier: ISC */
/*
 * Removes what jobs left whose supervisor died: kill -9, a crash, a power cut.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: touch no directory whose job still runs: its supervisor holds a lock (flock(2)) on it, the
 *       one of an engine before this one as well; nor one whose job is kept, or may be; leave alone what
 *       has not the name of a job: the directory may have been the user's before.
 */
#ifndef CLIENT_ENGINE_JOB_SWEEP_H
#define CLIENT_ENGINE_JOB_SWEEP_H

#include "client/engine/engine.h"

/* Starts a child that does it, if there is anything at all: at once, or when it is time to look again
 * (sweep_wait). The child is in engine->children. */
void sweep_leftovers(struct engine *engine);

/* As sweep_leftovers, a moment later, by the event loop: one that began has not come to its end. */
void sweep_later(struct engine *engine);

/* Milliseconds until sweep_leftovers is to be called; -1: not by the clock. For epoll_wait(2). */
int sweep_wait(const struct engine *engine);

/* Does it now, in this process; all: also jobs that are kept. */
void sweep_now(int jobs, bool all);

/* How many entries of the directory of jobs somebody uses, whichever engine's they are; one more
 * when the directory cannot be read to its end. */
size_t sweep_held(int jobs);

#endif
