/* SPDX-License-Identifier: ISC */
/*
 * The user of a job, by the image's own passwd and group files.
 * TRUST: unprivileged
 * INPUT: "-u" from the request; hostile files in the job's root, after it was entered
 * MUST: not hang on a FIFO, read a bounded length, take a number as a number and nothing else as
 *       one (CVE-2016-3697: a user called 1000), never give id 0 for what is not 0.
 */
#ifndef CLIENT_ENGINE_JOB_ACCOUNT_H
#define CLIENT_ENGINE_JOB_ACCOUNT_H

#include "client/engine/job/task.h"

/* user as in struct job; NULL: 0:0. 0, or -1 with err. */
int account_find(const char *user, struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

#endif
