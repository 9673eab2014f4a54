/* SPDX-License-Identifier: ISC */
/*
 * Jobs that run and that an engine before this one has started: counted, and ended when somebody wants
 * the end of all jobs. Nothing tells when such a job ends: its lock and its record are looked at.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: leave alone what belongs to engines for one call; believe no file that a job runs
 *       whose lock nobody has.
 */
#ifndef CLIENT_ENGINE_JOB_ADOPTED_H
#define CLIENT_ENGINE_JOB_ADOPTED_H

#include "client/engine/engine.h"

#define ADOPTED_PAUSE 2000 /* ms from look to look while there are any */

/* At the engine's start, before it has started anything. */
void adopted_find(struct engine *engine);

/* How many still run. Notes when the last look was. */
size_t adopted_count(struct engine *engine);

/* Asks their supervisors for the end, with so many seconds for it. */
void adopted_end(const struct engine *engine, unsigned int seconds);

/* For epoll_wait(2): until they are to be looked at; 0: now. */
int adopted_wait(const struct engine *engine);

#endif
