/* SPDX-License-Identifier: ISC */
/*
 * A volume for a job that starts: the one of this name, or a new one with what the image has at its place.
 * One without a name lies in the job's own directory and goes with it.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; the state root; an image's files
 * MUST: as volume.h and fill.h; let nobody see a volume that is not filled yet.
 */
#ifndef CLIENT_ENGINE_VOLUME_ATTACH_H
#define CLIENT_ENGINE_VOLUME_ATTACH_H

#include "client/engine/job/task.h"

/*
 * The directory that mount number index of the job shows, a descriptor; -1 with err. root: of the job, target:
 * where it is going to be mounted. The lock of one with a name joins task->volumes.
 */
int volume_attach(struct task *task, size_t index, int root, int target, struct err *err)
    __attribute__((warn_unused_result));

#endif
