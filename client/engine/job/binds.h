/* SPDX-License-Identifier: ISC */
/*
 * What of the host a job sees, and what else it asked to have mounted: tmpfs and volumes.
 * TRUST: unprivileged
 * INPUT: paths and descriptors from the client, a hostile root
 * MUST: mount only what was decided upon: the path is opened again here without following any
 *       symlink and must be what the client's descriptor is; nosuid and nodev always, but for what the host mounts
 *       beneath a slave mount later: that has the host's own flags.
 */
#ifndef CLIENT_ENGINE_JOB_BINDS_H
#define CLIENT_ENGINE_JOB_BINDS_H

#include "client/engine/job/target.h"
#include "client/engine/job/task.h"

/* The canonical path as O_PATH descriptor, checked against the client's. -1 with err. */
int bind_source(const char *path, int client_fd, struct err *err)
    __attribute__((warn_unused_result));

/* The directories of the image "host". 0, or -1 with err. */
int binds_host(const struct root *root, const struct host *host, struct err *err)
    __attribute__((warn_unused_result));

/* resolv.conf and hosts for a job in the host's network; a job without them still runs. */
void binds_network(const struct root *root);

/*
 * Clones what the job asked to have mounted, clones[i] for mounts[i], -1 for what is no bind. Before the
 * job's root is attached anywhere: a directory that holds the state directory would else show that
 * root once more, writable and busy. 0, or -1 with err; binds_close in both cases.
 */
int binds_clone(const struct task *task, int clones[JOB_MOUNTS_MAX], struct err *err)
    __attribute__((warn_unused_result));
void binds_close(const struct job *job, int clones[JOB_MOUNTS_MAX]);

/* Mounts the clones, and what tmpfs and volumes the job asked for; its secrets come later. 0, or -1 with err. */
int binds_job(struct root *root, struct task *task, const int clones[JOB_MOUNTS_MAX],
    struct err *err) __attribute__((warn_unused_result));

#endif
