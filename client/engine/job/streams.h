/* SPDX-License-Identifier: ISC */
/*
 * The streams that a client gives to a process.
 * TRUST: unprivileged
 * INPUT: descriptors of any client of the user's
 * MUST: let nothing through that is a door to the tree it comes from, or to a disk; ask no file system
 *       that may not answer.
 */
#ifndef CLIENT_ENGINE_JOB_STREAMS_H
#define CLIENT_ENGINE_JOB_STREAMS_H

#include "common/err.h"

/* Can fd be stream number of a process? 0, or -1 with err. */
int streams_check(int fd, int number, struct err *err) __attribute__((warn_unused_result));

#endif
