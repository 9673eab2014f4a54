/* SPDX-License-Identifier: ISC */
/*
 * What one file of the allow-list means on this host, and what is odd about it.
 * TRUST: privileged
 * INPUT: a parsed file, the account database, /etc/subuid, /etc/subgid
 * MUST: call an error what the launcher would refuse, and nothing else.
 */
#ifndef HELPER_ADMIN_CHECK_ALLOW_H
#define HELPER_ADMIN_CHECK_ALLOW_H

#include "common/policy.h"
#include "helper/admin/ids.h"
#include "helper/admin/page.h"

/* The rest of /etc/berth as far as it could be read. */
struct check_known {
	struct hostconf host;
	struct ids ids;
};

void check_allow(const struct allow *allow, const struct check_known *known, struct page *page);

#endif
