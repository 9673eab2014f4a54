/* SPDX-License-Identifier: ISC */
/*
 * berth: the command that users type. Flags that all commands have, and the table of commands.
 * TRUST: unprivileged
 * INPUT: the command line and environment of the caller
 * MUST: print an error once, here; exit with the status that interface.md names.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/berth/cli.h"
#include "client/berth/message.h"

/* clang-format off */
const struct flag global_flags[] = {
	{ FLAG_STRING, 0, "host", offsetof(struct cli, host), NULL, "ADDR",
	  "speak to the engine at unix:/path; start none" },
	{ FLAG_STRING, 0, "format", offsetof(struct cli, format), NULL, "FORMAT", "text or json" },
	{ FLAG_STRING, 0, "log-level", offsetof(struct cli, log_level), NULL, "LEVEL",
	  "error, warning, info or debug" },
	{ FLAG_SWITCH, 'q', "quiet", offsetof(struct cli, quiet), NULL, NULL,
	  "no notes on standard error" },
	{ FLAG_SWITCH, 0, "help", offsetof(struct cli, help), NULL, NULL, "show this help" },
	{ .kind = FLAG_INVALID },
};

const struct command commands[] = {
	{ "run", cmd_run, run_flags, "run [flags] IMAGE [--] [COMMAND...]",
	  "run a job; IMAGE is host or a root file system directory", NULL },
	{ "exec", cmd_exec, exec_flags, "exec [flags] JOB [--] COMMAND...",
	  "run one more command in a job", NULL },
	{ "attach", cmd_attach, attach_flags, "attach [flags] JOB",
	  "see what a job writes, and type to it", NULL },
	{ "ps", cmd_ps, ps_flags, "ps [flags]", "list the jobs", NULL },
	{ "logs", cmd_logs, logs_flags, "logs [flags] JOB", "what a job wrote", NULL },
	{ "inspect", cmd_inspect, NULL, "inspect JOB...", "all that is known of jobs, as JSON", NULL },
	{ "wait", cmd_wait, NULL, "wait JOB...", "wait for the end of jobs, and print their exit statuses", NULL },
	{ "stop", cmd_stop, stop_flags, "stop [flags] JOB...", "end jobs: their stop signal, then SIGKILL", NULL },
	{ "kill", cmd_kill, kill_flags, "kill [flags] JOB...", "send SIGKILL, or another signal, to jobs", NULL },
	{ "start", cmd_start, job_start_flags, "start [flags] JOB...", "run jobs once more that are over", NULL },
	{ "restart", cmd_restart, stop_flags, "restart [flags] JOB...", "stop jobs, and start them again", NULL },
	{ "rm", cmd_rm, rm_flags, "rm [flags] JOB...", "remove jobs that are over, with what they wrote", NULL },
	{ "top", cmd_top, NULL, "top JOB", "the processes of a job", NULL },
	{ "stats", cmd_stats, stats_flags, "stats [flags] [JOB...]", "what jobs take of the machine", NULL },
	{ "system", cmd_system, NULL, "system SUBVERB", "what jobs and volumes take of the disk", system_verbs },
	{ "volume", cmd_volume, NULL, "volume SUBVERB", "directories that outlive jobs", volume_verbs },
	{ "cp", cmd_cp, cp_flags, "cp [flags] JOB:PATH|SRC|- DEST|-|JOB:PATH",
	  "copy files out of a job, or into it; - is a tar", NULL },
	{ "explain", cmd_explain, explain_flags, "explain [flags] JOBFILE | -- run ...",
	  "say what a job file, or a command line, wants and what is granted; run nothing", NULL },
	{ "daemon", cmd_daemon, NULL, "daemon SUBVERB", "the user's engine", daemon_verbs },
	{ "info", cmd_info, NULL, "info", "what this user gets on this host", NULL },
	{ "grants", cmd_grants, NULL, "grants [USER|@GROUP]",
	  "list grants; without sudo what applies to the caller", NULL },
	{ "grant", cmd_admin, grant_flags, "grant USER|@GROUP [ENTITLEMENT...]", "sudo: allow more", NULL },
	{ "revoke", cmd_admin, revoke_flags, "revoke USER|@GROUP [ENTITLEMENT...]", "sudo: allow less", NULL },
	{ "check", cmd_admin, check_flags, "check [FILE]", "parse the configuration, say what it means", NULL },
	{ "version", cmd_version, NULL, "version", "this program and the engine that runs", NULL },
	{ "help", cmd_help, NULL, "help [VERB]", "show help", NULL },
	/* For the shells; not listed. */
	{ "__complete", cmd_complete, NULL, "__complete WORD...", "what the last word could become", NULL },
	{ .name = "build" },
	{ .name = "commit" },
	{ .name = "doctor" },
	{ .name = "export" }, { .name = "image" },
	{ .name = "images" }, { .name = "import" },
	{ .name = "learn" }, { .name = "login" },
	{ .name = "logout" }, { .name = "pull" },
	{ .name = "push" }, { .name = "rmi" },
	{ .name = "service" }, { .name = "tag" },
	{ .name = NULL },
};
/* clang-format on */

