/* SPDX-License-Identifier: ISC */
/*
 * The policy of a rootless engine. Contract in ownpolicy.h.
 * TRUST: unprivileged
 * INPUT: who calls
 * MUST: as ownpolicy.h says
 */
#include "client/lib/ownpolicy.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/lib/passwd.h"

static const struct entitlement own[] = {
	{ ENT_SECURITY_CONFINED, false, NULL },
	{ ENT_NETWORK_HOST, false, NULL },
	{ ENT_MOUNT, false, "*" },
	{ ENT_IMAGE, false, "*" },
};

#define OWN_COUNT (sizeof(own) / sizeof(own[0]))

/* decide() allows nothing without ids that can be mapped. These never are: the map is made before,
 * of what newuidmap(1) gives. */
#define STAND_IN 100000U

_Static_assert(STAND_IN >= ID_SUB_MIN, "decide() accepts it");
_Static_assert(OWN_COUNT <= ALLOW_RULES_MAX, "all rules have room");

int
ownpolicy_make(struct policy *policy, const struct caller *caller, struct err *err)
{
	struct allow *allow = malloc(sizeof(*allow));
	struct passwd_entry account;

	*policy = (struct policy){ 0 };
	if (allow == NULL)
		return (err_sys(err, "cannot tell what is allowed"));
	allow_init(allow, PRINCIPAL_UID, caller->uid);
	passwd_find(caller->uid, &account);
	snprintf(allow->file, sizeof(allow->file), "the user's own rights");
	snprintf(allow->name, sizeof(allow->name), "%s", account.name);
	allow->subuid = allow->subgid = (struct id_range){ STAND_IN, 1 };
	allow->owner_id = ID_RESERVED_MIN;
	allow->watch_id = ID_RESERVED_MIN + 1;
	allow->engine = ENGINE_ANY;
	for (size_t i = 0; i < OWN_COUNT; i++)
		allow->rules[i] = (struct rule){ own[i], 0 };
	allow->nrules = OWN_COUNT;
	policy->files[0] = allow;
	policy->nfiles = 1;
	return (0);
}

bool
ownpolicy_applies(const struct decision *decision)
{
	return (decision->verdict == VERDICT_REFUSE &&
		(decision->refusal == REFUSAL_NO_GRANT || decision->refusal == REFUSAL_REVOKED));
}

void
ownpolicy_decide(const struct caller *caller, const struct policy *policy,
    const struct request *request, struct decision *decision)
{
	struct caller self = *caller;

	/* Not the user's own ids, which may be any: the stand-ins must be nobody's. */
	if (self.uid != 0)
		self.uid = self.gid = 1;
	decide(&self, policy, request, decision);
}

void
ownpolicy_explain(const struct decision *decision, const struct policy *policy, struct err *err)
{
	char word[64], list[256] = "";
	size_t used = 0;

	if (decision->refusal != REFUSAL_NOT_GRANTED)
		return;
	for (size_t i = 0; i < policy->files[0]->nrules && used < sizeof(list); i++) {
		if (entitlement_format(&policy->files[0]->rules[i].ent, word, sizeof(word)) > 0)
			used += (size_t)snprintf(list + used, sizeof(list) - used, " %s", word);
	}
	err_why(err, "there is no grant, and without one a user has:%s", list);
}
