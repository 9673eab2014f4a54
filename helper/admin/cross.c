/* SPDX-License-Identifier: ISC */
/*
 * Finds ids that two users have. Contract in cross.h.
 * TRUST: privileged
 * INPUT: ranges of many users
 * MUST: as cross.h says
 */
#include "helper/admin/cross.h"

#include <stdlib.h>

#include "helper/admin/idset.h"

int
cross_add(struct cross *cross, uint32_t uid, const struct id_range *range)
{
	if (range->count == 0)
		return (0);
	if (cross->n == cross->cap) {
		size_t cap = cross->cap == 0 ? 64 : cross->cap * 2;
		struct cross_item *grown = reallocarray(cross->items, cap, sizeof(*grown));

		if (grown == NULL)
			return (-1);
		cross->items = grown;
		cross->cap = cap;
	}
	cross->items[cross->n++] = (struct cross_item){ *range, uid };
	return (0);
}

static int
by_start(const void *a, const void *b)
{
	const struct cross_item *x = a, *y = b;

	return (x->range.start < y->range.start ? -1 : x->range.start > y->range.start);
}

void
cross_check(struct cross *cross, cross_found *found, void *ctx)
{
	const struct cross_item *reach = NULL; /* the one that ends last so far */

	if (cross->n > 1)
		qsort(cross->items, cross->n, sizeof(*cross->items), by_start);
	for (size_t i = 0; i < cross->n; i++) {
		const struct cross_item *item = &cross->items[i];

		if (reach != NULL && reach->uid != item->uid &&
		    id_range_overlaps(&reach->range, &item->range))
			found(ctx, reach, item);
		if (reach == NULL ||
		    item->range.start + item->range.count > reach->range.start + reach->range.count)
			reach = item;
	}
}

void
cross_free(struct cross *cross)
{
	free(cross->items);
	*cross = (struct cross){ 0 };
}
