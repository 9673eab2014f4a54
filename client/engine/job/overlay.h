/* SPDX-License-Identifier: ISC */
/*
 * The root of a job: an overlay whose upper directory goes with the job's own directory: at its end, or
 * of one that is kept with its removal.
 * TRUST: unprivileged
 * INPUT: names below the state root, made by the engine
 * MUST: pass only relative names without ':' and ',' to the kernel, whatever the state root and
 *       the image are called.
 */
#ifndef CLIENT_ENGINE_JOB_OVERLAY_H
#define CLIENT_ENGINE_JOB_OVERLAY_H

#include "client/engine/engine.h"

/* The names in a job's directory, and from there. */
#define OVERLAY_HOST "../../" STATE_HOST
#define OVERLAY_LOWER "l" /* mount point of an image that is not below the state root */
#define OVERLAY_UPPER "u"
#define OVERLAY_WORK "w"

/* Makes upper and work in a job's directory. 0 or -1 with errno. */
int overlay_directories(int dir) __attribute__((warn_unused_result));

/* Makes those of a job that is over ready to be mounted once more: what it wrote stays. 0 or -1 with
 * errno. */
int overlay_again(int dir) __attribute__((warn_unused_result));

/*
 * The overlay of the directories in job and of lower, a name from there. job was opened in the mount
 * namespace of the caller, who may have covered its path since. Detached mount with nodev and the
 * attributes; -1 with errno.
 */
int overlay_mount(int job, const char *lower, unsigned int attributes)
    __attribute__((warn_unused_result));

#endif
