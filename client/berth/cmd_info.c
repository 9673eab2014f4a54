/* SPDX-License-Identifier: ISC */
/*
 * berth info: what this user gets on this host, for people and schedulers. berth grants: the files
 * of the allow-list that apply to the caller; root's list is berth-admin's.
 * TRUST: unprivileged
 * INPUT: the policy; what the engine answers
 * MUST: start nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>

#include "client/berth/admin.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/berth/view.h"

static struct json_object *
text_or_null(const char *text)
{
	return (text != NULL && text[0] != '\0' ? message_json_text(text) : NULL);
}

static void
until_text(int64_t until, char *buf, size_t len)
{
	time_t when = (time_t)until;
	struct tm utc;

	if (until == 0 || gmtime_r(&when, &utc) == NULL)
		snprintf(buf, len, "no end");
	else
		strftime(buf, len, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static struct json_object *
json_rules(const struct allow *allow)
{
	struct json_object *list = json_object_new_array();
	char word[1024];

	for (size_t i = 0; i < allow->nrules; i++) {
		if (entitlement_format(&allow->rules[i].ent, word, sizeof(word)) > 0)
			json_object_array_add(list, message_json_text(word));
	}
	return (list);
}

static struct json_object *
json_files(const struct policy *policy)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < policy->nfiles; i++) {
		struct json_object *object = json_object_new_object();
		const struct allow *allow = policy->files[i];
		char until[32];

		until_text(allow->until, until, sizeof(until));
		json_object_object_add(object, "file", json_object_new_string(allow->file));
		json_object_object_add(object, "name", text_or_null(allow->name));
		json_object_object_add(object, "root", text_or_null(allow->root));
		json_object_object_add(
		    object, "until", text_or_null(allow->until != 0 ? until : NULL));
		json_object_object_add(object, "entitlements", json_rules(allow));
		json_object_array_add(list, object);
	}
	return (list);
}

static void
print_files(const struct policy *policy)
{
	char word[1024], text[1024], until[32];

	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		until_text(allow->until, until, sizeof(until));
		printf("%-12s %s (%s)\n", "grant", allow->file, until);
		for (size_t j = 0; j < allow->nrules; j++) {
			if (entitlement_format(&allow->rules[j].ent, word, sizeof(word)) < 0)
				continue;
			err_escape(text, sizeof(text), word);
			printf("%-12s   %s\n", "", text);
		}
	}
}

int
cmd_grants(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct view view;
	int rc;

	if (cli->uid == 0)
		return (admin_exec(cli, argc, argv, err));
	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	if (parse.argc > 0)
		return (admin_needed(cli, parse.argc, parse.argv, err));
	rc = view_load(&view, err);
	if (rc == 0 && cli->json)
		rc = message_json(json_files(&view.policy), err);
	else if (rc == 0) {
		print_files(&view.policy);
		if (view.policy.nfiles == 0)
			message_note(cli, "nothing is granted to this user");
		rc = message_done(err);
	}
	view_free(&view);
	return (rc);
}

/* What info says besides the files. */
struct facts {
	struct view view;
	struct decision decision; /* may the caller have an engine? */
	char account[64];
	char root[ERR_LINE];
	bool running;
};

static int
gather(struct cli *cli, struct facts *facts, struct err *err)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	const struct grant *grant = &facts->decision.grant;
	struct json_object *params = NULL;
	int rc;

	if (view_load(&facts->view, err) != 0)
		return (-1);
	view_describe(&facts->view, facts->account, sizeof(facts->account));
	view_decide(&facts->view, &want, &facts->decision);
	if (facts->decision.verdict == VERDICT_ALLOW && grant->root != NULL)
		snprintf(facts->root, sizeof(facts->root), "%s", grant->root);
	else if (facts->decision.verdict == VERDICT_ALLOW)
		snprintf(facts->root, sizeof(facts->root), "/var/lib/berth/%u", cli->uid);
	rc = cli->uid == 0 ? 1 : engine_ask(cli, "State", NULL, &params, err);
	facts->running = rc == 0;
	json_object_put(params);
	return (rc < 0 && err->code == ERR_USAGE ? -1 : 0);
}

static void
add_range(struct json_object *object, const char *name, const struct id_range *range)
{
	struct json_object *pair = json_object_new_object();

	json_object_object_add(pair, "start", json_object_new_int64(range->start));
	json_object_object_add(pair, "count", json_object_new_int64(range->count));
	json_object_object_add(object, name, pair);
}

static int
info_json(const struct facts *facts, struct err *err)
{
	struct json_object *object = json_object_new_object();
	const struct decision *decision = &facts->decision;
	bool allowed = decision->verdict == VERDICT_ALLOW;

	json_object_object_add(object, "version", json_object_new_string(BERTH_VERSION));
	json_object_object_add(object, "uid", json_object_new_int64(facts->view.caller.uid));
	json_object_object_add(object, "gid", json_object_new_int64(facts->view.caller.gid));
	json_object_object_add(object, "account", text_or_null(facts->view.who));
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	json_object_object_add(object, "reason",
	    allowed ? NULL : json_object_new_string(refusal_name(decision->refusal)));
	json_object_object_add(object, "root", text_or_null(facts->root));
	add_range(object, "subuid", &decision->grant.subuid);
	add_range(object, "subgid", &decision->grant.subgid);
	json_object_object_add(object, "engine", json_object_new_boolean(facts->running));
	json_object_object_add(object, "grants", json_files(&facts->view.policy));
	return (message_json(object, err));
}

static int
info_text(const struct facts *facts, struct err *err)
{
	const struct grant *grant = &facts->decision.grant;
	char text[ERR_LINE];
	struct err refusal;

	printf("%-12s %s\n", "version", BERTH_VERSION);
	printf("%-12s %s\n", "user", facts->account);
	if (facts->decision.verdict == VERDICT_ALLOW) {
		err_escape(text, sizeof(text), facts->root);
		printf("%-12s yes\n", "allowed");
		printf("%-12s %s\n", "root", text);
		printf("%-12s %u:%u\n", "subuid", grant->subuid.start, grant->subuid.count);
		printf("%-12s %u:%u\n", "subgid", grant->subgid.start, grant->subgid.count);
	} else {
		(void)view_explain(&facts->view, &facts->decision, &refusal);
		printf("%-12s no: %s\n", "allowed", refusal.what);
		printf("%-12s %s\n", "", refusal.todo);
	}
	printf("%-12s %s\n", "engine", facts->running ? "running" : "not running");
	print_files(&facts->view.policy);
	return (message_done(err));
}

int
cmd_info(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct facts *facts;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	if ((facts = calloc(1, sizeof(*facts))) == NULL)
		return (err_sys(err, "cannot tell"));
	rc = gather(cli, facts, err);
	if (rc == 0)
		rc = cli->json ? info_json(facts, err) : info_text(facts, err);
	view_free(&facts->view);
	free(facts);
	return (rc);
}
