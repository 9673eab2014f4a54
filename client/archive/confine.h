/* SPDX-License-Identifier: ISC */
/*
 * What berth-archive gives up before it looks at anything: so that a flaw of it, or of the library
 * that reads the format, reaches no further than the tree that it was called for.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: take away everything that the kernel has a means for; fail when one that it has fails.
 */
#ifndef CLIENT_ARCHIVE_CONFINE_H
#define CLIENT_ARCHIVE_CONFINE_H

#include <linux/filter.h>
#include <stdbool.h>

#include "common/err.h"

/* Made of config/seccomp/archive.list when berth is built, as those of common/filter.h. */
extern const struct sock_filter filter_archive[];
extern const unsigned short filter_archive_len;

/* Bounded memory (a compressed archive may ask for gigabytes), no dumps, no new privileges. */
int confine_limits(struct err *err) __attribute__((warn_unused_result));

/*
 * Landlock, where the kernel has it: only what is beneath dir, and only to be read unless writable.
 * Without a directory (-1) that holds for everything. Then the filter of system calls, config/
 * seccomp/archive.list: no network, no other program, no other process. 0, or -1 with err.
 */
int confine_access(int dir, bool writable, struct err *err) __attribute__((warn_unused_result));

#endif
