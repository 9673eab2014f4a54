/* SPDX-License-Identifier: ISC */
/*
 * Which jobs on disk name which volumes: those that run and are kept, and those that are over. One that is not
 * kept holds a lock while it runs (volume.h), and is not listed.
 * TRUST: unprivileged
 * INPUT: the directory of jobs, which its user can change at any time
 * MUST: say of what cannot be read that it is not known, so that nothing is removed because of it.
 */
#ifndef CLIENT_ENGINE_VOLUME_USES_H
#define CLIENT_ENGINE_VOLUME_USES_H

#include "client/engine/engine.h"

struct use {
	char volume[JOB_VOLUME_MAX + 1];
	char job[JOB_NAME_MAX + 1]; /* its name */
};

struct uses {
	size_t n;
	struct use *v; /* sorted by volume */
	bool unknown; /* of some job it is not known what it uses */
};

/* 0, or -1 when memory is short; uses_free in both cases. */
int uses_read(int jobs, struct uses *uses) __attribute__((warn_unused_result));
void uses_free(struct uses *uses);

/* The first use of a volume; *n: how many follow, itself included. NULL: there is none. */
const struct use *uses_of(const struct uses *uses, const char *volume, size_t *n);

#endif
