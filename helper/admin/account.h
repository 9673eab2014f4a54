/* SPDX-License-Identifier: ISC */
/*
 * Whose grant it is: the one place where berth asks the system's account database.
 * TRUST: privileged
 * INPUT: a name or number of the administrator's; answers of NSS
 * MUST: never resolve to root, to the overflow id or to a reserved id; take a number only in its
 *       one spelling (CVE-2019-14287) and only when it is somebody's account.
 */
#ifndef HELPER_ADMIN_ACCOUNT_H
#define HELPER_ADMIN_ACCOUNT_H

#include "common/policy.h"

struct account {
	enum principal kind;
	uint32_t id;
	uint32_t gid; /* of a user: the primary group */
	char name[33]; /* "" when an allow-list file could not hold it */
	char login[128]; /* of a user: what the database calls it, for initgroups(3) */
	char typed[40]; /* for a command line: alice, @lab, 1000 */
	char shown[64]; /* for people: alice (uid 1000) */
	char home[512]; /* of a user; "" when it has none that can be used */
};

/* USER or @GROUP. 0, or -1 with err. */
int account_resolve(const char *text, struct account *account, struct err *err)
    __attribute__((warn_unused_result));

/* As account_resolve, but an id that is nobody's account any more will do: for revoke. */
int account_resolve_past(const char *text, struct account *account, struct err *err)
    __attribute__((warn_unused_result));

#endif
