/* SPDX-License-Identifier: ISC */
/*
 * What berth explain says of a job file: what it asks for, what of that is required, what was given and
 * what is granted. Contract in jobuse.h.
 * TRUST: unprivileged
 * INPUT: a job file, which is somebody else's (hostile); parameters of the caller; the policy
 * MUST: take what is granted from the decide() of everybody, and ask it for nothing that a job of this
 *       file would not ask for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/jobuse.h"
#include "client/berth/judge.h"
#include "client/berth/message.h"
#include "client/berth/preview.h"
#include "client/berth/table.h"

static bool
has_owner(const struct jobfile_item *item)
{
	return (item->uid.given && (item->uid.value != 0 || item->gid.value != 0));
}

/* What a directory that was not given will want all the same. */
static void
want_rest(const struct cli *cli, const struct jobfile *jf, struct judged *judged)
{
	struct job_wants *wants = &judged->wants;
	bool wanted = false, there = false;

	for (size_t i = 0; i < jf->nitems; i++)
		wanted = wanted || (jf->items[i].kind == JOBFILE_DIRECTORY &&
				       jf->items[i].value == NULL && has_owner(&jf->items[i]));
	for (size_t i = 0; i < wants->n; i++)
		there = there || wants->v[i].id == ENT_IDMAP_MOUNT;
	if (!wanted || there || wants->n == JOB_WANTS_MAX)
		return;
	wants->v[wants->n] = (struct entitlement){ .id = ENT_IDMAP_MOUNT };
	view_decide(&judged->view, cli->once ? ENGINE_ONCE : ENGINE_SHARED, &wants->v[wants->n],
	    &judged->of[wants->n]);
	wants->n++;
}

/* The directories that this user may give now: the words of the grants, as text and as an array. */
static struct json_object *
granted_directories(const struct cli *cli, const struct judged *judged)
{
	const struct view *view = &judged->view;
	const struct policy *policy = view->rootless ? view->own : &view->policy;
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		for (size_t j = 0; j < allow->nrules; j++) {
			const struct entitlement *rule = &allow->rules[j].ent;
			struct entitlement wanted = *rule;
			struct decision decision;
			char text[ERR_LINE];

			if (rule->id != ENT_MOUNT ||
			    entitlement_format(rule, text, sizeof(text)) < 0)
				continue;
			/* A job never wants "*": it wants a path, and that is every one. */
			if (strcmp(wanted.value, "*") == 0)
				wanted.value = "/";
			view_decide(
			    view, cli->once ? ENGINE_ONCE : ENGINE_SHARED, &wanted, &decision);
			if (decision.verdict == VERDICT_ALLOW)
				json_object_array_add(list, message_json_text(text));
		}
	}
	return (list);
}

static bool
is_complete(const struct jobfile *jf)
{
	for (size_t i = 0; i < jf->nitems; i++) {
		if (jobfile_is_missing(&jf->items[i]))
			return (false);
	}
	return (true);
}

/* --- for people -------------------------------------------------------------------------------------- */

static void
owner_text(const struct jobfile_item *item, char *buf, size_t len)
{
	if (item->uid.given)
		snprintf(buf, len, "%u:%u", item->uid.value, item->gid.value);
	else
		snprintf(buf, len, item->kind == JOBFILE_DIRECTORY ? "0:0" : "the job's user");
}

static const char *
given_text(const struct jobfile_item *item, const char *nothing)
{
	if (item->replaced)
		return ("a mount of a flag");
	return (item->value != NULL ? item->value : nothing);
}

static void
add_parameter(struct table *table, const struct jobfile_item *item)
{
	bool directory = item->kind == JOBFILE_DIRECTORY;
	char path[128], owner[32], mode[16];

	owner_text(item, owner, sizeof(owner));
	snprintf(mode, sizeof(mode), "%04o", item->mode.given ? item->mode.value : JOB_SECRET_MODE);
	table_add(table, jobfile_kind_name(item->kind));
	table_add(table, item->name);
	table_add(table, jobfile_target(item, path, sizeof(path)));
	table_add(table, !directory ? mode : item->writable ? "read-write" : "read-only");
	table_add(table, owner);
	table_add(table, item->optional ? "no" : "yes");
	table_add(table, given_text(item, "nothing"));
	table_add(table, item->description != NULL ? item->description : "");
}

/* One with neither owner nor an answer to whether it is required. */
static void
add_other(struct table *table, const struct jobfile_item *item, const char *const words[4])
{
	table_add(table, words[0]);
	table_add(table, item->name);
	table_add(table, words[1]);
	table_add(table, words[2]);
	table_add(table, "");
	table_add(table, "");
	table_add(table, given_text(item, ""));
	table_add(table, words[3]);
}

static void
add_mount(struct table *table, const struct jobfile_item *item)
{
	char text[160] = "";

	if (item->volume && item->store != NULL)
		snprintf(text, sizeof(text), "kept as %s", item->store);
	else if (item->volume)
		snprintf(text, sizeof(text), "goes with the job");
	else if (item->size != NULL)
		snprintf(text, sizeof(text), "at most %s", item->size);
	add_other(table, item,
	    (const char *const[]){ item->volume ? "volume" : "tmpfs", item->path,
		item->writable ? "read-write" : "read-only", text });
}

