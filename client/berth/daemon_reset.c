/* SPDX-License-Identifier: ISC */
/*
 * berth daemon reset: empties the state directory of what is the engine's. The engine does it: files
 * in there may belong to subordinate ids, and only it knows which are its own.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; a yes on the terminal
 * MUST: remove nothing without a yes or --force.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include <json-c/json.h>

#include "client/berth/daemon.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

/* What many jobs left behind takes a while to go. */
#define RESET_MS 600000

struct options {
	bool force;
};

/* clang-format off */
const struct flag daemon_reset_flags[] = {
	{ FLAG_SWITCH, 0, "force", offsetof(struct options, force), NULL, NULL, "do not ask" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* One call; it starts an engine if there is none. 0, or -1 with err and nothing in *params. */
static int
ask(struct cli *cli, const char *method, struct json_object **params, struct err *err)
{
	struct engine_call call = { .method = method, .patience = RESET_MS };
	struct way way;
	int rc;

	if (way_init(&way, cli, true, err) != 0)
		return (-1);
	rc = engine_call(&way, &call, params, err);
	if (rc == 0)
		return (0);
	json_object_put(*params);
	*params = NULL;
	return (-1);
}

static int
confirm(const struct cli *cli, const char *root, struct err *err)
{
	char question[ERR_LINE + 80];

	snprintf(question, sizeof(question),
	    "remove what berth keeps in %s, jobs that are over and volumes?", root);
	if (daemon_confirm(cli, question))
		return (0);
	err_set(err, ERR_FAILED, "nothing was removed");
	err_why(err, "it would be what berth keeps in %s, and nobody said yes", root);
	return (err_todo(err, "without asking:  berth daemon reset --force"));
}

static int
print_kept(const struct cli *cli, const char *root, struct json_object *params, struct err *err)
{
	struct json_object *list;
	char text[ERR_LINE];

	if (cli->json) {
		json_object_object_add(params, "root", message_json_text(root));
		return (message_json(params, err));
	}
	printf("%-12s %s\n", "emptied", root);
	if (json_object_object_get_ex(params, "kept", &list) &&
	    json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			const char *name = json_string(json_object_array_get_idx(list, i));

			message_foreign(text, name != NULL ? name : "");
			printf("%-12s %s\n", i == 0 ? "not berth's" : "", text);
		}
	}
	json_object_put(params);
	return (message_done(err));
}

int
daemon_reset(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = {
		.own = { daemon_reset_flags, &options }, .argc = argc, .argv = argv
	};
	struct json_object *params = NULL;
	char root[ERR_LINE];

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    ask(cli, "State", &params, err) != 0)
		return (-1);
	message_foreign(root, engine_text(params, "root"));
	json_object_put(params);
	if ((!options.force && confirm(cli, root, err) != 0) ||
	    ask(cli, "Reset", &params, err) != 0)
		return (-1);
	return (print_kept(cli, root, params, err));
}
