/* SPDX-License-Identifier: ISC */
/*
 * The last steps down: capabilities, groups, ids, filter. In this order: identity_prepare,
 * identity_filter, identity_take. A supervisor, which takes these steps for a later process once
 * more, stops half-way: identity_filter, identity_hold; a fork of it on its way to a command begins
 * with identity_raise.
 * TRUST: unprivileged
 * INPUT: numbers that were decided upon
 * MUST: leave a job that is not root no capability, and root no more than caps in any of the five
 *       sets; read back what was set, for a change that "succeeds" without effect is one that
 *       failed (CVE-2026-35535).
 */
#ifndef CLIENT_ENGINE_JOB_IDENTITY_H
#define CLIENT_ENGINE_JOB_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "client/engine/job/task.h"

/* Bounding and ambient set, securebits. 0 or -1 with errno. */
int identity_prepare(uint64_t caps) __attribute__((warn_unused_result));

/* The filter of a job. While there is still a capability to install it without no_new_privs. */
int identity_filter(void) __attribute__((warn_unused_result));

/* Is that filter on? */
bool identity_filtered(void);

/* Groups, gid, uid, the other three sets, and reads all of it back. 0 or -1 with errno. */
int identity_take(const struct identity *identity, uint64_t caps)
    __attribute__((warn_unused_result));

/*
 * Reduces the permitted set of the caller to may and the effective one to does, both only as far as
 * they are permitted now, inheritable to nothing, and reads them back. 0 or -1 with errno.
 */
int identity_hold(uint64_t may, uint64_t does) __attribute__((warn_unused_result));

/* Makes effective what is permitted. 0 or -1 with errno. */
int identity_raise(void) __attribute__((warn_unused_result));

#endif
