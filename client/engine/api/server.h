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

/* What a client waits for that the engine cannot answer yet: deferred.h. */
enum deferred {
	DEFERRED_NONE = 0,
	DEFERRED_WAIT, /* the status of a job */
	DEFERRED_END, /* its end */
	DEFERRED_START, /* to be able to start it again */
	DEFERRED_REMOVE, /* to be able to remove it */
	DEFERRED_STARTING /* for its supervisor: start.h */
};

struct connection {
	enum source source;
	struct connection *next;
	struct varlink varlink;
	int64_t heard; /* clock_ms: when something came last */
	bool greeting; /* Hello was understood, and is to be answered: see call_greet */
	bool stopping; /* waits for the end of the jobs */
	bool resetting; /* waits for the end of the resetter */
	enum deferred deferred;
	bool more; /* of StartJob: it takes more than one answer */
	int64_t deferred_until; /* clock_ms */
	char job[JOB_ID_LEN + 1]; /* of deferred */
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
