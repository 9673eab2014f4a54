/* SPDX-License-Identifier: ISC */
/*
 * Drops every descriptor of a process but those that it names.
 * TRUST: unprivileged
 * INPUT: descriptors
 * MUST: know nothing of what the others are: what is not named is closed.
 */
#ifndef CLIENT_ENGINE_JOB_KEEP_H
#define CLIENT_ENGINE_JOB_KEEP_H

#include <stddef.h>

/* Closes all but 0 to 2 and the n that are named; sorts fds; ignores negative ones. */
void keep_only(int *fds, size_t n);

#endif
