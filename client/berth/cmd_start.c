/* SPDX-License-Identifier: ISC */
/*
 * berth start: jobs that are over run once more, one of them with its streams here.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: start nothing but what was named.
 */
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/attach.h"
#include "client/berth/eachjob.h"
#include "client/berth/jobcall.h"
#include "client/berth/jobverbs.h"
#include "client/berth/mapcall.h"
#include "client/lib/json.h"

#define LATE_MS 10000 /* a job starts within milliseconds */

/* It takes what it takes, of a slow disk say; who waits is told. */
static void
tell_late(const struct cli *cli, const char *job, const struct job_sent *sent)
{
	struct pollfd answer = { .fd = sent->conn.fd, .events = POLLIN };
	char what[JOB_NAME_MAX + 32];

	if (sent->conn.len > 0 || poll(&answer, 1, LATE_MS) != 0)
		return;
	snprintf(what, sizeof(what), "job %s has not started", job);
	peer_late(cli, &sent->way.peer, what);
}

/* The answers up to the last one, which says that it runs. */
static int
wait_for_start(struct cli *cli, struct job_sent *sent, struct err *err)
{
	struct mapcall maps = { .cli = cli };
	struct engine_answer answer;
	bool last = false;
	int rc = 0;

	while (rc == 0 && !last) {
		answer = (struct engine_answer){ .message = NULL };
		rc = engine_next(&sent->way, &sent->conn, ENGINE_FOREVER, &answer, err);
		last = rc == 0 && !mapcall_is(answer.params);
		if (rc == 0 && !last)
			rc = mapcall_serve(&maps, &sent->conn, answer.params, err);
		json_object_put(answer.message);
	}
	return (rc);
}

int
job_start(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	struct job_call call = { .method = "StartJob", .job = job, .more = true };
	struct job_sent sent;
	int rc;

	(void)done;
	(void)ctx;
	if (job_send(cli, &call, &sent, err) != 0)
		return (-1);
	tell_late(cli, job, &sent);
	rc = wait_for_start(cli, &sent, err);
	varlink_close(&sent.conn);
	return (rc);
}

struct start_options {
	bool attach;
	bool interactive;
	const char *keys;
};

#define AT(member) offsetof(struct start_options, member)

/* clang-format off */
const struct flag job_start_flags[] = {
	{ FLAG_SWITCH, 'a', "attach", AT(attach), NULL, NULL,
	  "show what it writes, and end with its status" },
	{ FLAG_STRING, 0, "detach-keys", AT(keys), NULL, "KEYS",
	  "with -i: leave a job with a terminal (default ctrl-p,ctrl-q)" },
	{ FLAG_SWITCH, 'i', "interactive", AT(interactive), NULL, NULL,
	  "as --attach, and pass standard input" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* It was over before anybody could attach to it. */
static int
show_over(struct cli *cli, struct attach *attach, const char *job, struct err *err)
{
	struct job_call call = { .method = "Wait", .job = job, .again = true };
	struct json_object *answer;
	int status;

	cli->reason[0] = '\0';
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	status = (int)(json_number(answer, "status", EXIT_BERTH) & 0xff);
	json_object_put(answer);
	return (attach_rest(attach, err) == 0 ? status : -1);
}

/* The log is watched before the start, so that nothing of it is missed. */
static int
start_attached(
    struct cli *cli, const char *job, const struct start_options *options, struct err *err)
{
	struct attach attach;
	int dir, rc;

	attach_init(&attach);
	attach.input = options->interactive;
	attach.proxy = true;
	attach.keys = options->keys;
	rc = job_open(cli, job, "state", &dir, err);
	if (rc == 0)
		rc = attach_watch(&attach, dir, err);
	if (rc == 0)
		rc = job_start(cli, job, NULL, NULL, err);
	if (rc == 0) {
		rc = attach_job(cli, &attach, job, err);
		if (rc < 0 && strcmp(cli->reason, "not_running") == 0)
			rc = show_over(cli, &attach, job, err);
	}
	attach_close(&attach);
	return (rc);
}

int
cmd_start(struct cli *cli, int argc, char **argv, struct err *err)
{
	const struct each each = { .act = job_start, .shown = "job" };
	struct start_options options = { .attach = false };
	struct flag_parse parse = {
		.own = { job_start_flags, &options }, .argc = argc, .argv = argv
	};
	bool attach;

	if (cli_flags(cli, &parse, err) != 0 || terminal_check_keys(options.keys, err) != 0)
		return (-1);
	attach = options.attach || options.interactive;
	if (cli_words(cli, parse.argc, 1, attach ? 1 : INT32_MAX, err) != 0)
		return (-1);
	if (attach)
		return (start_attached(cli, parse.argv[0], &options, err));
	return (each_job(cli, &parse, &each, err));
}
