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
#include "client/berth/place.h"
#include "client/berth/usermap.h"
#include "client/berth/view.h"
#include "client/lib/explain.h"

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

/* How much of until is left, in the two largest units; "ended". */
static void
left_text(int64_t until, char *buf, size_t len)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	const size_t last = sizeof(units) / sizeof(units[0]) - 1;
	int64_t left = until - (int64_t)time(NULL);
	size_t at = 0;

	while (at < last && left < units[at].seconds)
		at++;
	if (left <= 0)
		snprintf(buf, len, "ended");
	else if (at + 1 >= last)
		snprintf(buf, len, "%lld %s left", (long long)(left / units[at].seconds),
		    units[at].name);
	else
		snprintf(buf, len, "%lld %s %lld %s left", (long long)(left / units[at].seconds),
		    units[at].name, (long long)(left % units[at].seconds / units[at + 1].seconds),
		    units[at + 1].name);
}

/* Seconds, or null without an end. */
static struct json_object *
json_left(int64_t until)
{
	int64_t left = until - (int64_t)time(NULL);

	return (until == 0 ? NULL : json_object_new_int64(left > 0 ? left : 0));
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
		json_object_object_add(object, "remaining", json_left(allow->until));
		until_text(allow->revoked, until, sizeof(until));
		json_object_object_add(
		    object, "revoked", text_or_null(allow->revoked != 0 ? until : NULL));
		json_object_object_add(object, "entitlements", json_rules(allow));
		json_object_array_add(list, object);
	}
	return (list);
}

/* "no end", "until 2027-01-01T00:00:00Z, 35 d 4 h left", "revoked 2026-01-01T00:00:00Z" */
static void
period_text(const struct allow *allow, char *buf, size_t len)
{
	char date[32], left[64];

	if (allow->revoked == 0 && allow->until == 0) {
		snprintf(buf, len, "no end");
		return;
	}
	until_text(allow->revoked != 0 ? allow->revoked : allow->until, date, sizeof(date));
	left_text(allow->until, left, sizeof(left));
	if (allow->revoked != 0)
		snprintf(buf, len, "revoked %s", date);
	else
		snprintf(buf, len, "until %s, %s", date, left);
}

static void
print_files(const struct policy *policy)
{
	char word[1024], text[1024], until[128];

	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		period_text(allow, until, sizeof(until));
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
	struct id_range subuid, subgid;
	bool running;
	bool hangs;
};

/* How an engine of the caller's lives; NULL when there can be none. */
static const char *
mode_of(const struct facts *facts)
{
	if (facts->decision.verdict == VERDICT_ALLOW)
		return ("shared");
	return (facts->view.rootless ? "rootless" : NULL);
}

static void
gather_rootless(struct facts *facts)
{
	struct place *place = calloc(1, sizeof(*place));
	struct err ignored;

	view_settle(&facts->view);
	if (place != NULL && facts->view.rootless) {
		if (place_find(place, facts->view.caller.uid, &ignored) == 0)
			snprintf(facts->root, sizeof(facts->root), "%.600s", place->root);
		place_close(place);
		usermap_find(&facts->view.caller, &facts->subuid, &facts->subgid);
	}
	free(place);
}

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
	view_decide(&facts->view, ENGINE_ANY, &want, &facts->decision);
	if (facts->decision.verdict == VERDICT_ALLOW && grant->root != NULL)
		snprintf(facts->root, sizeof(facts->root), "%s", grant->root);
	else if (facts->decision.verdict == VERDICT_ALLOW)
		snprintf(facts->root, sizeof(facts->root), "/var/lib/berth/%u", cli->uid);
	facts->subuid = grant->subuid;
	facts->subgid = grant->subgid;
	gather_rootless(facts);
	rc = cli->uid == 0 ? 1 : engine_ask(cli, "State", NULL, &params, err);
	facts->running = rc == 0;
	facts->hangs = rc < 0;
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
	char until[32];

	json_object_object_add(object, "version", json_object_new_string(BERTH_VERSION));
	json_object_object_add(object, "uid", json_object_new_int64(facts->view.caller.uid));
	json_object_object_add(object, "gid", json_object_new_int64(facts->view.caller.gid));
	json_object_object_add(object, "account", text_or_null(facts->view.who));
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	json_object_object_add(object, "reason",
	    allowed ? NULL : json_object_new_string(refusal_name(decision->refusal)));
	json_object_object_add(object, "root", text_or_null(facts->root));
	json_object_object_add(object, "mode", text_or_null(mode_of(facts)));
	json_object_object_add(object, "closed", text_or_null(facts->view.closed));
	add_range(object, "subuid", &facts->subuid);
	add_range(object, "subgid", &facts->subgid);
	until_text(decision->grant.until, until, sizeof(until));
	json_object_object_add(
	    object, "until", text_or_null(decision->grant.until != 0 ? until : NULL));
	json_object_object_add(object, "remaining", json_left(decision->grant.until));
	json_object_object_add(object, "engine", json_object_new_boolean(facts->running));
	json_object_object_add(object, "grants", json_files(&facts->view.policy));
	return (message_json(object, err));
}

static void
print_range(const char *name, const struct id_range *range)
{
	if (range->count == 0)
		printf("%-12s none, one id only\n", name);
	else
		printf("%-12s %u:%u\n", name, range->start, range->count);
}

static int
info_text(const struct facts *facts, struct err *err)
{
	bool allowed = facts->decision.verdict == VERDICT_ALLOW;
	char text[ERR_LINE];
	struct err refusal;

	printf("%-12s %s\n", "version", BERTH_VERSION);
	printf("%-12s %s\n", "user", facts->account);
	if (allowed)
		printf("%-12s yes\n", "allowed");
	else {
		(void)decision_explain(&facts->decision, &facts->view.caller, &facts->view.policy,
		    facts->view.who, &refusal);
		printf("%-12s no: %s\n", "allowed", refusal.what);
		printf("%-12s %s\n", "", refusal.todo);
	}
	if (facts->view.rootless)
		printf("%-12s rootless, with the user's own rights\n", "mode");
	else
		printf("%-12s %s\n", "mode", allowed ? "shared" : "none");
	if (facts->view.closed[0] != '\0')
		printf("%-12s %s\n", "", facts->view.closed);
	if (mode_of(facts) != NULL) {
		err_escape(text, sizeof(text), facts->root);
		printf("%-12s %s\n", "root", text);
		print_range("subuid", &facts->subuid);
		print_range("subgid", &facts->subgid);
	}
	if (facts->hangs)
		printf("%-12s does not answer:  berth daemon state\n", "engine");
	else
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