const char *const cli_formats[] = { "text", "json", NULL };
const char *const cli_levels[] = { "error", "warning", "info", "debug", NULL };

/* The place of word in a list, or -1. */
static int
place_in(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return (i);
	}
	return (-1);
}

/* docker(1) takes a template there. */
static int
wrong_format(const char *format, struct err *err)
{
	err_set(err, ERR_USAGE, "--format=%s: not text or json", format);
	if (strstr(format, "{{") == NULL)
		return (-1);
	return (err_why(
	    err, "there are no templates: json has all of it, for jq(1) or another program"));
}

/* Takes over what the global flags said. */
static int
apply_globals(struct cli *cli, struct err *err)
{
	const char *level = cli->log_level, *format = cli->format;

	if (format != NULL && place_in(format, cli_formats) < 0)
		return (wrong_format(format, err));
	cli->json = format != NULL && strcmp(format, "json") == 0;
	if (level != NULL && place_in(level, cli_levels) < 0)
		return (err_set(
		    err, ERR_USAGE, "--log-level=%s: not error, warning, info or debug", level));
	if (level != NULL)
		cli->level = LEVEL_ERROR + (unsigned int)place_in(level, cli_levels);
	if (cli->quiet)
		cli->level = LEVEL_ERROR;
	return (0);
}

int
cli_flags(struct cli *cli, struct flag_parse *parse, struct err *err)
{
	int rc;

	parse->global = (struct flag_set){ .flags = global_flags, .out = cli };
	rc = flags_parse(parse, err);
	if (rc == 0)
		rc = apply_globals(cli, err);
	if (rc != 0) {
		/* A flag before the wrong one says how the error shall look. */
		cli->json = cli->format != NULL && strcmp(cli->format, "json") == 0;
		if (parse->unknown[0] != '\0')
			command_of_flag(cli, parse->unknown, err);
		if (err->todo[0] == '\0')
			err_todo(err, "berth help%s%s", cli->command != NULL ? " " : "",
			    cli->command != NULL ? cli->command->name : "");
		return (-1);
	}
	if (!cli->help)
		return (0);
	if (help_print(cli, cli->command, err) != 0)
		return (-1);
	exit(EXIT_SUCCESS);
}

int
cli_words(const struct cli *cli, int argc, int min, int max, struct err *err)
{
	char usage[128];

	if (argc >= min && argc <= max)
		return (0);
	command_usage(cli->command, usage, sizeof(usage));
	err_set(err, ERR_USAGE, "%s: %s", cli->command->name,
	    argc < min ? "something is missing" : "too many words");
	err_why(err, "it is used as: berth %s", usage);
	return (err_todo(err, "berth help %s", cli->command->name));
}

/*
 * Descriptors 0 to 2 exist from here on, so that no socket or file of ours becomes one of them
 * and gets somebody's output.
 */
static void
open_standard(void)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, 3, 0) < 0)
		return;
	for (int fd = 0; fd < 3; fd++) {
		if ((fds[fd].revents & POLLNVAL) != 0 && open("/dev/null", O_RDWR) != fd)
			_exit(ERR_SYSTEM);
	}
}

static int
dispatch(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse words = { .argc = argc, .argv = argv };

	return (command_dispatch(cli, commands, &words, err));
}

int
main(int argc, char **argv)
{
	struct cli cli = { .uid = getuid(), .host = getenv("BERTH_HOST"), .level = LEVEL_INFO };
	struct err err = { .code = ERR_INVALID };
	char version[] = "version", *alone[] = { version, NULL };
	int status;

	open_standard();
	clock_gettime(CLOCK_MONOTONIC, &cli.began);
	/* A limit on file sizes is to be told, and not to end us without a word. */
	signal(SIGXFSZ, SIG_IGN);
	if (cli.host != NULL && cli.host[0] == '\0')
		cli.host = NULL;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		status = dispatch(&cli, 1, alone, &err);
	else
		status = dispatch(&cli, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &err);
	if (status >= 0)
		return (status);
	message_error(&cli, &err);
	problems_free(&cli.problems);
	if (cli.command != NULL && (cli.command->run == cmd_run || cli.command->run == cmd_exec))
		return (EXIT_BERTH);
	return ((int)err.code);
}
