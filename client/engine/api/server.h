/* SPDX-License-Identifier: ISC */
/*
 * The engine's event loop: clients that call, children that end.
 * TRUST: unprivileged
 * INPUT: whoever connects to the socket
 * MUST: serve exactly one uid, as the kernel tells it at connect (never 65534, never by pid); bound
 *       the number of connections; never wait for one client, nor for the work of one: what can
 *       take long is a child's.
 */
#ifndef CLIENT_ENGINE_API_SERVER_H
#define CLIENT_ENGINE_API_SERVER_H

#include "client/engine/engine.h"

struct connection {
	enum source source;
	struct connection *next;
	struct varlink varlink;
	int64_t heard; /* clock_ms: when something came last */
	bool greeting; /* Hello was understood, and is to be answered: see call_greet */
	bool stopping; /* waits for the end of the jobs */
	bool resetting; /* waits for the end of the resetter */
};

/* Makes the loop; in an engine for one call the socket is that call's connection. 0, or -1 with err. */
int server_open(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/*
 * Milliseconds until the time without use is over. Jobs and whoever is connected keep the engine
 * beyond it; to be asked something is no use.
 */
int64_t idle_left(const struct engine *engine);

/* Serves until engine->leave. */
void server_run(struct engine *engine);

#endif
