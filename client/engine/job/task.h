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
#include "client/engine/job/stage.h"

struct record;

struct task {
	const struct engine
	    *engine; /* as it was at the fork; its descriptors but jobs are closed */
	const struct job *job;
	const char *id;
	const char *name;
	int conn; /* the client */
	int dir; /* jobs/ID; the lock is on it */
	bool ahead; /* it is in a network namespace of its own, older than the task */
	struct stage stage; /* mounts that are, or none */
	size_t slot;
	int64_t until; /* the end of what the job may do, wall clock in seconds; 0: none */
	const struct record *record; /* as it is on disk; NULL: it is not */
	bool again; /* it was over once: what is kept of it stays whatever comes */
	int ctl; /* socket that listens for what the engine hands on, or -1 */
	int console; /* the job's own terminal, borrowed from its process; -1: none */
	int devpts; /* the job's own, as it was made: what has its name in there may be another */
	int proc; /* likewise its procfs */
	int own; /* jobs/ID in the mount namespace of the job, until its root is entered; or -1 */
	size_t nvolumes;
	int volumes[JOB_MOUNTS_MAX]; /* their locks: volume/volume.h */
};

#define IDENTITY_GROUPS_MAX 128

/* As whom a process of a job runs, and where its home is. */
struct identity {
	uid_t uid;
	gid_t gid;
	size_t ngroups;
	gid_t groups[IDENTITY_GROUPS_MAX]; /* gid is among them */
	bool keeps_groups; /* the engine's instead of these */
	char home[256];
};

/*
 * Do its processes, and with them the supervisor, keep the supplementary groups that the engine has from
 * its user? They work in the job as they do outside, though most have no number there (id(1) shows
 * 65534). Asked for, or because one id alone may not drop any (setgroups(2) is denied).
 */
static inline bool
task_keeps_groups(const struct task *task)
{
	return task->engine->host.keeps_groups || task->job->keep_groups;
}

/* What the job calls itself. */
static inline const char *
task_hostname(const struct task *task)
{
	return task->job->hostname != NULL ? task->job->hostname : task->id;
}

#endif
