/* SPDX-License-Identifier: ISC */
/*
 * What of a job's root does not depend on the job, mounted ahead: /dev but its terminals, /proc and /sys
 * with what covers parts of them, /tmp and /run. Each is a new mount of the namespaces that this process is
 * in, and is moved to its place when the job has a root.
 * TRUST: unprivileged
 * INPUT: the host's device nodes
 * MUST: be made in namespaces that no job has been in; be used for one job.
 */
#ifndef CLIENT_ENGINE_JOB_STAGE_H
#define CLIENT_ENGINE_JOB_STAGE_H

#include <stdbool.h>

#include "common/err.h"

struct host;

struct stage {
	int dev;
	int proc;
	int sys;
	int tmp;
	int run;
};

#define STAGE_NONE                 \
	{                          \
		-1, -1, -1, -1, -1 \
	}

/* Makes them in a tmpfs over STATE_RUN, which jobs do not see. 0, or -1 with err. */
int stage_make(struct stage *stage, const struct host *host, struct err *err)
    __attribute__((warn_unused_result));

/* Is what they show still what the host has? */
bool stage_is_fresh(const struct stage *stage) __attribute__((warn_unused_result));

/* Closes them; they are none afterwards. What is mounted stays where no job sees it. */
void stage_drop(struct stage *stage);

#endif
