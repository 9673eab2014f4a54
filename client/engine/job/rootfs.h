/* SPDX-License-Identifier: ISC */
/*
 * Builds the root of a job and enters it.
 * TRUST: unprivileged
 * INPUT: a hostile image, a request that was decided upon
 * MUST: run in a mount namespace of the job's own, with the state root as working directory;
 *       leave nothing of the host's tree behind.
 */
#ifndef CLIENT_ENGINE_JOB_ROOTFS_H
#define CLIENT_ENGINE_JOB_ROOTFS_H

#include "client/engine/job/task.h"

/* A detached tmpfs as /tmp and /run are. -1 with errno. */
int rootfs_scratch(const char *mode) __attribute__((warn_unused_result));

/* 0 with the job's root as root and working directory, task->devpts and task->proc being what is
 * mounted in it, or -1 with err. */
int rootfs_enter(struct task *task, struct err *err) __attribute__((warn_unused_result));

/*
 * The root of a job that is over, to look into and to change: what it wrote over its image, and for the
 * image "host" the host's directories; no other mounts. In a mount namespace of the caller's own. A
 * descriptor (O_PATH), or -1 with err.
 */
int rootfs_look(struct task *task, struct err *err) __attribute__((warn_unused_result));

#endif
