/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor works on.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: be read-only but for who fills it.
 */
#ifndef CLIENT_ENGINE_JOB_TASK_H
#define CLIENT_ENGINE_JOB_TASK_H

#include "client/engine/engine.h"
#include "client/engine/job/pty.h"

struct task {
	const struct engine
	    *engine; /* as it was at the fork; its descriptors but jobs are closed */
	const struct job *job;
	const char *id;
	const char *name;
	int conn; /* the client */
	int dir; /* jobs/ID; the lock is on it */
	int net; /* a network namespace made ahead, or -1: it is the process's own */
	size_t slot;
	int64_t until; /* the end of what the job may do, wall clock in seconds; 0: none */
	struct pty pty; /* -1 unless the job has a terminal */
};

/* Where a job's command starts as whom. */
struct identity {
	uid_t uid;
	gid_t gid;
	size_t ngroups;
	gid_t groups[64];
	bool keeps_groups; /* those of the user, which one id alone may not drop */
	char home[256];
};

/* What the job calls itself. */
static inline const char *
task_hostname(const struct task *task)
{
	return task->job->hostname != NULL ? task->job->hostname : task->id;
}

#endif
