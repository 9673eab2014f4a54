/* SPDX-License-Identifier: ISC */
/*
 * berth attach: looks at a job that runs by itself, and types to it.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what engine and job send
 * MUST: exit with the job's status; leave the job as it is when this program ends before it.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "client/berth/attach.h"
#include "client/berth/engine.h"
#include "client/berth/relay.h"
#include "client/lib/json.h"

struct attach_options {
	bool no_stdin;
	bool proxy;
	const char *keys;
};

#define AT(member) offsetof(struct attach_options, member)

/* clang-format off */
const struct flag attach_flags[] = {
	{ FLAG_STRING, 0, "detach-keys", AT(keys), NULL, "KEYS",
	  "leave a job with a terminal (default ctrl-p,ctrl-q)" },
	{ FLAG_SWITCH, 0, "no-stdin", AT(no_stdin), NULL, NULL, "do not pass standard input" },
	{ FLAG_SWITCH, 0, "sig-proxy", AT(proxy), NULL, NULL,
	  "pass signals to a job without a terminal (default true)" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

int
attach_job(struct cli *cli, struct attach *attach, const char *job, struct err *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct engine_call call = { .method = "Attach", .more = true };
	struct json_object *params;
	int none[3], rc;

	if (job_check_named(job, err) != 0) {
		free(relay);
		return (-1);
	}
	params = json_object_new_object();
	if (relay == NULL || params == NULL || json_put_text(params, "job", job) != 0) {
		json_object_put(params);
		free(relay);
		return (err_sys(err, "cannot attach to a job"));
	}
	relay->cli = cli;
	relay->kind = RELAY_ATTACH;
	relay->attach = attach;
	snprintf(relay->name, sizeof(relay->name), "%s", job);
	call.params = params;
	rc = relay_open(relay, false, none, err);
	if (rc == 0)
		rc = relay_call(relay, &call, err);
	else
		json_object_put(params);
	relay_close(relay);
	free(relay);
	return (rc);
}

int
cmd_attach(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct attach_options options = { .proxy = true };
	struct flag_parse parse = { .own = { attach_flags, &options }, .argc = argc, .argv = argv };
	struct attach attach;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, 1, err) != 0)
		return (-1);
	attach_init(&attach);
	attach.input = !options.no_stdin;
	attach.proxy = options.proxy;
	attach.keys = options.keys;
	rc = terminal_check_keys(options.keys, err);
	if (rc == 0)
		rc = attach_job(cli, &attach, parse.argv[0], err);
	attach_close(&attach);
	return (rc);
}
