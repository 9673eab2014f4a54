/* SPDX-License-Identifier: ISC */
/*
 * The user of a job, by the image's own passwd and group files.
 * TRUST: unprivileged
 * INPUT: "-u" from the request; hostile files in the job's root, after it was entered
 * MUST: not hang on a FIFO nor open a device; hold and read a bounded length; take digits as a
 *       number and nothing else as one (CVE-2016-3697: a user called 1000); never give an id to a
 *       name that is not there, nor one in place of what is no number (CVE-2026-47262).
 */
#ifndef CLIENT_ENGINE_JOB_ACCOUNT_H
#define CLIENT_ENGINE_JOB_ACCOUNT_H

#include "client/engine/job/task.h"

/*
 * Looks user (as in struct job_run; NULL: "0") up in the files of root, a directory's descriptor, which
 * no link leads out of. Groups: the one that was given, else that of passwd and those that list the
 * user; the process's own one is always among the supplementary ones. Missing files are empty ones;
 * what cannot be believed (no regular file, above 16 MiB, a line with a wrong number) is an error
 * where something that was asked for depends on it; without user it is 0 and group 0 then. 0, or -1
 * with err, and then *identity means nothing.
 */
int account_find(int root, const char *user, struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The identity of a process of this job, the first or a later one; the caller's root is the job's.
 * A file system that does not answer holds it up: whoever has clients to serve calls it in a fork,
 * before identity_take.
 */
int account_of_run(const struct task *task, const struct job_run *run, struct identity *identity,
    struct err *err) __attribute__((warn_unused_result));

#endif
