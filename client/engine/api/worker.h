/* SPDX-License-Identifier: ISC */
/*
 * Children of the engine that answer a client themselves, because the answer is long, or what it tells
 * takes its time.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: keep no descriptor of the engine's but those that it needs; end when the client takes nothing.
 */
#ifndef CLIENT_ENGINE_API_WORKER_H
#define CLIENT_ENGINE_API_WORKER_H

#include "client/engine/api/call.h"

struct worker {
	const struct engine *engine;
	int conn; /* waits, for a while */
	const void *arg;
};

/*
 * Starts one that does work and ends. keep is a descriptor that it keeps besides, or -1. Returns what a
 * handler of a call returns: the connection is the child's now, or an error was sent.
 */
int worker_start(struct call *call, void (*work)(const struct worker *worker), const void *arg,
    int keep) __attribute__((warn_unused_result));

#endif
