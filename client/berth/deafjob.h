/* SPDX-License-Identifier: ISC */
/*
 * The end of a job whose supervisor does not answer. An engine cannot see the supervisors of an engine
 * before it, which are in another pid namespace; its user can, from outside.
 * TRUST: unprivileged
 * INPUT: what the kernel says of the job's socket; /proc
 * MUST: kill no process but one that listens at the job's socket, is a supervisor by its name and
 *       belongs to the user; and only when the user wants the end of the job.
 */
#ifndef CLIENT_BERTH_DEAFJOB_H
#define CLIENT_BERTH_DEAFJOB_H

#include "client/berth/cli.h"

/* Kills the job's supervisor, and with it the job. 0: it is gone; -1 with err, which
 * tells of the job; err stays as it was when it has none, or cannot be looked at. */
int deafjob_kill(struct cli *cli, const char *job, struct err *err)
    __attribute__((warn_unused_result));

#endif
