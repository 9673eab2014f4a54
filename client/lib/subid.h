/* SPDX-License-Identifier: ISC */
/*
 * Subordinate ids: the user's range in /etc/subuid and /etc/subgid, subuid(5).
 * TRUST: shared, reads hostile input
 * INPUT: the two files (root's; other tools and people write them)
 * MUST: give a range of a line that names exactly this user, by name or by number, and that may
 *       be mapped (common/idmap.h), or none; be bounded in size and time. What is given is asked of
 *       newuidmap(1), which reads the files again: nothing is allowed here.
 */
#ifndef CLIENT_LIB_SUBID_H
#define CLIENT_LIB_SUBID_H

#include <stddef.h>

#include "common/idmap.h"

#define SUBID_FILE_MAX (1UL << 20)

/* Whose range is looked for. */
struct subid_owner {
	const char *name; /* or "" */
	uint32_t uid; /* in both files it is the user's number that may stand there */
	uint32_t own; /* the id that must not be in the range: the uid or the gid */
};

/* The first range of the user's in text, which is changed. Is there one? */
bool subid_find(char *text, size_t len, const struct subid_owner *owner, struct id_range *range);

/* The same in the file path; false also when it cannot be read or is too large. */
bool subid_load(const char *path, const struct subid_owner *owner, struct id_range *range);

#endif
