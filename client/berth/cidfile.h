/* SPDX-License-Identifier: ISC */
/*
 * --cidfile: a new file with the id of a job, as docker(1) writes it: without a newline.
 * TRUST: unprivileged
 * INPUT: a path of the caller
 * MUST: overwrite and follow nothing; leave no empty file when there is no job.
 */
#ifndef CLIENT_BERTH_CIDFILE_H
#define CLIENT_BERTH_CIDFILE_H

#include <stdbool.h>

#include "common/err.h"

struct cidfile {
	const char *path; /* NULL: none is wanted */
	int fd;
	bool written;
};

/* path may be NULL. 0, or -1 with err; cidfile_close in both cases. */
int cidfile_open(struct cidfile *file, const char *path, struct err *err)
    __attribute__((warn_unused_result));
int cidfile_write(struct cidfile *file, const char *id, struct err *err)
    __attribute__((warn_unused_result));

/* Removes it again if no id was written. */
void cidfile_close(struct cidfile *file);

#endif
