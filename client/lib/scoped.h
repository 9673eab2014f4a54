/* SPDX-License-Identifier: ISC */
/*
 * openat2(2) with a scope, on a host that mounts and renames.
 * TRUST: unprivileged
 * INPUT: paths and trees that somebody else can change at any time
 * MUST: give up, though late
 */
#ifndef CLIENT_LIB_SCOPED_H
#define CLIENT_LIB_SCOPED_H

#include <linux/openat2.h>

/*
 * openat2(2), O_CLOEXEC added. -1 with errno: EAGAIN when something on this host was renamed or mounted each
 * time that the kernel went over a "..", for a fifth of a second and more (openat2(2), ERRORS).
 */
int scoped_open(int at, const char *path, struct open_how how) __attribute__((warn_unused_result));

#endif
