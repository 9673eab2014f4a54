/* SPDX-License-Identifier: ISC */
/*
 * The decision. Launcher, engine, explain, check and info call this one function, so that an
 * explanation never differs from the enforcement.
 * TRUST: privileged, pure
 * INPUT: caller (from the kernel), policy (parsed, root's), request (hostile)
 * MUST: make no system call, read no clock and no global; allow only what a live file of the
 *       policy covers; be the only place in helper/ and common/ that fills struct grant.
 */
#ifndef COMMON_DECIDE_H
#define COMMON_DECIDE_H

#include <stdint.h>

#include "common/policy.h"

/* Neither is a value that one flipped bit, a zeroed or a forgotten struct has (CVE-2023-42465). */
enum verdict {
	VERDICT_INVALID = 0,
	VERDICT_ALLOW = 0x3c5a96e1,
	VERDICT_REFUSE = 0x43a5691e
};

/* Stable names of these stand in JSON as "reason": refusal_name. */
enum refusal {
	REFUSAL_INVALID = 0,
	REFUSAL_ROOT, /* root does not run jobs, nor its group, nor an id above ID_MAX */
	REFUSAL_NO_GRANT, /* no file of the allow-list names this user */
	REFUSAL_EXCLUDED, /* except-uid in a file that has it, and no other file has it */
	REFUSAL_NOT_GRANTED, /* there is a grant, but without this entitlement */
	REFUSAL_EXPIRED, /* a file that has it ended, and no other has it */
	REFUSAL_UNAVAILABLE, /* known, but no operation of this version */
	REFUSAL_ENGINE, /* "engine =" of a file that has it excludes this way to live */
	REFUSAL_REVOKED, /* the files that name this user are all revoked */
	REFUSAL_NO_IDS, /* no file gives subordinate ids and an owner id */
	REFUSAL_BAD_IDS, /* it gives ids that must not be mapped */
	REFUSAL_MAP, /* a map has host ids that are neither the caller's own nor granted */
	REFUSAL_MAP_SHORT /* a map lacks 0 or the caller's own id */
};

/* What is asked for. */
struct request {
	int64_t now; /* wall clock, seconds since the epoch */
	enum engine_mode mode; /* ENGINE_SHARED or ENGINE_ONCE */
	size_t nwants;
	const struct entitlement *wants;
	const struct idmap *uids, *gids; /* the namespace's; NULL: the usual ones */
};

/* What may be done; exists only beside VERDICT_ALLOW. */
struct grant {
	uint32_t uid;
	uint32_t gid;
	uint32_t owner_id; /* owns the user namespace; never mapped */
	uint32_t watch_id;
	struct id_range subuid; /* mapped to 1.. inside, unless there is a map */
	struct id_range subgid;
	/* Maps of ids that are the caller's own or in those ranges. No lines: idmap_usual. They point into
	 * the request. */
	struct idmap uids, gids;
	const char *root; /* state root; NULL: /var/lib/berth/UID. Points into the policy */
	/* The earliest end of what was wanted, each by its file that goes on longest; 0: none. */
	int64_t until;
	uint32_t timeout; /* seconds; 0: the default */
};

struct decision {
	enum verdict verdict;
	struct grant grant; /* VERDICT_ALLOW */
	enum refusal refusal; /* VERDICT_REFUSE */
	struct entitlement wanted; /* the one that was refused, or the last one that was allowed */
	const struct allow *by; /* the file that allowed or refused it, or NULL */
	unsigned int line; /* of by, or 0 */
};

/* Always sets decision->verdict to ALLOW or REFUSE. The decision points into policy and request. */
void decide(const struct caller *caller, const struct policy *policy, const struct request *request,
    struct decision *decision);

/* "no_grant", "not_granted", ...: for JSON and logs. */
const char *refusal_name(enum refusal refusal);

#endif
