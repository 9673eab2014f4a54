/* SPDX-License-Identifier: ISC */
/*
 * A job's /dev.
 * TRUST: unprivileged
 * INPUT: a root whose image is hostile; the host's device nodes
 * MUST: take each device from the host's node and check its number on the descriptor that is
 *       mounted; never look at a name in the image (CVE-2025-31133, CVE-2025-52565,
 *       CVE-2026-41579). These binds are the only mounts of a job without nodev.
 */
#ifndef CLIENT_ENGINE_JOB_DEV_H
#define CLIENT_ENGINE_JOB_DEV_H

#include "client/engine/job/target.h"
#include "client/engine/job/task.h"
#include "common/err.h"

/* An empty /dev, to be mounted somewhere before it is filled: with all but terminals. -1 with errno. */
int dev_new(void) __attribute__((warn_unused_result));
int dev_fill(int dev) __attribute__((warn_unused_result));

/* Are its devices still those that the host has? */
bool dev_is_fresh(int dev) __attribute__((warn_unused_result));

/*
 * Mounts it; a job with a terminal finds that as /dev/console too. Sets task->devpts. The descriptor of
 * the new /dev, or -1 with err.
 */
int dev_mount(struct root *root, struct task *task, struct err *err)
    __attribute__((warn_unused_result));

#endif
