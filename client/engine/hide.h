/* SPDX-License-Identifier: ISC */
/*
 * Keeps the sockets of the user's engines and jobs from jobs: of this engine, and of others of the user's,
 * with a grant and without, at the places where they can be.
 * TRUST: unprivileged
 * INPUT: directories of the user's, which come and go
 * MUST: hide the launcher's, the one in /run/user/UID and the one in its own state root before a
 *       job gets a mount that could show them, those that come later as well (row E07 of the attack
 *       list): a job has the user's own uid, so that no engine could tell it from its user. Not
 *       hidden: an engine in a state root of another name. What another mount shows as well: hide_jobs.h.
 */
#ifndef CLIENT_ENGINE_HIDE_H
#define CLIENT_ENGINE_HIDE_H

#include "client/engine/engine.h"

/* In the engine's own mount namespace, at its start, when the state root is its directory, and
 * before each job. 0, or -1 with err. */
int hide_sockets(const struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* How often something had to be hidden so far: who has copied the mounts since has them all. */
unsigned int hide_changes(void);

#endif
