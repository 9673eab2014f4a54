/* SPDX-License-Identifier: ISC */
/*
 * Empties the state root of what engines made there.
 * TRUST: unprivileged
 * INPUT: the state root, which is the user's and may be a directory that they use for more
 * MUST: follow no link, out of the root or in it; remove nothing that has not the name, the place
 *       and the type of what an engine makes; touch nothing while a job of any engine uses it.
 */
#ifndef CLIENT_ENGINE_RESET_H
#define CLIENT_ENGINE_RESET_H

#include "client/engine/engine.h"

struct json_object;

/*
 * The number of jobs that use it: then nothing was done. 0: it is done, and *kept, which belongs to
 * the caller, has the names of what is still in the root, or is NULL when memory is short.
 */
size_t reset_state(struct engine *engine, struct json_object **kept)
    __attribute__((warn_unused_result));

#endif
