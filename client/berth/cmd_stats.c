/* SPDX-License-Identifier: ISC */
/*
 * berth stats: what jobs take of the machine, each second anew.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; procfs of jobs
 * MUST: show no byte of an answer that a terminal would obey; on what is no terminal, write no escape
 *       sequence.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/ascii.h"
#include "client/berth/jobcall.h"
#include "client/berth/jobview.h"
#include "client/berth/message.h"
#include "client/berth/quantity.h"
#include "client/berth/table.h"
#include "client/berth/usage.h"
#include "client/lib/json.h"

#define CLEAR "\033[H\033[J"

struct options {
	bool once;
	bool all;
};

/* clang-format off */
const struct flag stats_flags[] = {
	{ FLAG_SWITCH, 'a', "all", offsetof(struct options, all), NULL, NULL, "also jobs that are over" },
	{ FLAG_SWITCH, 0, "no-stream", offsetof(struct options, once), NULL, NULL, "once, and not each second" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* A job that is watched. */
struct watched {
	char id[64];
	char name[128];
	int procfs; /* -1: it does not run, or is not known yet */
	bool network; /* of its own */
	bool seen; /* it is in the present list */
	struct usage before, now;
};

struct watch {
	struct cli *cli;
	const struct options *options;
	const struct flag_parse *words; /* the jobs that were named, if any */
	struct watched *jobs;
	size_t count;
};

static bool
is_named(const struct watch *watch, const struct jobview *view)
{
	for (int i = 0; i < watch->words->argc; i++) {
		if (jobview_named(view, watch->words->argv[i]))
			return (true);
	}
	return (watch->words->argc == 0);
}

/* Of host's network everybody's traffic could be told, and no job's. */
static bool
has_own_network(struct cli *cli, const char *id)
{
	struct job_call call = { .method = "Inspect", .job = id };
	struct json_object *answer, *config;
	struct err ignored;
	const char *network = NULL;
	bool own;

	if (job_ask(cli, &call, &answer, &ignored) != 0)
		return (false);
	if (json_object_object_get_ex(answer, "config", &config) &&
	    json_object_is_type(config, json_type_object))
		network = json_text(config, "network");
	own = network == NULL || strcmp(network, "host") != 0;
	json_object_put(answer);
	return (own);
}

/* The one of this id, new at the end if there was none; NULL: memory is short. */
static struct watched *
find(struct watch *watch, const struct jobview *view)
{
	struct watched *job;

	for (size_t i = 0; i < watch->count; i++) {
		if (strcmp(watch->jobs[i].id, view->id) == 0)
			return (&watch->jobs[i]);
	}
	job = reallocarray(watch->jobs, watch->count + 1, sizeof(*job));
	if (job == NULL)
		return (NULL);
	watch->jobs = job;
	job += watch->count++;
	*job = (struct watched){ .procfs = -1 };
	snprintf(job->id, sizeof(job->id), "%s", view->id);
	snprintf(job->name, sizeof(job->name), "%s", view->name);
	return (job);
}

/* Takes a sample of one; what does not run, or has just ended, has none. */
static void
sample(struct watch *watch, struct watched *job)
{
	struct err ignored;

	job->before = job->now;
	if (job->procfs < 0) {
		if (job_open(watch->cli, job->id, "processes", &job->procfs, &ignored) != 0) {
			watch->cli->reason[0] = '\0';
			job->procfs = -1;
			return;
		}
		job->network = has_own_network(watch->cli, job->id);
	}
	if (usage_read(job->procfs, job->network, &job->now, &ignored) == 0)
		return;
	io_close(&job->procfs);
	job->procfs = -1;
	job->before = job->now = (struct usage){ .at = 0 };
}

static void
forget(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		if (watch->jobs[i].seen)
			watch->jobs[kept++] = watch->jobs[i];
		else
			io_close(&watch->jobs[i].procfs);
	}
	watch->count = kept;
}

/* The jobs as they are now, a sample of each. 0, or -1 with err. */
static int
look(struct watch *watch, struct err *err)
{
	struct json_object *list;
	struct jobview view;

	if (job_list(watch->cli, watch->options->all || watch->words->argc > 0, &list, err) != 0)
		return (-1);
	for (size_t i = 0; i < watch->count; i++)
		watch->jobs[i].seen = false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct watched *job;

		jobview_read(json_object_array_get_idx(list, i), &view);
		if (!is_named(watch, &view))
			continue;
		if ((job = find(watch, &view)) == NULL) {
			json_object_put(list);
			return (err_set(err, ERR_SYSTEM, "out of memory"));
		}
		job->seen = true;
	}
	json_object_put(list);
	forget(watch);
	for (size_t i = 0; i < watch->count; i++)
		sample(watch, &watch->jobs[i]);
	return (0);
}

/* "a / b" */
static void
pair(struct table *table, void (*text)(int64_t, char *, size_t), uint64_t first, uint64_t second)
{
	char cell[80], a[32], b[32];

	text((int64_t)(first & INT64_MAX), a, sizeof(a));
	text((int64_t)(second & INT64_MAX), b, sizeof(b));
	snprintf(cell, sizeof(cell), "%s / %s", a, b);
	table_add(table, cell);
}

