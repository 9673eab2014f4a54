/* SPDX-License-Identifier: ISC */
/*
 * berth daemon: the user's engine. Its verbs, and the first of them: start.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: start an engine for nobody but the caller; leave grants to berth-admin.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/admin.h"
#include "client/berth/daemon.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"

/* Was there a flag that is berth-admin's? */
struct start_options {
	bool granting;
};

static command_run daemon_start;

static int
store_granting(void *out, char *value, struct err *err)
{
	(void)value;
	(void)err;
	((struct start_options *)out)->granting = true;
	return (0);
}

/* clang-format off */
static const struct flag start_flags[] = {
	{ FLAG_STORE, 0, "allow-user", 0, store_granting, "USER", "sudo: grant, and start" },
	{ FLAG_STORE, 0, "entitlements", 0, store_granting, "LIST", "sudo: what is granted" },
	ADMIN_GRANTING(store_granting),
	{ .kind = FLAG_INVALID },
};

const struct command daemon_verbs[] = {
	{ "daemon start", daemon_start, start_flags, "daemon start",
	  "start it, if it is not there, and print its state", NULL },
	{ "daemon state", daemon_state, NULL, "daemon state", "print its state; start none", NULL },
	{ "daemon stop", daemon_stop, daemon_stop_flags, "daemon stop [--force]", "end it", NULL },
	{ "daemon logs", daemon_logs, daemon_logs_flags, "daemon logs [-f] [--tail N]",
	  "what it did: starts and ends, its own and those of jobs, and refusals", NULL },
	{ "daemon reset", daemon_reset, daemon_reset_flags, "daemon reset [--force]",
	  "remove what it keeps in its state directory, and nothing else", NULL },
	{ .name = NULL },
};
/* clang-format on */

static int
start(struct cli *cli, struct err *err)
{
	struct engine_call call = { .method = "State" };
	struct json_object *params = NULL;
	struct way way;

	if (way_init(&way, cli, true, err) != 0)
		return (-1);
	if (engine_call(&way, &call, &params, err) == 0)
		return (daemon_print(cli, &way.peer, params, err));
	json_object_put(params);
	return (-1);
}

static int
daemon_start(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct start_options options = { .granting = false };
	struct flag_parse parse = { .own = { start_flags, &options }, .argc = argc, .argv = argv };
	struct err admin;

	/* Now, while all words are there. */
	admin_needed(cli, argc, argv, &admin);
	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	if (!options.granting)
		return (start(cli, err));
	*err = admin;
	return (-1);
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
