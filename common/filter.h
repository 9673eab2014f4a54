/* SPDX-License-Identifier: ISC */
/*
 * The system call filters that config/seccomp/filtergen makes from the lists beside it when berth
 * is built. Classic BPF for seccomp(2), SECCOMP_SET_MODE_FILTER.
 * TRUST: privileged, pure
 * INPUT: none at run time
 * MUST: be constant; be the whole text of a filter, in the order the kernel takes it.
 */
#ifndef COMMON_FILTER_H
#define COMMON_FILTER_H

#include <linux/filter.h>

/* The ceiling: on the engine and on everything that comes from it. Installed by the launcher. */
extern const struct sock_filter filter_ceiling[];
extern const unsigned short filter_ceiling_len;

/* The watcher of a grant that ends. Installed by itself. */
extern const struct sock_filter filter_watch[];
extern const unsigned short filter_watch_len;

/* A confined job. Installed by the job's first process before it drops its capabilities. */
extern const struct sock_filter filter_job[];
extern const unsigned short filter_job_len;

#endif
