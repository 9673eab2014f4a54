/* SPDX-License-Identifier: ISC */
/*
 * One mount of a job: its rules, and type Mount of io.berth.Engine. What it is stands in job.h.
 * TRUST: shared, reads hostile input
 * INPUT: a mount as the user described it, or as a client sent it
 * MUST: know for each type which members it has, and accept no other one.
 */
#ifndef CLIENT_LIB_JOB_MOUNT_H
#define CLIENT_LIB_JOB_MOUNT_H

#include "client/lib/job.h"

/* What stands in the JSON as a path, and what it is for people. 0, or -1 with ERR_USAGE. */
int job_check_path(const char *path, const char *role, struct err *err)
    __attribute__((warn_unused_result));

/* A letter or digit, then those or one of more (at most 7 of them); 1 to max bytes. */
bool job_is_word(const char *text, const char *more, size_t max);

/* A part of job_check. 0, or -1 with ERR_USAGE. */
int job_mount_check(const struct job_mount *mount, struct err *err)
    __attribute__((warn_unused_result));

/*
 * What goes on the wire, with *index (if it is not NULL) as the number of its descriptor, which is
 * moved on when it has one. NULL when memory is short.
 */
struct json_object *job_mount_encode(const struct job_mount *mount, size_t *index);

/* Out of it; it borrows a descriptor from conn. 0, or -1 with err; job_mount_free in both cases. */
int job_mount_decode(struct json_object *object, const struct varlink *conn,
    struct job_mount *mount, struct err *err) __attribute__((warn_unused_result));

#endif