static void
add_port(struct table *table, const struct jobfile_item *item)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", item->container.value);
	add_other(table, item, (const char *const[]){ "port", number, "", "" });
}

static int
print_items(const struct jobfile *jf, struct err *err)
{
	static const char *const heads[] = { "KIND", "NAME", "IN THE JOB", "ACCESS", "OWNER",
		"REQUIRED", "GIVEN", "WHAT FOR", NULL };
	struct table table;

	if (jf->nitems == 0)
		return (0);
	table_begin(&table, heads);
	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];

		if (item->kind == JOBFILE_DIRECTORY || item->kind == JOBFILE_SECRET)
			add_parameter(&table, item);
		else if (item->kind == JOBFILE_MOUNT)
			add_mount(&table, item);
		else
			add_port(&table, item);
	}
	if (!table_print(&table))
		return (err_sys(err, "cannot explain"));
	printf("\n");
	return (0);
}

/* What could be given, when there is something to give. */
static void
print_granted(const struct cli *cli, const struct jobfile *jf, const struct judged *judged)
{
	struct json_object *list = granted_directories(cli, judged);
	size_t directories = 0;

	for (size_t i = 0; i < jf->nitems; i++)
		directories += jf->items[i].kind == JOBFILE_DIRECTORY;
	if (directories > 0) {
		printf("directories may be given by:");
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			char text[ERR_LINE];

			err_escape(text, sizeof(text),
			    json_object_get_string(json_object_array_get_idx(list, i)));
			printf(" %s", text);
		}
		printf("%s\n\n", json_object_array_length(list) == 0 ? " nothing is granted" : "");
	}
	json_object_put(list);
}

static void
print_line(const char *name, const char *value, const char *more)
{
	char text[ERR_LINE];

	if (value == NULL)
		return;
	err_escape(text, sizeof(text), value);
	printf("%-12s %s%s\n", name, text, more);
}

static bool
is_set(const struct job_words *env, const char *pair)
{
	for (size_t i = 0; i < env->n; i++) {
		if (strcmp(env->v[i], pair) == 0)
			return (true);
	}
	return (false);
}

/* What preview_head does not tell. A variable that a flag sets otherwise may be nobody's to see. */
static void
print_job(const struct run_options *options)
{
	const struct jobfile *jf = options->jf;
	char timeout[16];

	snprintf(timeout, sizeof(timeout), "%u", options->job.timeout);
	print_line("job file", options->file, "");
	print_line("name", options->name, "");
	print_line("user", options->user, "");
	print_line("workdir", options->workdir, "");
	print_line("timeout", options->job.timeout > 0 ? timeout : NULL, " s");
	/* what the flags chose stands with the job's life */
	if (options->restart == NULL)
		print_line("restart", jf->restart, " (with -d)");
	for (size_t i = 0; i < jf->env.n; i++) {
		if (is_set(&options->job.run.env, jf->env.v[i]))
			print_line("variable", jf->env.v[i], "");
	}
}

static int
print_text(const struct cli *cli, const struct run_options *options, const struct judged *judged,
    struct err *err)
{
	preview_maps(cli);
	print_job(options);
	preview_head(&options->job);
	if (print_items(options->jf, err) != 0)
		return (-1);
	print_granted(cli, options->jf, judged);
	judge_print(judged);
	return (message_done(err));
}

/* --- for programs ------------------------------------------------------------------------------------ */

static void
add_number(struct json_object *object, const char *name, const struct jobfile_number *number)
{
	json_object_object_add(
	    object, name, number->given ? json_object_new_int64(number->value) : NULL);
}

static struct json_object *
json_parameter(const struct jobfile_item *item)
{
	struct json_object *object = json_object_new_object();
	char path[128], mode[16];

	snprintf(mode, sizeof(mode), "%04o", item->mode.given ? item->mode.value : JOB_SECRET_MODE);
	judge_text(object, "name", item->name);
	judge_text(object, "path", jobfile_target(item, path, sizeof(path)));
	if (item->kind == JOBFILE_DIRECTORY)
		json_object_object_add(object, "writable", json_object_new_boolean(item->writable));
	else
		judge_text(object, "mode", mode);
	add_number(object, "uid", &item->uid);
	add_number(object, "gid", &item->gid);
	json_object_object_add(object, "required", json_object_new_boolean(!item->optional));
	judge_text(object, "description", item->description);
	judge_text(object, "value", item->value);
	json_object_object_add(object, "line", json_object_new_int64(item->at.line));
	return (object);
}

static struct json_object *
json_other(const struct jobfile_item *item)
{
	struct json_object *object = json_object_new_object();

	judge_text(object, "name", item->name);
	json_object_object_add(object, "line", json_object_new_int64(item->at.line));
	if (item->kind == JOBFILE_PORT) {
		add_number(object, "container", &item->container);
		return (object);
	}
	judge_text(object, "type", item->volume ? "volume" : "tmpfs");
	judge_text(object, "path", item->path);
	json_object_object_add(object, "writable", json_object_new_boolean(item->writable));
	judge_text(object, "size", item->size);
	judge_text(object, "mode", item->permissions);
	judge_text(object, "volume", item->store);
	judge_text(object, "value", item->value);
	return (object);
}

