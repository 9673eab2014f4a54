/* SPDX-License-Identifier: ISC */
/*
 * As whom the engine acts, and whose the files of a job are. Mostly both are 0, which is the user on the
 * host. In a namespace with a map of its own the user is another number: the engine acts as that one,
 * so that what it writes into the state root stays the user's and the user's processes know it, and a
 * job's own file systems belong to the job's 0.
 * TRUST: unprivileged
 * INPUT: the maps in the launcher's facts
 * MUST: read back what was set; leave nothing in the state root that a later engine of the user's, with
 *       another map, could not remove.
 */
#ifndef CLIENT_ENGINE_OWNER_H
#define CLIENT_ENGINE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "client/engine/engine.h"

/* Sets uid and gid of the engine, and takes them; every capability that it has is effective after it. 0,
 * or -1 with err. */
int owner_take(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* Does this gid of the namespace exist? */
bool owner_has_gid(const struct engine *engine, uint32_t gid);

/* Was it the user who connected that socket, or called listen(2) on it? By the kernel's word alone, and never
 * 65534: whoever is not in the namespace looks like that in it, root of the host too. */
bool owner_is_peer(int fd);

/* Makes name in dir the job's. 0 or -1 with errno. */
int owner_give(const struct engine *engine, int dir, const char *name)
    __attribute__((warn_unused_result));

/* The same for all that is the user's below path, but for path/except, which stays the user's. */
int owner_give_below(const struct engine *engine, const char *path, const char *except)
    __attribute__((warn_unused_result));

/* What this process makes from here on is the job's, or once more the user's. 0 or -1 with errno. */
int owner_job(const struct engine *engine) __attribute__((warn_unused_result));
int owner_user(const struct engine *engine) __attribute__((warn_unused_result));

#endif
