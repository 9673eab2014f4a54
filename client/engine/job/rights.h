/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor may do. Effective is what it does itself; permitted is, beyond that, what its forks
 * need on their way to a later command of the job, and they alone raise it (command.c).
 * TRUST: unprivileged
 * INPUT: a job that was decided upon
 * MUST: have given up what works before the job's first command runs; believe no call that says it
 *       succeeded; start no later process while the power to install a filter is there.
 */
#ifndef CLIENT_ENGINE_JOB_RIGHTS_H
#define CLIENT_ENGINE_JOB_RIGHTS_H

#include "client/engine/job/task.h"

/* The root is entered: the power to mount goes, and the groups. 0, or -1 with err. */
int rights_drop(const struct task *task, struct err *err) __attribute__((warn_unused_result));

/*
 * Installs the job's filter, which later processes get from here: without no_new_privs, which they would
 * have too, it takes a power that goes now as well. It takes a tenth of a millisecond, so the first
 * command, which has a filter of its own, does not wait for it. Until then the supervisor serves
 * nobody. 0 or -1 with errno.
 */
int rights_settle(const struct task *task) __attribute__((warn_unused_result));

#endif
