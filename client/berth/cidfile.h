/* SPDX-License-Identifier: ISC */
/*
 * --cidfile: a new file with the id of a job, as docker(1) writes it: without a newline.
 * TRUST: unprivileged
 * INPUT: a path of the caller
 * MUST: overwrite and follow nothing; leave no empty file when there is no job.
 */
#ifndef CLIENT_BERTH_CIDFILE_H
#define CLIENT_BERTH_CIDFILE_H

#include "common/err.h"

/*
 * Can it be made, where nothing is yet? It is not there afterwards: what ends before its job has started,
 * in whatever way, leaves none. path may be NULL: none is wanted. 0, or -1 with err.
 */
int cidfile_check(const char *path, struct err *err) __attribute__((warn_unused_result));

/* Makes it, of a job that has started. path as above. 0, or -1 with err. */
int cidfile_write(const char *path, const char *id, struct err *err)
    __attribute__((warn_unused_result));

#endif
