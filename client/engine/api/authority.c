/* SPDX-License-Identifier: ISC */
/*
 * What the user may do: see authority.h.
 * TRUST: unprivileged
 * INPUT: /etc/berth; requests
 * MUST: as in authority.h
 */
#include "client/engine/api/authority.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/lib/explain.h"
#include "client/lib/json.h"
#include "client/lib/ownpolicy.h"
#include "client/lib/policyfile.h"
#include "common/facts.h"

#define WORD_MAX 4608 /* an entitlement with its value */
#define TIMEOUT_DEFAULT 600 /* seconds; berth-allow(5) names it */

static int
load(const struct engine *engine, struct policy *policy, struct err *err)
{
	int fd = ENGINE_FD_POLICY;
	const struct policy_source source = { .read = policyfile_read, .ctx = &fd };

	if (engine->mode == FACTS_ROOTLESS)
		return ownpolicy_make(policy, &engine->caller, err);
	return policy_load(policy, &engine->caller, &source, err);
}

/* The first file that carries a name: the uid's own comes first. */
static const char *
account_name(const struct policy *policy)
{
	if (policy->nfiles > 0 && policy->files[0]->kind == PRINCIPAL_UID &&
	    policy->files[0]->name[0] != '\0')
		return policy->files[0]->name;
	return NULL;
}

static bool
same_range(const struct id_range *a, const struct id_range *b)
{
	return a->start == b->start && a->count == b->count;
}

static void
root_path(const struct engine *engine, const struct grant *grant, char *path, size_t len)
{
	if (grant->root != NULL)
		snprintf(path, len, "%s", grant->root);
	else
		snprintf(path, len, "/var/lib/berth/%u", engine->caller.uid);
}

/* Ids and state root are fixed when the engine starts; another grant needs another engine. */
static int
check_unchanged(const struct engine *engine, const struct grant *grant, struct err *err)
{
	static char root[sizeof(engine->root)];

	/* A user's own rights do not change; a grant that comes is a matter of the next start. */
	if (engine->mode == FACTS_ROOTLESS)
		return 0;
	root_path(engine, grant, root, sizeof(root));
	if (grant->owner_id == engine->grant.owner_id &&
	    same_range(&grant->subuid, &engine->grant.subuid) &&
	    same_range(&grant->subgid, &engine->grant.subgid) && strcmp(root, engine->root) == 0)
		return 0;
	err_set(err, ERR_UNAVAILABLE, "the engine runs on a grant that was changed since");
	err_why(err, "other ids or another state directory take effect when it starts again");
	return err_todo(err, "end it, the next call starts a new one:  berth daemon stop");
}

static void
ask(const struct engine *engine, const struct policy *policy, const struct entitlement *wants,
    size_t nwants, struct decision *decision)
{
	const struct request request = { .now = time(NULL),
		.mode = engine->mode == FACTS_ONCE ? ENGINE_ONCE : ENGINE_SHARED,
		.nwants = nwants,
		.wants = wants };

	if (engine->mode == FACTS_ROOTLESS)
		ownpolicy_decide(&engine->caller, policy, &request, decision);
	else
		decide(&engine->caller, policy, &request, decision);
}

static int
explain(const struct engine *engine, const struct policy *policy, const struct decision *decision,
    struct err *err)
{
	(void)decision_explain(decision, &engine->caller, policy, account_name(policy), err);
	if (engine->mode == FACTS_ROOTLESS)
		ownpolicy_explain(decision, policy, err);
	return -1;
}

int
authority_decide(const struct engine *engine, const struct job_wants *wants, struct policy *policy,
    struct decision *decision, struct err *err)
{
	memset(decision, 0, sizeof(*decision));
	if (load(engine, policy, err) == -1)
		return -1;
	ask(engine, policy, wants->v, wants->n, decision);
	if (decision->verdict != VERDICT_ALLOW)
		return explain(engine, policy, decision, err);
	return check_unchanged(engine, &decision->grant, err);
}

/* What the facts do not say, and what holds until this engine's end. */
static void
take_grant(struct engine *engine, const struct policy *policy, const struct grant *grant)
{
	if (account_name(policy) != NULL)
		memcpy(engine->name, account_name(policy), sizeof(engine->name));
	root_path(engine, grant, engine->root, sizeof(engine->root));
	if (engine->mode != FACTS_ONCE)
		engine->timeout = grant->timeout != 0 ? grant->timeout : TIMEOUT_DEFAULT;
}

/* Without a grant the descriptor of the policy is that of the state root: common/facts.h. */
static int
start_rootless(struct engine *engine, struct err *err)
{
	engine->timeout = TIMEOUT_DEFAULT;
	if (fchdir(ENGINE_FD_POLICY) == 0 && getcwd(engine->root, sizeof(engine->root)) != NULL &&
	    engine->root[0] == '/')
		return 0;
	return err_sys(err, "the state directory cannot be entered");
}

int
authority_start(struct engine *engine, struct err *err)
{
	const struct entitlement confined = { .id = ENT_SECURITY_CONFINED };
	struct decision decision = { 0 };
	struct policy policy = { 0 };
	int ret;

	if (engine->mode == FACTS_ROOTLESS)
		return start_rootless(engine, err);
	ret = load(engine, &policy, err);
	if (ret == 0) {
		ask(engine, &policy, &confined, 1, &decision);
		if (decision.verdict == VERDICT_ALLOW)
			take_grant(engine, &policy, &decision.grant);
		else
			ret = explain(engine, &policy, &decision, err);
	}
	policy_free(&policy);
	return ret;
}

void
authority_name(const struct engine *engine, char name[33])
{
	struct policy policy = { 0 };
	struct err err;

	memcpy(name, engine->name, sizeof(engine->name));
	if (engine->mode != FACTS_ROOTLESS)
		return;
	if (load(engine, &policy, &err) == 0 && account_name(&policy) != NULL)
		memcpy(name, account_name(&policy), 33);
	policy_free(&policy);
}

static int
add_word(struct json_object *list, const struct entitlement *ent)
{
	static char word[WORD_MAX];
	static char text[4 * WORD_MAX];
	struct json_object *string;

	if (entitlement_format(ent, word, sizeof(word)) == -1)
		return -1;
	err_escape(text, sizeof(text), word);
	string = json_object_new_string(text);
	if (string != NULL && json_object_array_add(list, string) == 0)
		return 0;
	json_object_put(string);
	return -1;
}

/* A rule as a request for all that it allows. */
static struct entitlement
as_wanted(const struct rule *rule)
{
	struct entitlement wanted = rule->ent;

	if (wanted.id == ENT_MOUNT && strcmp(wanted.value, "*") == 0)
		wanted.value = "/";
	return wanted;
}

/* Each rule is put to decide(), so that what has expired or is excluded does not show. */
static int
add_words(const struct engine *engine, const struct policy *policy, struct json_object *list)
{
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		for (size_t j = 0; j < allow->nrules; j++) {
			const struct entitlement wanted = as_wanted(&allow->rules[j]);
			struct decision decision;

			ask(engine, policy, &wanted, 1, &decision);
			if (decision.verdict == VERDICT_ALLOW && decision.by == allow &&
			    add_word(list, &allow->rules[j].ent) == -1)
				return -1;
		}
	}
	return 0;
}

struct json_object *
authority_list(const struct engine *engine)
{
	struct json_object *list = json_object_new_array();
	struct policy policy = { 0 };
	struct err err;

	if (list != NULL && load(engine, &policy, &err) == 0 &&
	    add_words(engine, &policy, list) == -1) {
		json_object_put(list);
		list = NULL;
	}
	policy_free(&policy);
	return list;
}
