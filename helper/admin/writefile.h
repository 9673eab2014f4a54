/* SPDX-License-Identifier: ISC */
/*
 * A file is there as it was or as it shall be, never between.
 * TRUST: privileged
 * INPUT: names and texts of ours
 * MUST: be called with the store's lock; leave the old file when anything fails.
 */
#ifndef HELPER_ADMIN_WRITEFILE_H
#define HELPER_ADMIN_WRITEFILE_H

#include <stddef.h>

#include "common/err.h"

/* Makes or replaces name, root's, 0644, on disk before it returns. 0, or -1 with err. */
int writefile_at(int dirfd, const char *name, const char *text, size_t len, struct err *err)
    __attribute__((warn_unused_result));

#endif
