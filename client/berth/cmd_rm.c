/* SPDX-License-Identifier: ISC */
/*
 * berth rm: removes jobs that are over, with all that they wrote.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: end no job unless it was told to.
 */
#include <stddef.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/deafjob.h"
#include "client/berth/eachjob.h"
#include "client/berth/jobcall.h"
#include "client/lib/json.h"

#define PATIENCE_MS 60000 /* a running one is ended first; a big tree takes its time */

struct options {
	bool force;
	bool volumes;
};

const struct flag rm_flags[] = {
	{ FLAG_SWITCH, 'f', "force", offsetof(struct options, force), NULL, NULL,
	    "end it first, if it runs; none is no error" },
	{ FLAG_SWITCH, 'v', "volumes", offsetof(struct options, volumes), NULL, NULL,
	    "always so: volumes without a name go with it" },
	{ .kind = FLAG_INVALID },
};

static int
ask(struct cli *cli, const char *job, bool force, struct err *err)
{
	struct job_call call = { .method = "Remove",
		.job = job,
		.params = json_object_new_object(),
		.patience = PATIENCE_MS };
	struct json_object *answer;

	if (call.params == NULL || json_put_bool(call.params, "force", force) != 0) {
		json_object_put(call.params);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	json_object_put(answer);
	return (0);
}

static int
discard(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	const struct options *options = ctx;
	int rc = ask(cli, job, options->force, err);

	(void)done;
	if (rc != 0 && options->force && err->code == ERR_UNAVAILABLE) {
		rc = deafjob_kill(cli, job, err);
		if (rc == 0)
			rc = ask(cli, job, true, err);
	}
	/* With force one that is not there is no error, as docker(1) and podman(1) have it. */
	if (rc != 0 && options->force && strcmp(cli->reason, "no_such_job") == 0) {
		cli->reason[0] = '\0';
		return (0);
	}
	if (rc != 0 && !options->force && strcmp(cli->reason, "running") == 0)
		err_todo(err, "end it, and remove it:  berth rm -f");
	return (rc);
}

int
cmd_rm(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	const struct each each = { .act = discard, .ctx = &options, .shown = "job" };
	struct flag_parse parse = { .own = { rm_flags, &options }, .argc = argc, .argv = argv };

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	return (each_job(cli, &parse, &each, err));
}
