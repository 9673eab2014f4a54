/* SPDX-License-Identifier: ISC */
/*
 * Network namespaces made ahead: making one takes most of a millisecond, which no job needs to
 * wait for when the engine was idle before. Each goes to one job and is used once.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hand out only a namespace that nobody was in before, with nothing but a loopback that is up;
 *       leave the engine in the host's.
 */
#ifndef CLIENT_ENGINE_JOB_NETNS_H
#define CLIENT_ENGINE_JOB_NETNS_H

#include "client/engine/engine.h"

/* Has a child make one if there is none. What fails now is made with the job itself. */
void netns_prepare(struct engine *engine);

/* The one that is ready, which is the caller's from then on, or -1. */
int netns_take(struct engine *engine);

/* Sets up the loopback of the namespace the caller is in. 0 or -1 with errno. */
int netns_loopback(void) __attribute__((warn_unused_result));

#endif
