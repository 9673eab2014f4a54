/* SPDX-License-Identifier: ISC */
/*
 * From a fork of the supervisor to a command of the user's: the job's first process, which becomes
 * its pid 2 while the root is built, and the later ones.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; the job's root, which was entered before
 * MUST: hand on nothing but what stands here: standard streams, the built environment, the
 *       identity, the limits; not touch the root before the supervisor has entered it; take every
 *       capability that the job does not have out of all five sets before the command runs; install
 *       the filter before any of it is believed; give a later process nothing that the first one
 *       does not have (CVE-2022-29162, CVE-2024-21626).
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
	STEP_ACCOUNT,
	STEP_FILTER,
	STEP_WORKDIR,
	STEP_EXEC
};

/* Comes over the report pipe, as a whole, which the execution of the command closes. */
struct report {
	enum step step;
	struct err err;
};

/* What the supervisor says over the pipe go: that the root is entered. When it has given up its own
 * rights it closes the pipe. */
#define COMMAND_GO 'g'

struct command {
	const struct task *task;
	const struct job_run *run; /* task->job->run: the first one */
	const struct pty *pty; /* its terminal; NULL: stdio */
	int stdio[3];
	int report; /* pipe: a struct report */
	int go; /* pipe; -1: a later process, from a supervisor that has few rights */
};

/* Never returns: becomes the command, or reports and exits. */
void command_exec(const struct command *command) __attribute__((noreturn));

#endif
