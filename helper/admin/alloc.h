/* SPDX-License-Identifier: ISC */
/*
 * Which ids a user's grant gets.
 * TRUST: privileged
 * INPUT: /etc/berth/ids, /etc/subuid, /etc/subgid, the other grants, the account database
 * MUST: give nothing that is, was or may become somebody else's; record it before it is used.
 */
#ifndef HELPER_ADMIN_ALLOC_H
#define HELPER_ADMIN_ALLOC_H

#include "helper/admin/account.h"
#include "helper/admin/store.h"

struct alloc {
	struct id_range subuid;
	struct id_range subgid;
	uint32_t owner_id;
	uint32_t watch_id;
};

/*
 * Fills what is zero in *alloc (what a hand-made file has already set is kept), gives the ranges
 * to the account and records all of it. 0, or -1 with err.
 */
int alloc_ids(const struct store *store, const struct account *who, const struct hostconf *host,
    struct alloc *alloc, struct err *err) __attribute__((warn_unused_result));

#endif
