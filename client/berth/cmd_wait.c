/* SPDX-License-Identifier: ISC */
/*
 * berth wait: stays until jobs are over, and prints their exit statuses.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: wait for each of them, in their order.
 */
#include <json-c/json.h>

#include "client/berth/eachjob.h"
#include "client/berth/jobcall.h"

static int
await(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	static const char *const members[] = { "status", "reason", "why" };
	struct job_call call = {
		.method = "Wait", .job = job, .patience = ENGINE_FOREVER, .again = true
	};
	struct json_object *answer, *value;

	(void)ctx;
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = NULL;
		json_object_object_get_ex(answer, members[i], &value);
		json_object_object_add(done, members[i], json_object_get(value));
	}
	json_object_put(answer);
	return (0);
}

int
cmd_wait(struct cli *cli, int argc, char **argv, struct err *err)
{
	const struct each each = { .act = await, .shown = "status" };
	struct flag_parse parse = { .argc = argc, .argv = argv };

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	return (each_job(cli, &parse, &each, err));
}