static void
json_items(struct json_object *object, const struct jobfile *jf)
{
	static const struct {
		enum jobfile_kind kind;
		const char *name;
	} lists[] = { { JOBFILE_DIRECTORY, "directories" }, { JOBFILE_SECRET, "secrets" },
		{ JOBFILE_MOUNT, "mounts" }, { JOBFILE_PORT, "ports" } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *list = json_object_new_array();

		for (size_t j = 0; j < jf->nitems; j++) {
			const struct jobfile_item *item = &jf->items[j];

			if (item->kind == lists[i].kind)
				json_object_array_add(
				    list, i < 2 ? json_parameter(item) : json_other(item));
		}
		json_object_object_add(object, lists[i].name, list);
	}
}

static int
print_json(const struct cli *cli, const struct run_options *options, const struct judged *judged,
    struct err *err)
{
	struct json_object *object = json_object_new_object();
	bool allowed = true;

	for (size_t i = 0; i < judged->wants.n; i++)
		allowed = allowed && judged->of[i].verdict == VERDICT_ALLOW;
	judge_text(object, "file", options->file);
	judge_text(object, "restart", options->jf->restart != NULL ? options->jf->restart : "no");
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	json_object_object_add(
	    object, "complete", json_object_new_boolean(is_complete(options->jf)));
	json_object_object_add(object, "uid", json_object_new_int64(judged->view.caller.uid));
	judge_text(object, "account", judged->view.who);
	json_object_object_add(object, "job", preview_object(&options->job));
	json_items(object, options->jf);
	preview_json_maps(cli, object);
	json_object_object_add(object, "granted_directories", granted_directories(cli, judged));
	json_object_object_add(object, "entitlements", judge_json(judged));
	return (message_json(object, err));
}

static int
explain(struct cli *cli, const struct run_options *options, struct err *err)
{
	struct judged *judged = calloc(1, sizeof(*judged));
	int rc;

	if (judged == NULL)
		return (err_sys(err, "cannot explain"));
	rc = judge_job(cli, &options->job, judged, err);
	if (rc == 0) {
		want_rest(cli, options->jf, judged);
		rc = cli->json ? print_json(cli, options, judged, err)
			       : print_text(cli, options, judged, err);
	}
	if (rc == 0 && judge_refusal(cli, judged, &judged->refusal) != 0) {
		*err = judged->refusal;
		rc = -1;
	}
	judge_free(judged);
	return (rc);
}

int
jobuse_preview(struct cli *cli, const struct run_options *options, struct err *err)
{
	return (options->jf != NULL ? explain(cli, options, err)
				    : preview_job(cli, &options->job, err));
}

/* --- the format -------------------------------------------------------------------------------------- */

static struct json_object *
schema_key(const struct jobfile_key *key)
{
	struct json_object *object = json_object_new_object();

	judge_text(object, "key", key->key);
	judge_text(object, "value", key->value);
	judge_text(object, "default", key->otherwise);
	json_object_object_add(object, "required", json_object_new_boolean(key->required));
	judge_text(object, "meaning", key->meaning);
	return (object);
}

static int
schema_json(struct err *err)
{
	struct json_object *list = json_object_new_array(), *keys = NULL;
	enum jobfile_kind last = JOBFILE_INVALID;

	for (const struct jobfile_key *key = jobfile_keys; key->section != JOBFILE_INVALID; key++) {
		if (key->section != last) {
			struct json_object *section = json_object_new_object();

			keys = json_object_new_array();
			judge_text(section, "section", jobfile_kind_name(key->section));
			json_object_object_add(section, "named",
			    json_object_new_boolean(jobfile_is_named(key->section)));
			json_object_object_add(section, "keys", keys);
			json_object_array_add(list, section);
		}
		last = key->section;
		json_object_array_add(keys, schema_key(key));
	}
	return (message_json(list, err));
}

int
jobuse_schema(const struct cli *cli, struct err *err)
{
	static const char *const heads[] = { "SECTION", "KEY", "VALUE", "DEFAULT", "MEANING",
		NULL };
	struct table table;

	if (cli->json)
		return (schema_json(err));
	table_begin(&table, heads);
	for (const struct jobfile_key *key = jobfile_keys; key->section != JOBFILE_INVALID; key++) {
		char section[32];

		snprintf(section, sizeof(section), "[%s%s]", jobfile_kind_name(key->section),
		    jobfile_is_named(key->section) ? " NAME" : "");
		table_add(&table, section);
		table_add(&table, key->key);
		table_add(&table, key->value);
		table_add(&table, key->required		   ? "required"
				  : key->otherwise != NULL ? key->otherwise
							   : "");
		table_add(&table, key->meaning);
	}
	if (!table_print(&table))
		return (err_sys(err, "cannot print the format"));
	return (message_done(err));
}
