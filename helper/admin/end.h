/* SPDX-License-Identifier: ISC */
/*
 * Ends what runs on a grant.
 * TRUST: privileged
 * INPUT: /proc and the cgroup tree: the kernel's facts about hostile processes
 * MUST: end every process whose user namespace belongs to the grant's owner id, and every process
 *       with an id of the grant's range that lives in no namespace of somebody else's making, and no
 *       other; believe no name, pid file or path of the
 *       user's; signal only the process that was judged (CVE-2019-6133: a pid is used again).
 */
#ifndef HELPER_ADMIN_END_H
#define HELPER_ADMIN_END_H

#include "common/policy.h"
#include "helper/admin/idset.h"

struct end {
	enum principal kind;
	uint32_t id; /* the uid or gid whose grant it is */
	const struct hostconf *host;
	struct idset owners; /* of user namespaces */
	struct idset uids; /* subordinate ids */
	struct idset gids; /* the gid of a group's grant */
	bool any; /* was there something to end? */
};

/* What a grant's file says (it may be NULL), and all that was ever given to the uid. 0 or -1. */
int end_add_grant(struct end *end, const struct allow *allow, int storedir, struct err *err)
    __attribute__((warn_unused_result));

/* Ends it all; 0, or -1 with err when something is left after some seconds. */
int end_all(struct end *end, struct err *err) __attribute__((warn_unused_result));
void end_free(struct end *end);
#define AUTO_END __attribute__((cleanup(end_free)))

#endif
