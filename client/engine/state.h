/* SPDX-License-Identifier: ISC */
/*
 * The state root: the user's directory in which the engine keeps what it needs on disk.
 * TRUST: unprivileged
 * INPUT: a path from the policy; a directory that its user can change at any time
 * MUST: be the user's alone; find out at the start, in three lines, what would fail later.
 */
#ifndef CLIENT_ENGINE_STATE_H
#define CLIENT_ENGINE_STATE_H

#include "client/engine/engine.h"

/* Makes it if only the last component is missing, checks it, makes it the working directory; and
 * engine->jobs in it. */
int state_open(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/*
 * Writes and mounts for real to see whether a job could be. After host_prepare. What it made stays:
 * the mount in engine->probe, for the caller to close, the directory for sweep_leftovers.
 */
int state_probe(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* No overlay could be mounted there, errno being why: as a message. Returns -1. */
int state_no_overlay(const struct engine *engine, struct err *err);

/* The state root as a message in three lines, errno being why. Returns -1. */
int state_unusable(const struct engine *engine, struct err *err);

#endif
