/* SPDX-License-Identifier: ISC */
/*
 * A file that somebody named, if it is one. Contract in regular.h.
 * TRUST: unprivileged
 * INPUT: a path of the caller, resolved with the caller's rights
 * MUST: as regular.h says
 */
#include "client/berth/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/io.h"

/* What it is is found out first. Then the very same is opened. */
int
regular_open(const char *path)
{
	int AUTO_CLOSE seen = open(path, O_PATH | O_CLOEXEC);
	char again[32];
	struct stat st;

	if (seen < 0 || fstat(seen, &st) != 0)
		return (-1);
	if (!S_ISREG(st.st_mode)) {
		errno = 0;
		return (-1);
	}
	snprintf(again, sizeof(again), "/proc/self/fd/%d", seen);
	return (open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}
