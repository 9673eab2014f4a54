/* SPDX-License-Identifier: ISC */
/*
 * Jobs that are over and begin once more: StartJob, and what the policy of a job wants whose supervisor
 * was killed.
 * TRUST: unprivileged
 * INPUT: jobs on disk, which their user can change; supervisors
 * MUST: decide anew; start nothing twice at the same time; bound how often a policy starts.
 */
#ifndef CLIENT_ENGINE_API_START_H
#define CLIENT_ENGINE_API_START_H

#include "client/engine/api/server.h"

/* A supervisor whose answer the engine waits for: it is the client of a job that is started again. */
struct starting {
	enum source source;
	struct starting *next;
	struct varlink conn;
	struct connection *client; /* who called StartJob, or NULL: nobody, or gone */
	bool maps; /* and has directories mounted for it */
	char id[JOB_ID_LEN + 1];
};

/* The supervisor says something, or is gone. */
void starting_event(struct engine *engine, struct starting *starting);

/* A client is dropped. */
void starting_forget(struct engine *engine, const struct connection *client);

/* Starts what was lost and wants to be started again, if it is time for that. Between two rounds. */
void start_lost(struct engine *engine);

#endif
