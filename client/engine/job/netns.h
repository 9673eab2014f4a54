/* SPDX-License-Identifier: ISC */
/*
 * The network of a job.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: touch only the namespace the caller is in.
 */
#ifndef CLIENT_ENGINE_JOB_NETNS_H
#define CLIENT_ENGINE_JOB_NETNS_H

/* Sets up the loopback of the namespace the caller is in. 0 or -1 with errno. */
int netns_loopback(void) __attribute__((warn_unused_result));

#endif
