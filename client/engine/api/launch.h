/* SPDX-License-Identifier: ISC */
/*
 * A job's start: from a checked description to a supervisor, whether a client called Run or a job that
 * is over begins once more.
 * TRUST: unprivileged
 * INPUT: descriptions that job_decode has accepted
 * MUST: decide before anything is made; hold the job's lock before there is anybody else who could
 *       remove its directory; leave nothing of a job that did not start, and of one that was there
 *       before everything.
 */
#ifndef CLIENT_ENGINE_API_LAUNCH_H
#define CLIENT_ENGINE_API_LAUNCH_H

#include "client/engine/job/found.h"

struct launch {
	struct engine *engine;
	struct job *job;
	/* What it was decoded from, for a supervisor that was made ahead; NULL: none can be used. */
	struct json_object *parameters;
	const struct varlink *came;
	int conn; /* whom the supervisor tells; the caller closes its own copy */
	bool maps; /* there is a client behind it that has directories mounted: job/handover.h */
	/* A job that is over and whose lock was taken, to be started once more; else NULL. */
	struct found *again;
	uint32_t restarts; /* of that */
	struct record record; /* of a job that is kept, as it begins */
	/* What launch_refuse needs. */
	struct policy policy;
	struct decision decision;
	char holder[JOB_ID_LEN + 1]; /* who has the name; "": nobody */
};

/* 0 when the supervisor has been forked, or -1 with err. launch_free in both cases. */
int launch_job(struct launch *launch, struct err *err) __attribute__((warn_unused_result));

/* Tells a client why not. 0, or -1 when it does not take it. */
int launch_refuse(const struct launch *launch, int fd, const struct err *err);

void launch_free(struct launch *launch);

#endif
