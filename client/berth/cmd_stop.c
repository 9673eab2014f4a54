/* SPDX-License-Identifier: ISC */
/*
 * berth stop, restart and kill: the ends of jobs.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: end nothing but what was named.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/eachjob.h"
#include "client/berth/jobcall.h"
#include "client/berth/jobverbs.h"
#include "client/berth/signame.h"
#include "client/lib/json.h"

#define STOP_SECONDS 10 /* the engine's, when nothing is said */
#define STOP_MAX 86400
#define MARGIN_MS 30000 /* for what SIGKILL takes */

#define AHEAD 16 /* jobs that are told before the first of them is over */

/* Jobs that are stopped at the same time. */
struct stops {
	char **jobs;
	int count;
	int64_t seconds;
	int at; /* the one that is waited for */
	int sent; /* the first that was not told */
	struct ahead {
		bool sent;
		struct job_sent call;
	} ahead[AHEAD];
};

struct options {
	const char *time;
	const char *signal;
	int64_t number; /* what either of them says */
};

/* clang-format off */
const struct flag stop_flags[] = {
	{ FLAG_STRING, 't', "time", offsetof(struct options, time), NULL, "SECONDS", "until SIGKILL; 10 without it" },
	{ .kind = FLAG_INVALID },
};

const struct flag kill_flags[] = {
	{ FLAG_STRING, 's', "signal", offsetof(struct options, signal), NULL, "SIGNAL", "instead of SIGKILL" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

static int
parse_time(struct options *options, struct err *err)
{
	char *end;

	options->number = STOP_SECONDS;
	if (options->time == NULL)
		return (0);
	errno = 0;
	options->number = strtol(options->time, &end, 10);
	if (options->time[0] >= '0' && options->time[0] <= '9' && *end == '\0' && errno == 0 &&
	    options->number <= STOP_MAX)
		return (0);
	err_set(err, ERR_USAGE, "--time=%s: not a number of seconds", options->time);
	return (err_why(err, "it is at most %d", STOP_MAX));
}

/* The call for one job; params NULL: memory is short. */
static struct job_call
stop_call(const char *job, int64_t seconds)
{
	struct job_call call = { .method = "StopJob",
		.job = job,
		.params = json_object_new_object(),
		.patience = (int)seconds * 1000 + MARGIN_MS,
		.again = true };

	if (call.params != NULL && json_put_number(call.params, "seconds", seconds) != 0) {
		json_object_put(call.params);
		call.params = NULL;
	}
	return (call);
}

/* Tells the next few jobs as well, so that each has its time while this one has. */
static void
send_ahead(struct cli *cli, struct stops *stops)
{
	struct err ignored;

	for (; stops->sent < stops->count && stops->sent < stops->at + AHEAD; stops->sent++) {
		struct ahead *ahead = &stops->ahead[stops->sent % AHEAD];
		struct job_call call = stop_call(stops->jobs[stops->sent], stops->seconds);

		ahead->sent =
		    call.params != NULL && job_send(cli, &call, &ahead->call, &ignored) == 0;
		cli->reason[0] = '\0';
	}
}

/* 0; 1: it has to be asked for anew; -1 with err. */
static int
receive(struct stops *stops, struct err *err)
{
	struct ahead *ahead = &stops->ahead[stops->at++ % AHEAD];
	struct engine_answer answer = { .message = NULL };
	int rc;

	if (!ahead->sent)
		return (1);
	ahead->sent = false;
	rc = engine_next(&ahead->call.way, &ahead->call.conn,
	    (int)stops->seconds * 1000 + MARGIN_MS, &answer, err);
	json_object_put(answer.message);
	varlink_close(&ahead->call.conn);
	return (rc < 0 && ahead->call.way.hung_up ? 1 : rc);
}

static int
stop(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	struct stops *stops = ctx;
	struct json_object *answer;
	struct job_call call;
	int rc;

	(void)done;
	send_ahead(cli, stops);
	if ((rc = receive(stops, err)) <= 0)
		return (rc);
	call = stop_call(job, stops->seconds);
	if (call.params == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	json_object_put(answer);
	return (0);
}

/* Was it given a secret? What cannot be found out is told when it is its turn. */
static bool
has_secret(struct cli *cli, const char *job)
{
	struct job_call call = { .method = "Inspect", .job = job, .again = true };
	struct json_object *answer, *config = NULL, *mounts = NULL;
	bool found = false;
	struct err ignored;

	if (job_ask(cli, &call, &answer, &ignored) != 0) {
		cli->reason[0] = '\0';
		return (false);
	}
	json_object_object_get_ex(answer, "config", &config);
	json_object_object_get_ex(config, "mounts", &mounts);
	for (size_t i = 0;
	     json_object_is_type(mounts, json_type_array) && i < json_object_array_length(mounts);
	     i++) {
		const char *type = json_text(json_object_array_get_idx(mounts, i), "type");

		found = found || (type != NULL && strcmp(type, "secret") == 0);
	}
	json_object_put(answer);
	return (found);
}

/* What could not be started again is not stopped either: looked at before the first of them is told. */
static int
check_restart(struct cli *cli, char **jobs, int count, struct err *err)
{
	for (int i = 0; i < count; i++) {
		if (!has_secret(cli, jobs[i]))
			continue;
		err_set(err, ERR_FAILED, "job %s cannot be started again, and goes on", jobs[i]);
		err_why(err, "it was given secrets, which are not kept");
		return (err_todo(
		    err, "remove it, and run it anew with them:  berth rm -f %s", jobs[i]));
	}
	return (0);
}

static int
restart(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	if (stop(cli, job, done, ctx, err) != 0)
		return (-1);
	return (job_start(cli, job, done, NULL, err));
}

/* The two verbs that have --time. */
static int
end(struct cli *cli, int argc, char **argv, each_act *act, struct err *err)
{
	struct options options = { .time = NULL };
	struct flag_parse parse = { .own = { stop_flags, &options }, .argc = argc, .argv = argv };
	struct each each = { .act = act, .shown = "job" };
	struct stops *stops;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 ||
	    cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0 || parse_time(&options, err) != 0)
		return (-1);
	if (act == restart && check_restart(cli, parse.argv, parse.argc, err) != 0)
		return (-1);
	if ((stops = calloc(1, sizeof(*stops))) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	stops->jobs = parse.argv;
	stops->count = parse.argc;
	stops->seconds = options.number;
	each.ctx = stops;
	rc = each_job(cli, &parse, &each, err);
	free(stops);
	return (rc);
}

int
cmd_stop(struct cli *cli, int argc, char **argv, struct err *err)
{
	return (end(cli, argc, argv, stop, err));
}

int
cmd_restart(struct cli *cli, int argc, char **argv, struct err *err)
{
	return (end(cli, argc, argv, restart, err));
}

static int
send_signal(struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err)
{
	struct options *options = ctx;
	struct job_call call = { .method = "Kill", .job = job, .params = json_object_new_object() };
	struct json_object *answer;

	(void)done;
	if (call.params == NULL || json_put_number(call.params, "signal", options->number) != 0) {
		json_object_put(call.params);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	json_object_put(answer);
	return (0);
}

int
cmd_kill(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .number = SIGKILL };
	const struct each each = { .act = send_signal, .ctx = &options, .shown = "job" };
	struct flag_parse parse = { .own = { kill_flags, &options }, .argc = argc, .argv = argv };

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	if (options.signal != NULL && (options.number = signame_parse(options.signal)) < 0) {
		err_set(err, ERR_USAGE, "--signal=%s: no such signal", options.signal);
		return (err_why(err, "it is a name or a number of signal(7): TERM, SIGTERM, 15"));
	}
	return (each_job(cli, &parse, &each, err));
}
