/* SPDX-License-Identifier: ISC */
/*
 * Names of entries in an archive.
 * TRUST: shared, reads hostile input
 * INPUT: names out of a hostile archive
 * MUST: give only names that lead downwards: no "..", no slash at the front, nothing empty.
 */
#ifndef CLIENT_ARCHIVE_NAME_H
#define CLIENT_ARCHIVE_NAME_H

#include <limits.h>

/*
 * The name without slashes at both ends, empty components and "."; "" for the archive's top. 0, or
 * -1 and *why: what is wrong with it.
 */
int name_clean(const char *raw, char clean[PATH_MAX], const char **why)
    __attribute__((warn_unused_result));

/* How long the first component of a clean name is. */
unsigned long name_first(const char *clean);

/* The last component of a clean name that is not "". */
const char *name_last(const char *clean);

#endif
