/* SPDX-License-Identifier: ISC */
/*
 * A growing set of id ranges.
 * TRUST: privileged
 * INPUT: ranges that were parsed elsewhere
 * MUST: lose none: out of memory is an error of whoever adds.
 */
#ifndef HELPER_ADMIN_IDSET_H
#define HELPER_ADMIN_IDSET_H

#include "common/idmap.h"

struct idset {
	size_t n;
	size_t cap;
	struct id_range *ranges; /* malloc(3) */
};

/* An empty range is not added. 0, or -1 with errno. */
int idset_add(struct idset *set, const struct id_range *range) __attribute__((warn_unused_result));
int idset_add_id(struct idset *set, uint32_t id) __attribute__((warn_unused_result));

/* The first range of set that overlaps range, or NULL. */
const struct id_range *idset_overlap(const struct idset *set, const struct id_range *range);
bool idset_contains(const struct idset *set, uint32_t id);

/* By ascending start. */
void idset_sort(struct idset *set);
void idset_free(struct idset *set);

#endif
