/* SPDX-License-Identifier: ISC */
/*
 * Drops every descriptor of a process but those that it names: see keep.h.
 * TRUST: unprivileged
 * INPUT: descriptors
 * MUST: as in keep.h
 */
#include "client/engine/job/keep.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static int
compare(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;

	return (x > y) - (x < y);
}

void
keep_only(int *fds, size_t n)
{
	unsigned int from = 3;

	qsort(fds, n, sizeof(*fds), compare);
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < (int)from)
			continue;
		if (fds[i] > (int)from)
			close_range(from, (unsigned int)fds[i] - 1, 0);
		from = (unsigned int)fds[i] + 1;
	}
	close_range(from, UINT_MAX, 0);
}
