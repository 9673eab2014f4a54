/* SPDX-License-Identifier: ISC */
/*
 * User and group ids as numbers. Contract in idmap.h.
 * TRUST: privileged, pure
 * INPUT: decimal texts from policy files (root's) and from command lines (hostile)
 * MUST: as idmap.h says
 */
#include "common/idmap.h"

#include <stdio.h>
#include <string.h>

_Static_assert(ID_MAX < INT32_MAX, "an id must be positive as an int");
_Static_assert(ID_RESERVED_MIN < ID_MAX, "there must be ids to reserve");
_Static_assert(ID_SUB_MIN > ID_OVERFLOW, "no mapped range may reach the overflow id");

/* The digits before end, all of text up to there. */
static int
parse_digits(const char *text, const char *end, uint32_t *id)
{
	uint64_t value = 0;

	if (text == end || (*text == '0' && text + 1 != end))
		return (-1);
	for (; text != end; text++) {
		if (*text < '0' || *text > '9')
			return (-1);
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > ID_MAX)
			return (-1);
	}
	*id = (uint32_t)value;
	return (0);
}

int
id_parse(const char *text, uint32_t *id)
{
	return (parse_digits(text, text + strlen(text), id));
}

int
id_range_parse(const char *text, struct id_range *range)
{
	const char *colon = strchr(text, ':');
	struct id_range parsed = { 0 };

	if (colon == NULL || parse_digits(text, colon, &parsed.start) < 0)
		return (-1);
	if (id_parse(colon + 1, &parsed.count) < 0 || parsed.count == 0)
		return (-1);
	if (parsed.count - 1 > ID_MAX - parsed.start)
		return (-1);
	*range = parsed;
	return (0);
}

bool
id_range_contains(const struct id_range *range, uint32_t id)
{
	return (id >= range->start && id - range->start < range->count);
}

bool
id_range_overlaps(const struct id_range *a, const struct id_range *b)
{
	if (a->count == 0 || b->count == 0)
		return (false);
	return (id_range_contains(a, b->start) || id_range_contains(b, a->start));
}

bool
id_range_mappable(const struct id_range *range, uint32_t own)
{
	/* ID_SUB_MIN keeps 0, every system account and ID_OVERFLOW out. */
	if (range->count == 0 || range->start < ID_SUB_MIN || range->start >= ID_RESERVED_MIN)
		return (false);
	if (range->count > ID_RESERVED_MIN - range->start)
		return (false);
	return (!id_range_contains(range, own));
}

int
idmap_format(char *buf, size_t len, uint32_t own, const struct id_range *range)
{
	int put = snprintf(buf, len, "0 %u 1\n1 %u %u\n", own, range->start, range->count);

	return (put < 0 || (size_t)put >= len ? -1 : put);
}
