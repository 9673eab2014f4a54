/* SPDX-License-Identifier: ISC */
/*
 * Secrets of a job: files that are in its memory and nowhere else. What they hold comes as sealed memfds
 * with the call; they are put into a tmpfs that is seen nowhere, and each is bound at its target.
 * TRUST: unprivileged
 * INPUT: descriptors of a client's, which may be anything; a hostile root
 * MUST: take nothing but a sealed memfd of at most JOB_SECRET_MAX; let none of it come to a file on
 *       disk, a log, an answer or memory of this process (the kernel may swap it out, as all memory);
 *       mount read-only, nosuid, nodev, noexec, and only at a target that target.h lets through.
 */
#ifndef CLIENT_ENGINE_JOB_SECRETS_H
#define CLIENT_ENGINE_JOB_SECRETS_H

#include "client/engine/job/target.h"
#include "client/lib/job.h"

/* Is one among the job's mounts? */
bool secrets_any(const struct job *job);

/*
 * In a mount namespace of the job's own, with the state root as working directory, when all else is
 * mounted: the job's user is looked up as it will be when the command starts. 0, or -1 with err.
 */
int secrets_mount(const struct root *root, const struct job *job, struct err *err)
    __attribute__((warn_unused_result));

/* A job that begins once more from what is on disk, where no secret is. 0, or -1 with what to do. */
int secrets_again(const struct job *job, const char *name, struct err *err)
    __attribute__((warn_unused_result));

#endif
