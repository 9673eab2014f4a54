/* SPDX-License-Identifier: ISC */
/*
 * The reader of policy files for programs without privilege: what they read decides only about
 * themselves or is decided again by the launcher, so owner and mode are not judged here.
 * TRUST: shared, reads hostile input
 * INPUT: files below /etc/berth (root's, as far as a private mount namespace can be believed)
 * MUST: not block on a FIFO, not follow a symlink, not leave the directory, read a bounded length.
 */
#ifndef CLIENT_LIB_POLICYFILE_H
#define CLIENT_LIB_POLICYFILE_H

#include <stddef.h>

#include "common/err.h"

/*
 * A policy_reader (common/policy.h). ctx is an int *: descriptor of the directory (O_PATH will do).
 * 1 and *len, 0 when there is no such file, -1 with err (ERR_CONFIG).
 */
int policyfile_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len,
    struct err *err) __attribute__((warn_unused_result));

#endif
