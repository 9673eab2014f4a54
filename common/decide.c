/* SPDX-License-Identifier: ISC */
/*
 * The decision. Contract in decide.h.
 * TRUST: privileged, pure
 * INPUT: caller (from the kernel), policy (parsed, root's), request (hostile)
 * MUST: as decide.h says
 */
#include "common/decide.h"

#include <string.h>

/* "except-uid" narrows the file in which it stands, so hiding a file never widens anything. */
static bool
is_excluded(const struct allow *allow, uint32_t uid)
{
	for (size_t i = 0; i < allow->nexcept; i++) {
		if (allow->except[i] == uid)
			return (true);
	}
	return (false);
}

static bool
is_expired(const struct allow *allow, int64_t now)
{
	return (allow->until != 0 && now >= allow->until);
}

/* Always false: the answer of whoever refuses. */
static bool
refuse(struct decision *decision, enum refusal refusal, const struct allow *by)
{
	decision->verdict = VERDICT_REFUSE;
	decision->refusal = refusal;
	decision->by = by;
	decision->line = 0;
	memset(&decision->grant, 0, sizeof(decision->grant));
	return (false);
}

static const struct rule *
find_rule(const struct allow *allow, const struct entitlement *wanted)
{
	for (size_t i = 0; i < allow->nrules; i++) {
		if (entitlement_covers(&allow->rules[i].ent, wanted))
			return (&allow->rules[i]);
	}
	return (NULL);
}

/* Is wanted covered by a live file? Sets by and line, or refuses. */
static bool
decide_want(const struct caller *caller, const struct policy *policy, int64_t now,
    struct decision *decision)
{
	const struct entitlement *wanted = &decision->wanted;
	const struct entitlement_info *info = entitlement_info(wanted->id);
	const struct allow *ended = NULL;

	if (info == NULL || !info->available)
		return (refuse(decision, REFUSAL_UNAVAILABLE, NULL));
	decision->by = NULL;
	decision->line = 0;
	if (info->always)
		return (true);
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];
		const struct rule *rule = find_rule(allow, wanted);

		if (rule == NULL || is_excluded(allow, caller->uid))
			continue;
		if (is_expired(allow, now)) {
			ended = allow;
			continue;
		}
		decision->by = allow;
		decision->line = rule->line;
		if (allow->until != 0 &&
		    (decision->grant.until == 0 || allow->until < decision->grant.until))
			decision->grant.until = allow->until;
		return (true);
	}
	return (refuse(decision, ended != NULL ? REFUSAL_EXPIRED : REFUSAL_NOT_GRANTED, ended));
}

/* The file that root, ids, engine and timeout come from: the uid's, else the lowest gid's. */
static const struct allow *
find_primary(const struct caller *caller, const struct policy *policy)
{
	for (size_t i = 0; i < policy->nfiles; i++) {
		if (!is_excluded(policy->files[i], caller->uid))
			return (policy->files[i]);
	}
	return (NULL);
}

/* "subids = auto": the block of SUBIDS_AUTO ids that belongs to this uid alone. */
static bool
derive_ids(const struct hostconf *host, struct grant *grant)
{
	uint64_t start, end;

	if (host->pool.count == 0 || grant->uid < host->first_uid)
		return (false);
	start = host->pool.start + (uint64_t)(grant->uid - host->first_uid) * SUBIDS_AUTO;
	end = start + SUBIDS_AUTO;
	if (end > (uint64_t)host->pool.start + host->pool.count)
		return (false);
	grant->subuid = (struct id_range){ (uint32_t)start, SUBIDS_AUTO - 2 };
	grant->subgid = grant->subuid;
	grant->owner_id = (uint32_t)end - 2;
	grant->watch_id = (uint32_t)end - 1;
	return (true);
}

static bool
fill_ids(const struct hostconf *host, const struct allow *primary, struct grant *grant)
{
	if (primary->subids_auto)
		return (derive_ids(host, grant));
	grant->subuid = primary->subuid;
	grant->subgid = primary->subgid;
	grant->owner_id = primary->owner_id;
	grant->watch_id = primary->watch_id;
	return (grant->subuid.count != 0 && grant->subgid.count != 0 && grant->owner_id != 0 &&
		grant->watch_id != 0);
}

/* Asked again here, whatever the parser has checked: the map is what a grant is worth. */
static bool
ids_are_safe(const struct grant *grant)
{
	return (grant->gid != 0 && id_range_mappable(&grant->subuid, grant->uid) &&
		id_range_mappable(&grant->subgid, grant->gid) &&
		!id_range_contains(&grant->subuid, grant->owner_id) &&
		!id_range_contains(&grant->subuid, grant->watch_id) &&
		grant->owner_id != grant->watch_id && grant->owner_id != grant->uid &&
		grant->watch_id != grant->uid && grant->owner_id >= ID_SUB_MIN &&
		grant->watch_id >= ID_SUB_MIN);
}

/* Who is asked for at all, before what is asked for. */
static const struct allow *
decide_caller(const struct caller *caller, const struct policy *policy, enum engine_mode mode,
    struct decision *decision)
{
	const struct allow *primary = find_primary(caller, policy);

	if (caller->uid == 0 || caller->uid > ID_MAX || caller->gid > ID_MAX)
		refuse(decision, REFUSAL_ROOT, NULL);
	else if (primary == NULL && policy->nfiles > 0)
		refuse(decision, REFUSAL_EXCLUDED, policy->files[0]);
	else if (primary == NULL)
		refuse(decision, REFUSAL_NO_GRANT, NULL);
	else if ((primary->engine & mode) == 0)
		refuse(decision, REFUSAL_ENGINE, primary);
	else
		return (primary);
	return (NULL);
}

void
decide(const struct caller *caller, const struct policy *policy, const struct request *request,
    struct decision *decision)
{
	struct grant *grant = &decision->grant;
	const struct allow *primary;

	memset(decision, 0, sizeof(*decision));
	primary = decide_caller(caller, policy, request->mode, decision);
	if (primary == NULL)
		return;
	/* A request for nothing is a mistake of ours, and a mistake is not a grant. */
	if (request->nwants == 0) {
		refuse(decision, REFUSAL_NOT_GRANTED, NULL);
		return;
	}
	for (size_t i = 0; i < request->nwants; i++) {
		decision->wanted = request->wants[i];
		if (!decide_want(caller, policy, request->now, decision))
			return;
	}
	grant->uid = caller->uid;
	grant->gid = caller->gid;
	grant->root = primary->root;
	grant->timeout = primary->timeout;
	if (!fill_ids(&policy->host, primary, grant))
		refuse(decision, REFUSAL_NO_IDS, primary);
	else if (!ids_are_safe(grant))
		refuse(decision, REFUSAL_BAD_IDS, primary);
	else
		decision->verdict = VERDICT_ALLOW;
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
		[REFUSAL_NO_IDS] = "no_ids",
		[REFUSAL_BAD_IDS] = "bad_ids",
	};

	if ((size_t)refusal >= sizeof(names) / sizeof(names[0]))
		return ("invalid");
	return (names[refusal]);
}