static void
short_size(int64_t bytes, char *buf, size_t len)
{
	quantity_size(bytes, 3, buf, len);
}

static void
add_row(struct table *table, const struct watched *job, uint64_t total)
{
	bool runs = job->procfs >= 0;
	char text[64];

	table_add(table, job->id);
	table_add(table, job->name);
	if (!runs) {
		static const char *const none[] = { "--", "-- / --", "--", "-- / --", "-- / --",
			"--" };

		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			table_add(table, none[i]);
		return;
	}
	snprintf(
	    text, sizeof(text), "%.2f%%", usage_cpu(&job->before, &job->now, sysconf(_SC_CLK_TCK)));
	table_add(table, text);
	pair(table, quantity_memory, job->now.memory, total);
	snprintf(text, sizeof(text), "%.2f%%",
	    total > 0 ? (double)job->now.memory * 100 / (double)total : 0);
	table_add(table, text);
	pair(table, short_size, job->now.received, job->now.sent);
	if (job->now.told)
		pair(table, short_size, job->now.read, job->now.written);
	else
		table_add(table, "-- / --");
	snprintf(text, sizeof(text), "%" PRIu32, job->now.tasks);
	table_add(table, text);
}

static int
print_table(const struct watch *watch, uint64_t total, struct err *err)
{
	static const char *const heads[] = { "ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %",
		"NET I/O", "BLOCK I/O", "PIDS", NULL };
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < watch->count; i++)
		add_row(&table, &watch->jobs[i], total);
	if (!table_print(&table))
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (message_done(err));
}

static struct json_object *
number(uint64_t value)
{
	return (json_object_new_int64((int64_t)(value & INT64_MAX)));
}

static struct json_object *
json_one(const struct watched *job, uint64_t total)
{
	struct json_object *object = json_object_new_object();
	const struct usage *now = &job->now;
	bool runs = job->procfs >= 0, told = runs && now->told;
	double cpu = usage_cpu(&job->before, now, sysconf(_SC_CLK_TCK));

	json_object_object_add(object, "id", message_json_text(job->id));
	json_object_object_add(object, "name", message_json_text(job->name));
	json_object_object_add(object, "running", json_object_new_boolean(runs));
	json_object_object_add(object, "cpu", runs ? json_object_new_double(cpu) : NULL);
	json_object_object_add(object, "memory", runs ? number(now->memory) : NULL);
	json_object_object_add(object, "limit", number(total));
	json_object_object_add(object, "received", runs ? number(now->received) : NULL);
	json_object_object_add(object, "sent", runs ? number(now->sent) : NULL);
	json_object_object_add(object, "read", told ? number(now->read) : NULL);
	json_object_object_add(object, "written", told ? number(now->written) : NULL);
	json_object_object_add(object, "pids", runs ? json_object_new_int64(now->tasks) : NULL);
	return (object);
}

/* A line each second, or one text. */
static int
print_json(const struct watch *watch, uint64_t total, struct err *err)
{
	struct json_object *list = json_object_new_array();
	char *text;

	for (size_t i = 0; i < watch->count; i++)
		json_object_array_add(list, json_one(&watch->jobs[i], total));
	if (watch->options->once)
		return (message_json(list, err));
	text = ascii_json(list, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(list);
	if (text == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	printf("%s\n", text);
	free(text);
	return (message_done(err));
}

static int
show(const struct watch *watch, uint64_t total, struct err *err)
{
	if (watch->cli->json)
		return (print_json(watch, total, err));
	if (!watch->options->once && isatty(STDOUT_FILENO) == 1)
		fputs(CLEAR, stdout);
	return (print_table(watch, total, err));
}

/* Each that was named must be there, at the beginning. */
static int
check_names(struct watch *watch, struct err *err)
{
	for (int i = 0; i < watch->words->argc; i++) {
		struct job_call call = { .method = "Inspect", .job = watch->words->argv[i] };
		struct json_object *answer;

		if (job_ask(watch->cli, &call, &answer, err) != 0)
			return (-1);
		json_object_put(answer);
	}
	return (0);
}

static int
run(struct watch *watch, struct err *err)
{
	const struct timespec second = { .tv_sec = 1 };
	uint64_t total = usage_total();
	int rc = check_names(watch, err);

	/* The time of a processor is that between two looks. */
	if (rc == 0)
		rc = look(watch, err);
	while (rc == 0) {
		nanosleep(&second, NULL);
		if ((rc = look(watch, err)) == 0)
			rc = show(watch, total, err);
		if (watch->options->once)
			break;
	}
	return (rc);
}

int
cmd_stats(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .once = false };
	struct flag_parse parse = { .own = { stats_flags, &options }, .argc = argc, .argv = argv };
	struct watch watch = { .cli = cli, .options = &options, .words = &parse };
	int rc;

	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	rc = run(&watch, err);
	for (size_t i = 0; i < watch.count; i++)
		io_close(&watch.jobs[i].procfs);
	free(watch.jobs);
	return (rc);
}
