/* SPDX-License-Identifier: ISC */
/*
 * berth system: what jobs take of the disk, and what can go.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; a yes on the terminal
 * MUST: remove no job that runs, and nothing without being told to.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/jobcall.h"
#include "client/berth/message.h"
#include "client/berth/moment.h"
#include "client/berth/prune.h"
#include "client/berth/quantity.h"
#include "client/berth/table.h"
#include "client/lib/json.h"

#define PRUNE_MS 300000
#define LABELS_MAX 32

static command_run system_df, system_prune;

struct options {
	bool force;
	const char *until;
	size_t nlabels;
	const char *labels[LABELS_MAX];
};

/* until=WHEN, label=NAME[=VALUE] */
static int
store_filter(void *out, char *value, struct err *err)
{
	struct options *options = out;

	if (strncmp(value, "until=", 6) == 0) {
		options->until = value + 6;
		return (0);
	}
	if (options->nlabels == LABELS_MAX)
		return (err_set(err, ERR_USAGE, "more than %d times --filter=label=", LABELS_MAX));
	if (strncmp(value, "label=", 6) == 0 && value[6] != '\0' && json_is_utf8(value)) {
		options->labels[options->nlabels++] = value + 6;
		return (0);
	}
	err_set(err, ERR_USAGE, "--filter=%s: no such filter", value);
	return (err_why(err, "known are until=TIME and label=NAME[=VALUE]"));
}

/* clang-format off */
static const struct flag prune_flags[] = {
	{ FLAG_STORE, 0, "filter", 0, store_filter, "PROPERTY", "only jobs with it: until=TIME, label=NAME[=VALUE]" },
	{ FLAG_SWITCH, 'f', "force", offsetof(struct options, force), NULL, NULL, "do not ask" },
	{ .kind = FLAG_INVALID },
};

const struct command system_verbs[] = {
	{ "system df", system_df, NULL, "system df", "what jobs and volumes take of the disk", NULL },
	{ "system prune", system_prune, prune_flags, "system prune [flags]",
	  "remove the jobs that are over, with what they wrote", NULL },
	{ .name = NULL },
};
/* clang-format on */

int
cmd_system(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse words = { .argc = argc, .argv = argv };

	return (command_dispatch(cli, system_verbs, &words, err));
}

static struct json_object *
no_volumes(void)
{
	static const char *const members[] = { "volumes", "used", "size", "reclaimable" };
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; object != NULL && i < sizeof(members) / sizeof(members[0]); i++)
		json_object_object_add(object, members[i], json_object_new_int64(0));
	json_object_object_add(object, "unknown", json_object_new_boolean(false));
	return (object);
}

/* No engine and nothing on disk: nothing is taken. */
static struct json_object *
nothing(void)
{
	static const char *const members[] = { "jobs", "running", "size", "reclaimable" };
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; object != NULL && i < sizeof(members) / sizeof(members[0]); i++)
		json_object_object_add(object, members[i], json_object_new_int64(0));
	if (object != NULL)
		json_object_object_add(object, "volumes", no_volumes());
	return (object);
}

static void
add_row(
    struct table *table, const char *kind, int64_t total, int64_t active, struct json_object *of)
{
	int64_t size = json_number(of, "size", 0), free = json_number(of, "reclaimable", 0);
	char text[64], bytes[32];

	table_add(table, kind);
	snprintf(text, sizeof(text), "%" PRId64, total);
	table_add(table, text);
	snprintf(text, sizeof(text), "%" PRId64, active);
	table_add(table, text);
	quantity_size(size, 4, text, sizeof(text));
	table_add(table, text);
	quantity_size(free, 4, bytes, sizeof(bytes));
	snprintf(text, sizeof(text), "%s (%.0f%%)", bytes,
	    size > 0 && free > 0 ? (double)free * 100 / (double)size : 0);
	table_add(table, text);
}

static int
print_usage(struct json_object *usage, struct err *err)
{
	static const char *const heads[] = { "TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE",
		NULL };
	struct json_object *volumes = json_object_object_get(usage, "volumes");
	struct table table;

	table_begin(&table, heads);
	add_row(
	    &table, "Jobs", json_number(usage, "jobs", 0), json_number(usage, "running", 0), usage);
	add_row(&table, "Local Volumes", json_number(volumes, "volumes", 0),
	    json_number(volumes, "used", 0), volumes);
	if (!table_print(&table))
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (message_done(err));
}

static int
system_df(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct job_call call = { .method = "Usage", .patience = PRUNE_MS };
	struct json_object *usage;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    (rc = job_ask_all(cli, &call, &usage, err)) < 0)
		return (-1);
	if (rc == 1 && (usage = nothing()) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	if (json_object_get_boolean(
		json_object_object_get(json_object_object_get(usage, "volumes"), "unknown")))
		message_warning(cli, "not all volumes, or what jobs use of them, can be looked at");
	if (cli->json)
		return (message_json(usage, err));
	rc = print_usage(usage, err);
	json_object_put(usage);
	return (rc);
}

/* The parameters of Prune; NULL with err. */
static struct json_object *
make_filter(const struct options *options, struct err *err)
{
	struct json_object *params = json_object_new_object(), *filter = json_object_new_object(),
			   *labels = json_object_new_array();
	int64_t until, now = moment_now();

	for (size_t i = 0; i < options->nlabels; i++)
		json_object_array_add(labels, json_object_new_string(options->labels[i]));
	json_object_object_add(filter, "labels", labels);
	json_object_object_add(params, "filter", filter);
	if (options->until == NULL)
		return (params);
	if (moment_typed(options->until, now, &until) == 0 && until <= now) {
		json_object_object_add(
		    filter, "until", json_object_new_int64((now - until) / MOMENT_SECOND));
		return (params);
	}
	err_set(err, ERR_USAGE, "--filter=until=%s: not a time of the past", options->until);
	err_why(err, "it is a date, 2026-11-26T12:00:00Z, or how long ago: 10m, 24h, 7d");
	json_object_put(params);
	return (NULL);
}

static int
system_prune(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = { .own = { prune_flags, &options }, .argc = argc, .argv = argv };
	struct job_call call = { .method = "Prune", .patience = PRUNE_MS };
	const char *question = "remove the jobs that are over, with all that they wrote?";
	struct json_object *answer;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    (call.params = make_filter(&options, err)) == NULL ||
	    prune_ask(cli, &call, options.force ? NULL : question, &answer, err) != 0)
		return (-1);
	return (prune_print(cli, answer, "Jobs", err));
}
