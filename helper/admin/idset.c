/* SPDX-License-Identifier: ISC */
/*
 * A growing set of id ranges. Contract in idset.h.
 * TRUST: privileged
 * INPUT: ranges that were parsed elsewhere
 * MUST: as idset.h says
 */
#include "helper/admin/idset.h"

#include <stdlib.h>

int
idset_add(struct idset *set, const struct id_range *range)
{
	if (range->count == 0)
		return (0);
	if (set->n == set->cap) {
		size_t cap = set->cap == 0 ? 64 : set->cap * 2;
		struct id_range *grown = reallocarray(set->ranges, cap, sizeof(*grown));

		if (grown == NULL)
			return (-1);
		set->ranges = grown;
		set->cap = cap;
	}
	set->ranges[set->n++] = *range;
	return (0);
}

int
idset_add_id(struct idset *set, uint32_t id)
{
	return (idset_add(set, &(struct id_range){ id, 1 }));
}

const struct id_range *
idset_overlap(const struct idset *set, const struct id_range *range)
{
	for (size_t i = 0; i < set->n; i++) {
		if (id_range_overlaps(&set->ranges[i], range))
			return (&set->ranges[i]);
	}
	return (NULL);
}

bool
idset_contains(const struct idset *set, uint32_t id)
{
	return (idset_overlap(set, &(struct id_range){ id, 1 }) != NULL);
}

static int
by_start(const void *a, const void *b)
{
	const struct id_range *x = a, *y = b;

	return (x->start < y->start ? -1 : x->start > y->start);
}

void
idset_sort(struct idset *set)
{
	if (set->n > 1)
		qsort(set->ranges, set->n, sizeof(set->ranges[0]), by_start);
}

void
idset_free(struct idset *set)
{
	free(set->ranges);
	*set = (struct idset){ 0 };
}
