/* SPDX-License-Identifier: ISC */
/*
 * Questions about path names. Contract in path.h.
 * TRUST: privileged, pure
 * INPUT: paths from policy files and from requests (hostile)
 * MUST: as path.h says
 */
#include "common/path.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

bool
path_is_canonical(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len >= PATH_MAX)
		return (false);
	if (len == 1)
		return (true);
	while (*path == '/') {
		size_t part = strcspn(++path, "/");

		if (part <= 2 && strspn(path, ".") == part)
			return (false);
		path += part;
	}
	return (true);
}

bool
path_is_beneath(const char *parent, const char *path)
{
	size_t len = strlen(parent);

	if (!path_is_canonical(parent) || !path_is_canonical(path))
		return (false);
	if (len == 1)
		return (true);
	return (strncmp(parent, path, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}
