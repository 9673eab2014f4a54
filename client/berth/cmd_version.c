/* SPDX-License-Identifier: ISC */
/*
 * berth version: of this program, and of the engine if one runs. Starts none.
 * TRUST: unprivileged
 * INPUT: what the engine answers
 * MUST: succeed whatever the engine does.
 */
#include <stdio.h>

#include <json-c/json.h>

#include "client/berth/engine.h"
#include "client/berth/message.h"

int
cmd_version(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct json_object *params = NULL, *object;
	char engine[ERR_LINE] = "";
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	rc = cli->uid == 0 ? 1 : engine_ask(cli, "Info", NULL, &params, err);
	if (rc == 0)
		message_foreign(engine, engine_text(params, "version"));
	else if (rc < 0 && err->code == ERR_USAGE)
		return (-1);
	json_object_put(params);
	if (!cli->json) {
		printf("berth " BERTH_VERSION "\n");
		if (engine[0] != '\0')
			printf("engine %s\n", engine);
		return (message_done(err));
	}
	object = json_object_new_object();
	json_object_object_add(object, "version", json_object_new_string(BERTH_VERSION));
	json_object_object_add(
	    object, "engine", engine[0] != '\0' ? json_object_new_string(engine) : NULL);
	return (message_json(object, err));
}
