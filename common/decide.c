/* SPDX-License-Identifier: ISC */
/*
 * The decision. Contract in decide.h.
 * TRUST: privileged, pure
 * INPUT: caller (from the kernel), policy (parsed, root's), request (hostile)
 * MUST: as decide.h says
 */
#include "common/decide.h"

#include <string.h>

/* Why a file does not count for this request; REFUSAL_INVALID when it does. What narrows stands in
 * the file that it narrows, so that hiding a file takes away what it gives and nothing else. */
static enum refusal
barred(const struct allow *allow, const struct caller *caller, const struct request *request)
{
	for (size_t i = 0; i < allow->nexcept; i++) {
		if (allow->except[i] == caller->uid)
			return (REFUSAL_EXCLUDED);
	}
	if (allow->until != 0 && request->now >= allow->until)
		return (REFUSAL_EXPIRED);
	return ((allow->engine & request->mode) == 0 ? REFUSAL_ENGINE : REFUSAL_INVALID);
}

static void
refuse(struct decision *decision, enum refusal refusal, const struct allow *by)
{
	decision->verdict = VERDICT_REFUSE;
	decision->refusal = refusal;
	decision->by = by;
	decision->line = 0;
	memset(&decision->grant, 0, sizeof(decision->grant));
}

/* Does this file have the entitlement? What needs no grant needs a file that counts, all the same. */
static bool
covers(const struct allow *allow, const struct entitlement *wanted, unsigned int *line)
{
	*line = 0;
	if (entitlement_info(wanted->id)->always)
		return (true);
	for (size_t i = 0; i < allow->nrules; i++) {
		*line = allow->rules[i].line;
		if (entitlement_covers(&allow->rules[i].ent, wanted))
			return (true);
	}
	return (false);
}

/* Is decision->wanted covered by a file that counts? Sets by and line, or refuses. */
static void
decide_want(const struct caller *caller, const struct policy *policy, const struct request *request,
    struct decision *decision)
{
	const struct entitlement_info *info = entitlement_info(decision->wanted.id);
	/* Unless there is a file that is a grant still; what is left of a revoked one counts for
	 * nothing beside it. */
	enum refusal why = REFUSAL_REVOKED;
	const struct allow *barrier = policy->files[0], *best = NULL;
	unsigned int line;

	if (info == NULL || !info->available) {
		refuse(decision, REFUSAL_UNAVAILABLE, NULL);
		return;
	}
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];
		enum refusal bar = barred(allow, caller, request);

		if (allow->revoked != 0)
			continue;
		if (why == REFUSAL_REVOKED) {
			why = REFUSAL_NOT_GRANTED;
			barrier = NULL;
		}
		if (!covers(allow, &decision->wanted, &line))
			continue;
		if (bar != REFUSAL_INVALID) {
			why = bar;
			barrier = allow;
			continue;
		}
		/* What goes on longest; 0 is for ever. */
		if (best == NULL ||
		    (best->until != 0 && (allow->until == 0 || allow->until > best->until))) {
			best = allow;
			decision->line = line;
		}
	}
	if (best == NULL) {
		refuse(decision, why, barrier);
		return;
	}
	decision->by = best;
	if (decision->grant.until == 0 || (best->until != 0 && best->until < decision->grant.until))
		decision->grant.until = best->until;
}

/* "subids = auto": the block of SUBIDS_AUTO ids that belongs to this uid alone. */
static void
derive_ids(const struct hostconf *host, struct grant *grant)
{
	uint64_t start = host->pool.start, end;

	if (grant->uid < host->first_uid)
		return;
	start += (uint64_t)(grant->uid - host->first_uid) * SUBIDS_AUTO;
	end = start + SUBIDS_AUTO;
	if (end > (uint64_t)host->pool.start + host->pool.count)
		return;
	grant->subuid = (struct id_range){ (uint32_t)start, SUBIDS_AUTO - 2 };
	grant->subgid = grant->subuid;
	grant->owner_id = (uint32_t)end - 2;
	grant->watch_id = (uint32_t)end - 1;
}

/* Root, timeout and ids are no rights: each comes from the first file that has it, the uid's
 * before those of groups, and stays what it is when a right in that file ends. */
static void
fill_grant(const struct caller *caller, const struct policy *policy, struct grant *grant)
{
	const struct request any = { .mode = ENGINE_ANY };

	grant->uid = caller->uid;
	grant->gid = caller->gid;
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		if (allow->revoked != 0 || barred(allow, caller, &any) == REFUSAL_EXCLUDED)
			continue;
		if (grant->root == NULL)
			grant->root = allow->root;
		if (grant->timeout == 0)
			grant->timeout = allow->timeout;
		if (grant->owner_id == 0 && allow->subids_auto) {
			derive_ids(&policy->host, grant);
		} else if (grant->owner_id == 0) {
			grant->subuid = allow->subuid;
			grant->subgid = allow->subgid;
			grant->owner_id = allow->owner_id;
			grant->watch_id = allow->watch_id;
		}
	}
}

/* Asked again here, whatever the parser has checked: the map is what a grant is worth. Ids of the
 * pool are each one user's; whoever is one of them, or was given them, is not that user. */
