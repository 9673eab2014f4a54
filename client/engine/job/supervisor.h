/* SPDX-License-Identifier: ISC */
/*
 * The supervisor: pid 1 of a job, a fork of the engine that outlives it if need be. It owns the
 * client's connection from the start of the job to its end.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; calls from the client; the job's processes
 * MUST: keep no descriptor and no capability of the engine that it does not need; end the job when
 *       its client is gone; tell the client of the end only when nothing of the job runs any more.
 */
#ifndef CLIENT_ENGINE_JOB_SUPERVISOR_H
#define CLIENT_ENGINE_JOB_SUPERVISOR_H

#include "client/engine/job/task.h"

/* Runs the job in this process, which is alone in its namespaces. */
void supervisor_run(struct task *task) __attribute__((noreturn));

#endif
