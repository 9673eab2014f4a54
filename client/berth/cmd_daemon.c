/* SPDX-License-Identifier: ISC */
/*
 * berth daemon start|state|stop: the user's engine.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: start an engine for nobody but the caller; leave grants to berth-admin.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/admin.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

struct start_options {
	/* For berth-admin. */
	const char *root;
	const char *allow_user;
	const char *entitlements;
	const char *timeout;
};

struct stop_options {
	bool force;
};

static command_run cmd_start, cmd_state, cmd_stop;

#define AT(member) offsetof(struct start_options, member)

/* clang-format off */
static const struct flag start_flags[] = {
	{ FLAG_STRING, 0, "allow-user", AT(allow_user), NULL, "USER", "sudo: grant, and start" },
	{ FLAG_STRING, 0, "entitlements", AT(entitlements), NULL, "LIST", "sudo: what is granted" },
	{ FLAG_STRING, 0, "root", AT(root), NULL, "DIR", "sudo: the state directory" },
	{ FLAG_STRING, 0, "timeout", AT(timeout), NULL, "TIME", "sudo: of an idle engine" },
	{ .kind = FLAG_INVALID },
};

static const struct flag stop_flags[] = {
	{ FLAG_SWITCH, 0, "force", offsetof(struct stop_options, force), NULL, NULL,
	  "end running jobs as well" },
	{ .kind = FLAG_INVALID },
};

const struct command daemon_verbs[] = {
	{ "daemon start", cmd_start, start_flags, "daemon start",
	  "start it, if it is not there, and print its state", NULL },
	{ "daemon state", cmd_state, NULL, "daemon state", "print its state; start none", NULL },
	{ "daemon stop", cmd_stop, stop_flags, "daemon stop [--force]", "end it", NULL },
	{ .name = "daemon reset" }, { .name = "daemon logs" },
	{ .name = NULL },
};
/* clang-format on */

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

static int
print_state(const struct cli *cli, struct json_object *params, struct err *err)
{
	char text[ERR_LINE];

	if (cli->json) {
		json_object_object_add(params, "running", json_object_new_boolean(1));
		return (message_json(params, err));
	}
	printf("%-12s running\n", "engine");
	message_foreign(text, engine_text(params, "version"));
	printf("%-12s %s\n", "version", text);
	printf("%-12s %" PRId64 " s\n", "uptime", json_number(params, "uptime", 0));
	printf("%-12s %" PRId64 "\n", "jobs", json_number(params, "jobs", 0));
	message_foreign(text, engine_text(params, "root"));
	printf("%-12s %s\n", "root", text);
	print_list("allowed", params, "entitlements");
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
		printf("%-12s not running\n", "engine");
		rc = message_done(err);
	}
	return (rc == 0 ? ERR_UNAVAILABLE : -1);
}

static int
cmd_state(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct json_object *params;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	rc = engine_ask(cli, "State", NULL, &params, err);
	if (rc != 0)
		return (rc < 0 ? -1 : print_absent(cli, err));
	return (print_state(cli, params, err));
}

static int
cmd_stop(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct stop_options options = { .force = false };
	struct flag_parse parse = { .own = { stop_flags, &options }, .argc = argc, .argv = argv };
	struct json_object *params, *args;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	args = json_object_new_object();
	json_object_object_add(args, "force", json_object_new_boolean(options.force));
	rc = engine_ask(cli, "Stop", args, &params, err);
	if (rc < 0)
		return (-1);
	if (rc == 0)
		json_object_put(params);
	else
		message_note(cli, "no engine is running");
	return (0);
}

static int
start(struct cli *cli, struct err *err)
{
	struct engine_call call = { .method = "State" };
	struct json_object *message, *params;
	struct varlink conn;
	struct way way;
	int rc;

	if (way_init(&way, cli, true, err) != 0 || engine_open(&way, &call, &conn, err) != 0)
		return (-1);
	rc = varlink_read(&conn, &message);
	varlink_close(&conn);
	if (rc != 1)
		return (err_set(err, ERR_UNAVAILABLE, "the engine ended before it answered"));
	rc = engine_answer(cli, message, &params, err);
	if (rc == 0)
		rc = print_state(cli, json_object_get(params), err);
	json_object_put(message);
	return (rc);
}

static int
cmd_start(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct start_options options = { .root = NULL };
	struct flag_parse parse = { .own = { start_flags, &options }, .argc = argc, .argv = argv };
	struct err admin;

	/* Now, while all words are there. */
	admin_needed(cli, argc, argv, &admin);
	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	if (options.root != NULL || options.allow_user != NULL || options.entitlements != NULL ||
	    options.timeout != NULL) {
		*err = admin;
		return (-1);
	}
	return (start(cli, err));
}

/* Root's start goes on with all its words before they are judged; "start" comes first. */
static bool
is_for_admin(const struct cli *cli, int argc, char **argv)
{
	for (int i = 0; i < argc && cli->uid == 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return (false);
	}
	for (int i = 0; i < argc && cli->uid == 0; i++) {
		if (strcmp(argv[i], "start") != 0)
			continue;
		char *word = argv[i];

		memmove(argv + 1, argv, (size_t)i * sizeof(*argv));
		argv[0] = word;
		return (true);
	}
	return (false);
}

int
cmd_daemon(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse words = { .argc = argc, .argv = argv };

	if (is_for_admin(cli, argc, argv))
		return (admin_exec(cli, argc, argv, err));
	return (command_dispatch(cli, daemon_verbs, &words, err));
}
