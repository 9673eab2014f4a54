/* SPDX-License-Identifier: ISC */
/*
 * berth ps: the jobs, as a table or as JSON.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: start an engine only where something of a job is kept; show no byte of an answer that a terminal
 *       would obey.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/jobcall.h"
#include "client/berth/jobfilter.h"
#include "client/berth/message.h"
#include "client/berth/quantity.h"
#include "client/berth/table.h"

#define COMMAND_WIDTH 20

struct options {
	bool all, ids, whole, latest;
	const char *last;
	size_t limit; /* what last and latest make of it */
	struct jobfilter filter;
};

static int
store_filter(void *out, char *value, struct err *err)
{
	return (jobfilter_add(&((struct options *)out)->filter, value, err));
}

/* clang-format off */
const struct flag ps_flags[] = {
	{ FLAG_SWITCH, 'a', "all", offsetof(struct options, all), NULL, NULL, "also those that are over" },
	{ FLAG_STORE, 'f', "filter", 0, store_filter, "KEY=VALUE", "only jobs with that property" },
	{ FLAG_STRING, 'n', "last", offsetof(struct options, last), NULL, "N", "the N youngest, whether they run or not" },
	{ FLAG_SWITCH, 'l', "latest", offsetof(struct options, latest), NULL, NULL, "the youngest, whether it runs or not" },
	{ FLAG_SWITCH, 0, "no-trunc", offsetof(struct options, whole), NULL, NULL, "commands in full" },
	{ FLAG_SWITCH, 'q', "quiet", offsetof(struct options, ids), NULL, NULL, "ids only" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

static int
parse_last(struct options *options, struct err *err)
{
	char *end;
	long count = 0;

	if (options->latest)
		options->limit = 1;
	if (options->last == NULL)
		return (0);
	errno = 0;
	count = strtol(options->last, &end, 10);
	if (options->last[0] < '0' || options->last[0] > '9' || *end != '\0' || errno != 0 ||
	    count == 0)
		return (err_set(err, ERR_USAGE, "--last=%s: not a number of jobs", options->last));
	options->limit = (size_t)count;
	return (0);
}

/* Those that options ask for, in an array of its own; NULL: memory is short. */
static struct json_object *
choose(const struct options *options, struct json_object *list)
{
	struct json_object *chosen = json_object_new_array();
	size_t count = json_object_array_length(list);
	struct jobview view;

	for (size_t i = 0; chosen != NULL && i < count; i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		if (!options->all && !jobview_is(&view, "running") &&
		    !jobview_is(&view, "restarting"))
			continue;
		if (jobfilter_takes(&options->filter, &view))
			json_object_array_add(chosen, json_object_get(view.object));
		if (options->limit > 0 && json_object_array_length(chosen) == options->limit)
			break;
	}
	return (chosen);
}

static void
add_row(struct table *table, const struct options *options, const struct jobview *view)
{
	int64_t now = jobview_now();
	char *command = jobview_command(view);
	char text[128], ago[64];

	table_add(table, view->id);
	table_add(table, view->image);
	table_quote(
	    table, command != NULL ? command : "", options->whole ? SIZE_MAX : COMMAND_WIDTH);
	quantity_time(now - view->created, ago, sizeof(ago));
	snprintf(text, sizeof(text), "%s ago", ago);
	table_add(table, text);
	jobview_status(view, now, text, sizeof(text));
	table_add(table, text);
	table_add(table, view->name);
	free(command);
}

static int
print_table(const struct options *options, struct json_object *list, struct err *err)
{
	static const char *const heads[] = { "ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "NAMES",
		NULL };
	size_t count = json_object_array_length(list);
	struct jobview view;
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < count; i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		add_row(&table, options, &view);
	}
	if (!table_print(&table))
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (message_done(err));
}

static int
print_ids(struct json_object *list, struct err *err)
{
	size_t count = json_object_array_length(list);
	char text[ERR_LINE];
	struct jobview view;

	for (size_t i = 0; i < count; i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		err_escape(text, sizeof(text), view.id);
		printf("%s\n", text);
	}
	return (message_done(err));
}

/* Prints the list, and frees it. */
static int
print(
    const struct cli *cli, const struct options *options, struct json_object *list, struct err *err)
{
	int rc;

	if (cli->json && !options->ids)
		return (message_json(list, err));
	rc = options->ids ? print_ids(list, err) : print_table(options, list, err);
	json_object_put(list);
	return (rc);
}

int
cmd_ps(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .all = false };
	struct flag_parse parse = { .own = { ps_flags, &options }, .argc = argc, .argv = argv };
	struct json_object *list, *chosen;
	bool all;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    parse_last(&options, err) != 0)
		return (-1);
	options.all |= options.limit > 0 || jobfilter_wants_state(&options.filter);
	/* The job that a filter names may be over. */
	all = options.all || options.filter.count > 0;
	if (job_list(cli, all, &list, err) != 0)
		return (-1);
	if (jobfilter_resolve(&options.filter, list, err) != 0) {
		json_object_put(list);
		return (-1);
	}
	chosen = choose(&options, list);
	json_object_put(list);
	if (chosen == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (print(cli, &options, chosen, err));
}
