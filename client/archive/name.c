/* SPDX-License-Identifier: ISC */
/*
 * Names of entries: see name.h.
 * TRUST: shared, reads hostile input
 * INPUT: as in name.h
 * MUST: as in name.h
 */
#include "client/archive/name.h"

#include <string.h>

int
name_clean(const char *raw, char clean[PATH_MAX], const char **why)
{
	size_t used = 0;

	clean[0] = '\0';
	for (; *raw != '\0'; raw += strspn(raw, "/")) {
		size_t len = strcspn(raw, "/");

		if (len == 2 && raw[0] == '.' && raw[1] == '.') {
			*why = "it has \"..\" in its name";
			return -1;
		}
		if (len == 0 || (len == 1 && raw[0] == '.')) {
			raw += len;
			continue;
		}
		if (len > NAME_MAX || used + len + 2 > PATH_MAX) {
			*why = "its name is too long";
			return -1;
		}
		if (used > 0)
			clean[used++] = '/';
		memcpy(clean + used, raw, len);
		used += len;
		clean[used] = '\0';
		raw += len;
	}
	return 0;
}

unsigned long
name_first(const char *clean)
{
	return strcspn(clean, "/");
}

const char *
name_last(const char *clean)
{
	const char *slash = strrchr(clean, '/');

	return slash != NULL ? slash + 1 : clean;
}
