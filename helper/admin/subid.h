/* SPDX-License-Identifier: ISC */
/*
 * /etc/subuid and /etc/subgid (subuid(5)): what other programs know about subordinate ids.
 * TRUST: privileged
 * INPUT: the two files (root's; other tools and people write them)
 * MUST: write them through usermod(8) only, so that its lock and useradd's view hold; refuse a
 *       file with a line that it does not understand.
 */
#ifndef HELPER_ADMIN_SUBID_H
#define HELPER_ADMIN_SUBID_H

#include "helper/admin/account.h"
#include "helper/admin/idset.h"

/* Ranges in the order of the file, those of one user apart from everybody else's. */
struct subid {
	struct idset own;
	struct idset others;
};

/* "/etc/subuid" or "/etc/subgid". who may be NULL. 0, or -1 with err. subid_free in both cases. */
int subid_load(const char *path, const struct account *who, struct subid *subid, struct err *err)
    __attribute__((warn_unused_result));
void subid_free(struct subid *subid);

/* Has usermod(8) give the ranges; one with count 0 is left out. 0, or -1 with err. */
int subid_give(const struct account *who, const struct id_range *subuid,
    const struct id_range *subgid, struct err *err) __attribute__((warn_unused_result));

#endif
