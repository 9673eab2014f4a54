/* SPDX-License-Identifier: ISC */
/*
 * Clients that wait for a moment: for the supervisor of a job that is over to be gone, which it is at
 * once as a rule.
 * TRUST: unprivileged
 * INPUT: jobs on disk
 * MUST: let nobody wait longer than DEFERRED_MAX for what does not come; never wait itself.
 */
#ifndef CLIENT_ENGINE_API_DEFERRED_H
#define CLIENT_ENGINE_API_DEFERRED_H

#include "client/engine/api/server.h"

#define DEFERRED_MAX 15000 /* ms */

/* Lets the client wait for the end of the job. Returns 0, as a handler that has not answered yet. */
int defer(struct connection *connection, enum deferred what, const char *id);

/* Goes on with those whose time has come. A handler's -1 is told by drop. Between two rounds. */
void deferred_serve(
    struct engine *engine, void (*drop)(struct engine *engine, struct connection *connection));

/* For epoll_wait(2): until somebody is looked at again. */
int deferred_wait(const struct engine *engine);

#endif
