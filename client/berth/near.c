/* SPDX-License-Identifier: ISC */
/*
 * What was probably meant. Contract in near.h.
 * TRUST: unprivileged
 * INPUT: words of the command line of the caller
 * MUST: as near.h says
 */
#include "client/berth/near.h"

#include <stddef.h>
#include <string.h>

static unsigned int
least(unsigned int a, unsigned int b)
{
	return (a < b ? a : b);
}

unsigned int
near_distance(const char *a, const char *b)
{
	/* Rows of the table: two letters ago, one ago, and now. */
	unsigned int rows[3][NEAR_LEN_MAX + 1];
	size_t alen = strlen(a), blen = strlen(b);

	if (alen > NEAR_LEN_MAX || blen > NEAR_LEN_MAX)
		return (NEAR_FAR);
	for (size_t j = 0; j <= blen; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned int *now = rows[i % 3], *ago = rows[(i - 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= blen; j++) {
			bool same = a[i - 1] == b[j - 1];

			now[j] = least(least(ago[j], now[j - 1]) + 1, ago[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && !same && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return (rows[alen % 3][blen]);
}

void
near_try(struct near *near, const char *name)
{
	size_t len = strlen(near->word);
	unsigned int reach = len < 6 ? 1 : (unsigned int)(len / 3);
	unsigned int distance = near_distance(near->word, name);

	/* Of a name of one or two letters too little would be left. */
	if (distance > reach || strlen(name) <= distance + 1)
		return;
	if (near->best != NULL && near->distance <= distance)
		return;
	near->best = name;
	near->distance = distance;
}
