/* SPDX-License-Identifier: ISC */
/*
 * From a fork of the supervisor to the user's command: pid 2 of the job.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; the job's root, which was entered before
 * MUST: hand on nothing but what stands here: standard streams, the built environment, the
 *       identity, the limits; not touch the root before the supervisor has entered it; take every
 *       capability that the job does not have out of all five sets before the command runs; install
 *       the filter before any of it is believed.
 */
#ifndef CLIENT_ENGINE_JOB_COMMAND_H
#define CLIENT_ENGINE_JOB_COMMAND_H

#include "client/engine/job/task.h"

/* What went wrong before the command ran. */
enum step {
	STEP_INVALID = 0,
	STEP_SESSION,
	STEP_STREAMS,
	STEP_LIMITS,
	STEP_IDENTITY,
	STEP_FILTER,
	STEP_WORKDIR,
	STEP_EXEC
};

/* Comes over the report pipe, which the execution of the command closes. */
struct report {
	enum step step;
	int errnum;
};

struct command {
	const struct task *task;
	int report; /* pipe: a struct report */
	int go; /* pipe: the struct identity, once the root is entered */
};

/* Never returns: becomes the command, or reports and exits. */
void command_exec(const struct command *command) __attribute__((noreturn));

/* The report in words. Returns -1. */
int command_explain(const struct report *report, const struct job *job, struct err *err);

#endif
