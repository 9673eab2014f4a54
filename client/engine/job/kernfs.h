/* SPDX-License-Identifier: ISC */
/*
 * A job's /proc and /sys, with what is masked and what is read-only in them.
 * TRUST: unprivileged
 * INPUT: a root whose image is hostile
 * MUST: look names up only in file systems that were made for this job a moment ago, by
 *       descriptor, so that no name is the image's (CVE-2019-16884, CVE-2025-52881); write
 *       nothing in procfs.
 */
#ifndef CLIENT_ENGINE_JOB_KERNFS_H
#define CLIENT_ENGINE_JOB_KERNFS_H

#include "client/engine/job/target.h"
#include "common/err.h"

struct kernfs {
	int dev; /* the job's /dev: its null masks files */
	bool host_network; /* /sys belongs to a network namespace: then it is the host's */
	unsigned int cpus; /* see struct host */
};

struct stage;

/* A new procfs and sysfs (or the host's) that nothing is mounted on yet. -1 with err. */
int kernfs_proc(struct err *err) __attribute__((warn_unused_result));
int kernfs_sys(bool host, struct err *err) __attribute__((warn_unused_result));

/* Covers what is not for jobs; both must be mounted somewhere. 0, or -1 with err. */
int kernfs_protect(int proc, int sys, const struct kernfs *kernfs, struct err *err)
    __attribute__((warn_unused_result));

/* Mounts both, those of the stage if it has them. The job's procfs, for the caller to close, or -1 with err. */
int kernfs_mount(const struct root *root, const struct kernfs *kernfs, const struct stage *stage,
    struct err *err) __attribute__((warn_unused_result));

#endif
