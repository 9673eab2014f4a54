/* SPDX-License-Identifier: ISC */
/*
 * Who has to go when too many are connected: clients that connect and say nothing, or not all of
 * it, must not keep others out, nor the engine's memory and descriptors.
 * TRUST: unprivileged
 * INPUT: the connections of any clients of the user's
 * MUST: choose nobody who waits for an answer. Who is dropped before the greeting calls again.
 */
#ifndef CLIENT_ENGINE_API_CROWD_H
#define CLIENT_ENGINE_API_CROWD_H

#include "client/engine/api/server.h"

#define CONNECTIONS_MAX 128
#define CROWD_FDS_MAX 1024 /* descriptors of calls that are not complete, of all together */
#define CROWD_SILENCE 60000 /* ms; a client that calls does so at once */

/* The next one to be dropped, or NULL. crowded: even if there is room, one has to go. */
struct connection *crowd_surplus(const struct engine *engine, bool crowded);

/* Milliseconds until somebody has been silent for too long, -1: nobody. */
int crowd_wait(const struct engine *engine);

#endif
