/* SPDX-License-Identifier: ISC */
/*
 * What a file system is called.
 * TRUST: unprivileged
 * INPUT: what statfs(2) says
 * MUST: name each one, if only by its number
 */
#ifndef CLIENT_LIB_FSTYPE_H
#define CLIENT_LIB_FSTYPE_H

#include <sys/vfs.h>

#define FSTYPE_MAX 32

/* As mount(8) calls it, or "of type 0x..."; NULL is "unknown". */
void fstype_name(const struct statfs *fs, char name[FSTYPE_MAX]);

#endif
