/* SPDX-License-Identifier: ISC */
/*
 * berth exec: a later process in a job that runs, with a configuration of its own.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what engine and job send
 * MUST: exit as docker(1) does: with the command's status, EXIT_BERTH for a failure of ours.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/berth/engine.h"
#include "client/berth/options.h"
#include "client/berth/relay.h"

struct exec_options {
	struct job_exec exec;
	const char *workdir;
	const char *user;
	const char *detach_keys;
	struct job_words env;
	struct job_words env_files;
};

#define AT(member) offsetof(struct exec_options, member)

/* clang-format off */
const struct flag exec_flags[] = {
	{ FLAG_SWITCH, 'd', "detach", AT(exec.detach), NULL, NULL, "leave it running" },
	{ FLAG_STRING, 0, "detach-keys", AT(detach_keys), NULL, "KEYS",
	  "with -it: leave the command (default ctrl-p,ctrl-q)" },
	{ FLAG_STORE, 'e', "env", AT(env), options_take_variable, "NAME[=VALUE]",
	  "set a variable, or pass the caller's" },
	{ FLAG_STORE, 0, "env-file", AT(env_files), options_add_word, "FILE", "variables, one a line" },
	{ FLAG_SWITCH, 'i', "interactive", AT(exec.interactive), NULL, NULL, "pass standard input" },
	{ FLAG_SWITCH, 't', "tty", AT(exec.run.tty), NULL, NULL, "a terminal of its own" },
	{ FLAG_STRING, 'u', "user", AT(user), NULL, "USER[:GROUP]",
	  "whom COMMAND runs as (default: as the job)" },
	{ FLAG_STRING, 'w', "workdir", AT(workdir), NULL, "DIR",
	  "where COMMAND starts (default: as the job)" },
	{ FLAG_LATER, 0, "privileged", 0, NULL, NULL, NULL },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

static int
copy_text(char **out, char *text, struct err *err)
{
	*out = text;
	return (text != NULL ? 0 : err_sys(err, "cannot read the flags"));
}

/* JOB [--] COMMAND... */
static int
set_words(struct exec_options *options, int argc, char **argv, struct err *err)
{
	struct job_exec *exec = &options->exec;
	int at = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (argc <= at) {
		err_set(err, ERR_USAGE, "exec: there is no %s", argc == 0 ? "JOB" : "COMMAND");
		err_why(err, "it is used as: berth exec [flags] JOB [--] COMMAND...");
		return (err_todo(err, "a shell in a job:  berth exec -it JOB sh"));
	}
	if (copy_text(&exec->job, strdup(argv[0]), err) != 0)
		return (-1);
	for (; at < argc; at++) {
		if (job_add_word(&exec->run.args, argv[at], err) != 0)
			return (-1);
	}
	return (0);
}

static int
parse(struct cli *cli, int argc, char **argv, struct exec_options *options, struct err *err)
{
	struct flag_parse parse = {
		.own = { exec_flags, options }, .stop_early = true, .argc = argc, .argv = argv
	};
	struct job_run *run = &options->exec.run;

	if (cli_flags(cli, &parse, err) != 0 ||
	    set_words(options, parse.argc, parse.argv, err) != 0)
		return (-1);
	if (options->workdir != NULL &&
	    copy_text(&run->workdir, path_tidy(options->workdir), err) != 0)
		return (-1);
	if (options->user != NULL && copy_text(&run->user, strdup(options->user), err) != 0)
		return (-1);
	if (options_environ(run, &options->env_files, &options->env, err) != 0)
		return (-1);
	return (job_exec_check(&options->exec, err));
}

static int
call(struct relay *relay, struct job_exec *exec, struct err *err)
{
	struct job_message message = { .params = NULL };
	struct engine_call call = { .method = "Exec", .more = true };
	int rc = job_exec_encode(exec, &message, err);

	if (rc == 0) {
		call.params = message.params;
		call.fds = message.fds;
		call.nfds = message.nfds;
		message.params = NULL;
		rc = relay_call(relay, &call, err);
	}
	job_message_free(&message);
	return (rc);
}

static int
enter(struct cli *cli, struct exec_options *options, struct err *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct terminal terminal = { .in = -1, .master = -1 };
	struct job_run *run = &options->exec.run;
	int rc = 0;

	if (relay == NULL)
		return (err_sys(err, "cannot run a command in a job"));
	relay->cli = cli;
	relay->kind = RELAY_EXEC;
	relay->detach = options->exec.detach;
	relay->command = run->args.v[0];
	if (run->tty && !relay->detach) {
		relay->terminal = &terminal;
		rc = terminal_open(
		    &terminal, options->detach_keys, options->exec.interactive, run, err);
	}
	if (rc == 0)
		rc = relay_open(relay, options->exec.interactive, run->stdio, err);
	if (rc == 0)
		rc = call(relay, &options->exec, err);
	relay_close(relay);
	terminal_close(&terminal);
	free(relay);
	return (rc);
}

int
cmd_exec(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct exec_options options = { .workdir = NULL };
	int rc;

	job_exec_init(&options.exec);
	rc = parse(cli, argc, argv, &options, err);
	if (rc == 0)
		rc = enter(cli, &options, err);
	job_words_free(&options.env);
	job_words_free(&options.env_files);
	job_exec_free(&options.exec);
	return (rc);
}
