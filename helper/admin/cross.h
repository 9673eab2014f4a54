/* SPDX-License-Identifier: ISC */
/*
 * Finds ids that two users have: collect all, sort, compare neighbours.
 * TRUST: privileged
 * INPUT: ranges of many users
 * MUST: take time in the order of n log n: a host can have 100,000 grants.
 */
#ifndef HELPER_ADMIN_CROSS_H
#define HELPER_ADMIN_CROSS_H

#include "common/idmap.h"

struct cross_item {
	struct id_range range;
	uint32_t uid;
};

struct cross {
	size_t n;
	size_t cap;
	struct cross_item *items; /* malloc(3) */
};

/* An empty range is not added. 0, or -1 with errno. */
int cross_add(struct cross *cross, uint32_t uid, const struct id_range *range)
    __attribute__((warn_unused_result));

/* Calls found for pairs of overlapping ranges of different users; sorts cross. */
typedef void cross_found(void *ctx, const struct cross_item *a, const struct cross_item *b);
void cross_check(struct cross *cross, cross_found *found, void *ctx);
void cross_free(struct cross *cross);

#endif
