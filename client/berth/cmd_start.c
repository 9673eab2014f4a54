/* SPDX-License-Identifier: ISC */
/*
 * berth start: jobs that are over run once more.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: start nothing but what was named.
 */
#include <json-c/json.h>

#include "client/berth/eachjob.h"
#include "client/berth/jobcall.h"
#include "client/berth/jobverbs.h"

int
job_start(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	struct job_call call = { .method = "StartJob", .job = job };
	struct json_object *answer;

	(void)done;
	(void)ctx;
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	json_object_put(answer);
	return (0);
}

int
cmd_start(struct cli *cli, int argc, char **argv, struct err *err)
{
	const struct each each = { .act = job_start, .shown = "job" };
	struct flag_parse parse = { .argc = argc, .argv = argv };

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	return (each_job(cli, &parse, &each, err));
}
