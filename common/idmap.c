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

int
id_digits_parse(const char *text, const char *end, uint32_t *id)
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
	return (id_digits_parse(text, text + strlen(text), id));
}

int
id_range_parse(const char *text, struct id_range *range)
{
	const char *colon = strchr(text, ':');
	struct id_range parsed = { 0 };

	if (colon == NULL || id_digits_parse(text, colon, &parsed.start) < 0)
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

/* One line up to its comma or the end, where it returns; NULL when it is none. */
static const char *
parse_line(const char *text, struct idmap_line *line)
{
	uint32_t *const fields[] = { &line->inside, &line->outside, &line->count };
	const char *end = NULL;

	for (size_t i = 0; i < 3; i++) {
		end = text + strcspn(text, ":,");
		if (id_digits_parse(text, end, fields[i]) < 0)
			return (NULL);
		/* Two colons and no third. */
		if ((*end == ':') != (i < 2))
			return (NULL);
		text = end + 1;
	}
	if (line->count == 0 || line->count - 1 > ID_MAX - line->outside ||
	    line->inside >= ID_RESERVED_MIN || line->count > ID_RESERVED_MIN - line->inside)
		return (NULL);
	return (end);
}

/* Two names for one id, or one name for two. */
static bool
lines_clash(const struct idmap_line *a, const struct idmap_line *b)
{
	const struct id_range in[] = { { a->inside, a->count }, { b->inside, b->count } },
			      out[] = { { a->outside, a->count }, { b->outside, b->count } };

	return (id_range_overlaps(&in[0], &in[1]) || id_range_overlaps(&out[0], &out[1]));
}

int
idmap_parse(const char *text, struct idmap_line *lines, struct idmap *map)
{
	size_t n = 0;

	/* A newline, and the NUL that snprintf(3) writes. */
	if (strlen(text) + 2 > IDMAP_TEXT_MAX)
		return (-1);
	do {
		if (n == IDMAP_LINES_MAX || (text = parse_line(text, &lines[n])) == NULL)
			return (-1);
		for (size_t i = 0; i < n; i++) {
			if (lines_clash(&lines[i], &lines[n]))
				return (-1);
		}
		n++;
	} while (*text++ == ',');
	*map = (struct idmap){ n, lines };
	return (0);
}

struct idmap
idmap_usual(struct idmap_line lines[2], uint32_t own, const struct id_range *range)
{
	lines[0] = (struct idmap_line){ 0, own, 1 };
	lines[1] = (struct idmap_line){ 1, range->start, range->count };
	return ((struct idmap){ 2, lines });
}

int
idmap_format(char *buf, size_t len, const struct idmap *map)
{
	size_t used = 0;

	for (size_t i = 0; i < map->n; i++) {
		const struct idmap_line *line = &map->lines[i];
		int put = snprintf(
		    buf + used, len - used, "%u %u %u\n", line->inside, line->outside, line->count);

		if (put < 0 || (size_t)put >= len - used)
			return (-1);
		used += (size_t)put;
	}
	return ((int)used);
}
