/* SPDX-License-Identifier: ISC */
/*
 * berth daemon state: the engine as a table for people, or as JSON.
 * TRUST: unprivileged
 * INPUT: what the engine answers, and what the kernel says of it
 * MUST: start nothing; show no byte of an answer that a terminal would obey.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/daemon.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

#define LABEL "%-12s "

/* "2d 3h", "1h 2m", "9m 12s", "45s": two units, as a person would say it. */
static void
duration(int64_t seconds, char *buf, size_t len)
{
	static const struct {
		int64_t seconds;
		char name;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;
	int64_t rest;

	while (units[i].seconds > seconds && units[i].seconds > 1)
		i++;
	rest = i + 1 < sizeof(units) / sizeof(units[0])
		   ? seconds % units[i].seconds / units[i + 1].seconds
		   : 0;
	if (rest > 0)
		snprintf(buf, len, "%" PRId64 "%c %" PRId64 "%c", seconds / units[i].seconds,
		    units[i].name, rest, units[i + 1].name);
	else
		snprintf(buf, len, "%" PRId64 "%c", seconds / units[i].seconds, units[i].name);
}

static void
print_text(const char *label, struct json_object *params, const char *name)
{
	char text[ERR_LINE];

	message_foreign(text, engine_text(params, name));
	printf(LABEL "%s\n", label, text);
}

static void
print_list(const char *label, struct json_object *params, const char *name)
{
	struct json_object *list;

	if (!json_object_object_get_ex(params, name, &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	printf("%-12s", label);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *word = json_string(json_object_array_get_idx(list, i));
		char text[ERR_LINE];

		message_foreign(text, word != NULL ? word : "");
		printf(" %s", text);
	}
	printf("\n");
}

static void
print_memory(struct json_object *params)
{
	int64_t bytes = json_number(params, "memory", -1);

	if (bytes >= 1 << 20)
		printf(LABEL "%.1f MiB\n", "memory", (double)bytes / (1 << 20));
	else if (bytes >= 0)
		printf(LABEL "%" PRId64 " KiB\n", "memory", bytes >> 10);
}

/* When it will be gone: in so much time, or after what. */
static void
print_exit(struct json_object *params)
{
	int64_t left = json_number(params, "exits_in", -1);
	int64_t timeout = json_number(params, "timeout", 0);
	struct json_object *leaving;
	char text[32];

	duration(left >= 0 ? left : timeout, text, sizeof(text));
	if (json_object_object_get_ex(params, "leaving", &leaving) &&
	    json_object_get_boolean(leaving))
		printf(LABEL "when no job runs\n", "exits");
	else if (left >= 0)
		printf(LABEL "in %s, if no job comes\n", "exits", text);
	else if (timeout > 0)
		printf(LABEL "%s after its last job\n", "exits", text);
	else
		printf(LABEL "when it is stopped\n", "exits");
}

static void
print_table(const struct peer *peer, struct json_object *params)
{
	char text[32];

	printf(LABEL "running\n", "engine");
	print_text("version", params, "version");
	print_text("mode", params, "mode");
	if (peer->pid > 0)
		printf(LABEL "%d\n", "pid", peer->pid);
	duration(json_number(params, "uptime", 0), text, sizeof(text));
	printf(LABEL "%s\n", "uptime", text);
	printf(LABEL "%" PRId64 "\n", "jobs", json_number(params, "jobs", 0));
	print_memory(params);
	print_text("root", params, "root");
	print_list("allowed", params, "entitlements");
	print_exit(params);
}

/* Members that this engine does not have are null: whoever reads it finds them all. */
static void
complete(const struct peer *peer, struct json_object *params)
{
	static const char *const names[] = { "mode", "memory", "timeout", "exits_in", "leaving" };

	json_object_object_add(params, "running", json_object_new_boolean(1));
	json_object_object_add(
	    params, "pid", peer->pid > 0 ? json_object_new_int(peer->pid) : NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!json_object_object_get_ex(params, names[i], NULL))
			json_object_object_add(params, names[i], NULL);
	}
}

int
daemon_print(
    const struct cli *cli, const struct peer *peer, struct json_object *params, struct err *err)
{
	if (cli->json) {
		complete(peer, params);
		return (message_json(params, err));
	}
	print_table(peer, params);
	json_object_put(params);
	return (message_done(err));
}

/* No engine is a state, too: on standard output, and told by the exit status. */
static int
print_absent(const struct cli *cli, struct err *err)
{
	struct json_object *object;
	int rc;

	if (cli->json) {
		object = json_object_new_object();
		json_object_object_add(object, "running", json_object_new_boolean(0));
		rc = message_json(object, err);
	} else {
		printf(LABEL "not running\n", "engine");
		rc = message_done(err);
	}
	return (rc == 0 ? ERR_UNAVAILABLE : -1);
}

int
daemon_state(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct engine_call call = { .method = "State" };
	struct json_object *params = NULL;
	struct way way;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    way_init(&way, cli, false, err) != 0)
		return (-1);
	rc = engine_call(&way, &call, &params, err);
	if (rc == 0)
		return (daemon_print(cli, &way.peer, params, err));
	json_object_put(params);
	return (rc < 0 ? -1 : print_absent(cli, err));
}
