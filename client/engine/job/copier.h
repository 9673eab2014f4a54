/* SPDX-License-Identifier: ISC */
/*
 * One copy between a job and a client: a child of the engine that finds the job's root, has
 * berth-archive work on it, and answers the client.
 * TRUST: unprivileged
 * INPUT: a hostile job; descriptors and a path of a client's
 * MUST: give berth-archive the root as a descriptor and nothing else of the job's or the engine's, with no
 *       right but to read and make files; end it when the client is gone.
 */
#ifndef CLIENT_ENGINE_JOB_COPIER_H
#define CLIENT_ENGINE_JOB_COPIER_H

#include "client/engine/engine.h"
#include "client/engine/job/record.h"

struct copier {
	struct engine *engine;
	const char *id;
	int dir; /* jobs/ID */
	int conn; /* the client */
	int stream; /* the archive */
	int messages; /* what berth-archive writes there, the client reads */
	const char *path; /* in the job */
	bool out; /* of the job; else into it */
	bool follow;
	bool owners;
	bool tar; /* the stream is the user's own: it may be compressed, and needs a directory */
};

/* The job is over, and somebody copies: as a message. Returns -1. */
int copier_busy(const struct record *record, struct err *err);

/*
 * In the child. A job that is over keeps its lock meanwhile, so that nobody starts or removes it; of one
 * that is just ending, the end is waited for.
 */
void copier_run(const struct copier *copier) __attribute__((noreturn));

#endif
