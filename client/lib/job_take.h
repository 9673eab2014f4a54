/* SPDX-License-Identifier: ISC */
/*
 * Values of the parameters of io.berth.Engine: what job_decode and job_mount_decode share.
 * TRUST: shared, reads hostile input
 * INPUT: JSON from any client of the user's
 * MUST: store nothing of a wrong type or beyond a limit.
 */
#ifndef CLIENT_LIB_JOB_TAKE_H
#define CLIENT_LIB_JOB_TAKE_H

#include "client/lib/job.h"

/* Each: 0, or -1 with ERR_USAGE (ERR_SYSTEM when memory is short), and nothing is stored. */

/* The descriptor of an index; it stays conn's. */
int job_take_fd(const struct varlink *conn, struct json_object *value, int *fd, struct err *err)
    __attribute__((warn_unused_result));
/* A copy, which is the caller's; *text must be NULL before. */
int job_take_text(struct json_object *value, char **text, struct err *err)
    __attribute__((warn_unused_result));
/* The position of the text in names, a list that ends with NULL; 0 is "invalid" and not in it. */
int job_take_choice(struct json_object *value, const char *const *names, unsigned int *choice,
    struct err *err) __attribute__((warn_unused_result));

#endif
