/* SPDX-License-Identifier: ISC */
/*
 * berth daemon stop: ends the engine; its jobs only when its user says so.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; a yes on the terminal
 * MUST: end no job without being told to; end the engine with --force whatever it does.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/daemon.h"
#include "client/berth/deafjob.h"
#include "client/berth/engine.h"
#include "client/berth/jobcall.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

/* The engine gives jobs 5 seconds, and kills what is left. */
#define STOP_MS 20000

struct options {
	bool force;
};

const struct flag daemon_stop_flags[] = {
	{ FLAG_SWITCH, 0, "force", offsetof(struct options, force), NULL, NULL,
	    "end running jobs as well, and an engine that hangs" },
	{ .kind = FLAG_INVALID },
};

bool
daemon_confirm(const struct cli *cli, const char *question)
{
	char answer[16];

	if (cli->json || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
		return (false);
	fprintf(stderr, "berth: %s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return (false);
	answer[strcspn(answer, "\n")] = '\0';
	return (strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 || strcmp(answer, "yes") == 0);
}

/* 0; 1 no engine runs; -1 with err, and *jobs when jobs are why. */
static int
ask_to_stop(struct cli *cli, bool force, int64_t *jobs, struct err *err)
{
	struct json_object *params = NULL, *args = json_object_new_object();
	struct engine_call call = { .method = "Stop", .params = args, .patience = STOP_MS };
	struct way way;
	int rc;

	json_object_object_add(args, "force", json_object_new_boolean(force));
	if (way_init(&way, cli, false, err) != 0) {
		json_object_put(args);
		return (-1);
	}
	way.end_hung = force;
	rc = engine_call(&way, &call, &params, err);
	*jobs = rc < 0 && strcmp(cli->reason, "busy") == 0 ? json_number(params, "jobs", 0) : 0;
	json_object_put(params);
	if (rc == 1 && !way.killed)
		message_note(cli, "no engine is running");
	return (rc);
}

/* Those that the engine could not end: an engine before it has started them, and they hang. */
static int
end_deaf(struct cli *cli, struct err *err)
{
	struct json_object *list;
	int rc = job_list(cli, false, &list, err);

	if (rc != 0)
		return (rc);
	for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++)
		rc = deafjob_kill(cli, engine_text(json_object_array_get_idx(list, i), "id"), err);
	json_object_put(list);
	return (rc);
}

static int
stop_by_force(struct cli *cli, struct err *err)
{
	int64_t jobs;
	int rc = ask_to_stop(cli, true, &jobs, err);

	if (rc >= 0 || jobs <= 0)
		return (rc < 0 ? -1 : 0);
	cli->reason[0] = '\0';
	if (end_deaf(cli, err) != 0)
		return (-1);
	return (ask_to_stop(cli, true, &jobs, err) < 0 ? -1 : 0);
}

/* As it was called, or after a yes. */
static int
stop(struct cli *cli, bool force, struct err *err)
{
	char question[64];
	int64_t jobs;
	int rc;

	if (force)
		return (stop_by_force(cli, err));
	rc = ask_to_stop(cli, false, &jobs, err);
	if (rc >= 0 || jobs <= 0)
		return (rc < 0 ? -1 : 0);
	snprintf(question, sizeof(question), "%" PRId64 " job%s; end %s too?", jobs,
	    jobs == 1 ? " runs" : "s run", jobs == 1 ? "it" : "them");
	if (!daemon_confirm(cli, question))
		return (-1);
	cli->reason[0] = '\0';
	return (stop_by_force(cli, err));
}

int
daemon_stop(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = {
		.own = { daemon_stop_flags, &options }, .argc = argc, .argv = argv
	};

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	return (stop(cli, options.force, err));
}
