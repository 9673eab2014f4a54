/* SPDX-License-Identifier: ISC */
/*
 * The image "host", and what else is found out about the host once for all jobs.
 * TRUST: unprivileged
 * INPUT: the host's /usr and /etc; the state root, which its user can change at any time
 * MUST: write below the state root only through directories that were opened without following
 *       symlinks, and files only by rename; show a job nothing of the host but what stands here.
 */
#ifndef CLIENT_ENGINE_JOB_HOST_H
#define CLIENT_ENGINE_JOB_HOST_H

#include "client/engine/engine.h"

/* What all images need to know of the host. */
void host_look(struct host *host);

/* Makes or renews the skeleton and fills engine->host, before the first job with this image. 0, or -1
 * with err. */
int host_prepare(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/* Removes from the directory skeleton what host_prepare made, and nothing else. */
void host_remove(int skeleton);

#endif