static bool
ids_are_safe(const struct hostconf *host, const struct grant *grant)
{
	/* Who has a block of the pool is an account. */
	const struct id_range users = { host->first_uid, host->pool.count / SUBIDS_AUTO };
	bool derived = id_range_contains(&host->pool, grant->owner_id);

	return (!id_range_overlaps(&users, &grant->subuid) &&
		!id_range_contains(&host->pool, grant->uid) && grant->uid < ID_RESERVED_MIN &&
		!id_range_contains(&host->pool, grant->gid) &&
		(derived || (!id_range_overlaps(&host->pool, &grant->subuid) &&
				!id_range_overlaps(&host->pool, &grant->subgid))) &&
		id_range_mappable(&grant->subuid, grant->uid) &&
		id_range_mappable(&grant->subgid, grant->gid) &&
		!id_range_contains(&grant->subuid, grant->owner_id) &&
		!id_range_contains(&grant->subuid, grant->watch_id) &&
		!id_range_contains(&grant->subgid, grant->watch_id) &&
		grant->owner_id != grant->watch_id && grant->owner_id != grant->uid &&
		grant->watch_id != grant->uid && grant->owner_id >= ID_SUB_MIN &&
		grant->watch_id >= ID_SUB_MIN);
}

/* Each host id is the caller's own or granted, so it is not root's, nor one of those that own namespaces:
 * ids_are_safe. Inside there are root, as whom the engine is executed, and the caller, as whom it acts:
 * not by the number that everybody has who is not in the map. REFUSAL_INVALID when all that is so. */
static enum refusal
judge_map(const struct idmap *map, uint32_t own, const struct id_range *granted)
{
	bool has_root = false, has_own = false;

	for (size_t i = 0; i < map->n; i++) {
		const struct idmap_line *line = &map->lines[i];

		if (line->outside == own && line->count == 1 && line->inside != ID_OVERFLOW)
			has_own = true;
		else if (!id_range_contains(granted, line->outside) ||
			 line->count > granted->count - (line->outside - granted->start))
			return (REFUSAL_MAP);
		if (line->inside == 0)
			has_root = true;
	}
	return (has_root && has_own ? REFUSAL_INVALID : REFUSAL_MAP_SHORT);
}

/* The last question: what the ids are worth is known by now. */
static void
decide_maps(const struct request *request, struct decision *decision)
{
	struct grant *grant = &decision->grant;
	enum refusal why = REFUSAL_INVALID;

	if (request->uids != NULL)
		why = judge_map(request->uids, grant->uid, &grant->subuid);
	if (request->gids != NULL && why == REFUSAL_INVALID)
		why = judge_map(request->gids, grant->gid, &grant->subgid);
	if (why != REFUSAL_INVALID) {
		refuse(decision, why, decision->by);
		return;
	}
	if (request->uids != NULL)
		grant->uids = *request->uids;
	if (request->gids != NULL)
		grant->gids = *request->gids;
	decision->verdict = VERDICT_ALLOW;
}

void
decide(const struct caller *caller, const struct policy *policy, const struct request *request,
    struct decision *decision)
{
	const struct grant *grant = &decision->grant;

	memset(decision, 0, sizeof(*decision));
	if (caller->uid == 0 || caller->gid == 0 || caller->uid > ID_MAX || caller->gid > ID_MAX)
		refuse(decision, REFUSAL_ROOT, NULL);
	else if (policy->nfiles == 0)
		refuse(decision, REFUSAL_NO_GRANT, NULL);
	/* A request for nothing is a mistake of ours, and a mistake is not a grant. */
	else if (request->nwants == 0)
		refuse(decision, REFUSAL_NOT_GRANTED, NULL);
	for (size_t i = 0; i < request->nwants && decision->verdict != VERDICT_REFUSE; i++) {
		decision->wanted = request->wants[i];
		decide_want(caller, policy, request, decision);
	}
	if (decision->verdict == VERDICT_REFUSE)
		return;
	fill_grant(caller, policy, &decision->grant);
	if (grant->owner_id == 0 || grant->watch_id == 0 || grant->subuid.count == 0 ||
	    grant->subgid.count == 0)
		refuse(decision, REFUSAL_NO_IDS, decision->by);
	else if (!ids_are_safe(&policy->host, grant))
		refuse(decision, REFUSAL_BAD_IDS, decision->by);
	else
		decide_maps(request, decision);
}

const char *
refusal_name(enum refusal refusal)
{
	static const char *const names[] = {
		[REFUSAL_INVALID] = "invalid",
		[REFUSAL_ROOT] = "root",
		[REFUSAL_NO_GRANT] = "no_grant",
		[REFUSAL_EXCLUDED] = "excluded",
		[REFUSAL_NOT_GRANTED] = "not_granted",
		[REFUSAL_EXPIRED] = "expired",
		[REFUSAL_UNAVAILABLE] = "unavailable",
		[REFUSAL_ENGINE] = "engine",
		[REFUSAL_REVOKED] = "revoked",
		[REFUSAL_NO_IDS] = "no_ids",
		[REFUSAL_BAD_IDS] = "bad_ids",
		[REFUSAL_MAP] = "map",
		[REFUSAL_MAP_SHORT] = "map_short",
	};

	if ((size_t)refusal >= sizeof(names) / sizeof(names[0]))
		return ("invalid");
	return (names[refusal]);
}
