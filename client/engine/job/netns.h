/* SPDX-License-Identifier: ISC */
/*
 * The network of a job.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: touch only the namespace that it makes.
 */
#ifndef CLIENT_ENGINE_JOB_NETNS_H
#define CLIENT_ENGINE_JOB_NETNS_H

/*
 * Enters a new network namespace, whose loopback interface is up. It takes longer than all others together,
 * so that who waits for the fork should not have it done there. 0 or -1 with errno.
 */
int netns_make(void) __attribute__((warn_unused_result));

#endif
