/* SPDX-License-Identifier: ISC */
/*
 * A copy between a job and here: an engine's child at one end, a child of ours at the other, a tar
 * between them.
 * TRUST: unprivileged
 * INPUT: what both ends say; names out of a hostile job
 * MUST: read nothing of the archive here; wait for both ends.
 */
#ifndef CLIENT_BERTH_COPY_H
#define CLIENT_BERTH_COPY_H

#include "client/berth/cli.h"

struct copy {
	struct cli *cli;
	const char *job;
	const char *path; /* in the job */
	const char *local; /* "-": a tar from standard input, or to standard output */
	bool out; /* of the job; else into it */
	bool follow; /* a link that is the source */
	bool owners; /* into the job: those of the source */
};

/* 0, or -1 with err: of what was left out each has been named. */
int copy_run(const struct copy *copy, struct err *err) __attribute__((warn_unused_result));

#endif
