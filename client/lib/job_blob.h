/* SPDX-License-Identifier: ISC */
/*
 * Arguments and environment as a sealed memfd. The format stands in job.h.
 * TRUST: shared, reads hostile input
 * INPUT: write: the client's own job; read: a descriptor from any client
 * MUST: read only a memfd that can no longer change, so that reading neither blocks nor races;
 *       trust no count before it was compared with the length; refuse trailing bytes.
 */
#ifndef CLIENT_LIB_JOB_BLOB_H
#define CLIENT_LIB_JOB_BLOB_H

#include "client/lib/job.h"

/* The memfd, or -1 with err. */
int job_blob_write(const struct job_run *run, struct err *err) __attribute__((warn_unused_result));

/* Adds to run->args and run->env. 0, or -1 with err. */
int job_blob_read(int fd, struct job_run *run, struct err *err) __attribute__((warn_unused_result));

#endif
