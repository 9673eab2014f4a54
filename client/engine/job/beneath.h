/* SPDX-License-Identifier: ISC */
/*
 * Opens what is below a directory, and nothing else.
 * TRUST: unprivileged
 * INPUT: trees that their user, a job or an image's author can change at any time
 * MUST: leave the directory nowhere; beneath_open: follow no symlink, enter no other mount, wait for nothing
 *       that is opened (a FIFO).
 */
#ifndef CLIENT_ENGINE_JOB_BENEATH_H
#define CLIENT_ENGINE_JOB_BENEATH_H

#include <stdint.h>

/*
 * To read, close-on-exec; flags: O_DIRECTORY, or 0 for what it may be. at: AT_FDCWD as well. -1 with errno:
 * ELOOP for a symlink, EXDEV for another mount or what is not below.
 */
int beneath_open(int at, const char *path, int flags) __attribute__((warn_unused_result));

/*
 * path with root as the root directory: links are followed, and cannot lead out. flags of open(2), O_CLOEXEC is
 * added. -1 with errno, as scoped_open (client/lib/scoped.h).
 */
int root_open(int root, const char *path, uint64_t flags) __attribute__((warn_unused_result));

#endif
