/* SPDX-License-Identifier: ISC */
/*
 * What every command of berth gets: who calls, the flags that all commands have, and the row of
 * the command in the table of main.c.
 * TRUST: unprivileged
 * INPUT: the command line and environment of the caller
 * MUST: decide nothing: the engine and the launcher judge, this program asks and explains.
 */
#ifndef CLIENT_BERTH_CLI_H
#define CLIENT_BERTH_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/err.h"

#include "client/berth/flags.h"
#include "client/berth/problems.h"

/* What run and exec exit with when berth itself failed, as docker(1) does. */
#define EXIT_BERTH 125

struct command;

/* Each shows its own messages and those of the levels before it; in the order of cli_levels. */
enum cli_level {
	LEVEL_INVALID = 0,
	LEVEL_ERROR,
	LEVEL_WARNING,
	LEVEL_INFO,
	LEVEL_DEBUG
};

struct cli {
	uint32_t uid;
	struct timespec began; /* CLOCK_MONOTONIC */
	const struct command *command;
	const char *host; /* --host, else BERTH_HOST; NULL: the default address, with bootstrap */
	const char *log_level;
	const char *format;
	bool json; /* --format=json */
	bool once; /* the call gets an engine of its own: once.h */
	bool unsettled; /* unless the shared one is there and takes it, which will be seen */
	const char *uidmap, *gidmap; /* of that engine's namespace; NULL: the usual ones */
	bool quiet; /* -q: errors only */
	enum cli_level level; /* what --log-level and -q make of it */
	bool help; /* --help */
	char reason[32]; /* why the engine or the policy refused, in JSON errors; may be empty */
	struct problems problems; /* all that an error is about, when it is about several things */
};

/*
 * argv are the words after the verb. Returns the exit status, or -1 with err, which main prints;
 * the status is then that of err, or EXIT_BERTH for run and exec.
 */
typedef int command_run(struct cli *cli, int argc, char **argv, struct err *err);

struct command {
	const char *name; /* of a sub-verb "daemon stop", both words */
	command_run *run; /* NULL: known, not in this version */
	const struct flag *flags; /* for help and completion; ends with an empty row, or NULL */
	const char *usage; /* its words in capitals say what completion offers: complete.c */
	const char *summary;
	const struct command *verbs; /* of a verb that has sub-verbs: their table, else NULL */
};

/* main.c, cmd_daemon.c, cmd_system.c, cmd_volume.c: each ends with an empty row. */
extern const struct command commands[];
extern const struct command daemon_verbs[];
extern const struct command system_verbs[];
extern const struct command volume_verbs[];

/* verbs.c: the row of a verb; NULL without one. */
const struct command *command_find(const char *name);
const struct command *command_in(const struct command *table, const char *name);

/* Not of help's lists: what is not in this version, and what is not for people. */
bool command_is_listed(const struct command *command);

/* The flags of all verbs that this one knows: berth-admin takes those of its own table only. */
const struct flag *command_globals(const struct command *command);

/* The name without the verb that it is a sub-verb of. */
const char *command_word(const struct command *command);

/* Its usage; that of a verb with sub-verbs has their names: "daemon start|state|stop". */
void command_usage(const struct command *command, char *buf, size_t size);

/*
 * The row of a table (NULL: an empty one) that a word names. cli->command is the verb that has the
 * table, NULL for the verbs themselves. NULL with err when this version has no such verb.
 */
const struct command *command_choose(
    const struct cli *cli, const struct command *table, const char *word, struct err *err);

/*
 * Parses the global flags, finds the row of table that the first word names, and runs it. Without
 * a word the overview is printed, or what is missing is said. As command_run.
 */
int command_dispatch(struct cli *cli, const struct command *table, struct flag_parse *words,
    struct err *err) __attribute__((warn_unused_result));

/* Says which verbs know a flag that this one does not; nothing when none does. */
void command_of_flag(const struct cli *cli, const char *flag, struct err *err);

/* The flags that every command knows; out is struct cli. */
extern const struct flag global_flags[];

/* What --format and --log-level take; each ends with NULL. */
extern const char *const cli_formats[];
extern const char *const cli_levels[];

/*
 * Parses the flags of one command in place, together with the global ones, and takes over
 * --format, --log-level and --help. extra may be NULL; its values go to out.
 */
int cli_flags(struct cli *cli, struct flag_parse *parse, struct err *err)
    __attribute__((warn_unused_result));

/* ERR_USAGE unless argc is between min and max. */
int cli_words(const struct cli *cli, int argc, int min, int max, struct err *err)
    __attribute__((warn_unused_result));

/* Prints what help says about a command, or with NULL the overview. 0, or -1 with err. */
int help_print(const struct cli *cli, const struct command *about, struct err *err)
    __attribute__((warn_unused_result));

command_run cmd_run, cmd_exec, cmd_attach, cmd_cp, cmd_explain, cmd_daemon, cmd_admin, cmd_grants,
    cmd_info, cmd_version, cmd_help, cmd_complete, cmd_ps, cmd_logs, cmd_inspect, cmd_wait,
    cmd_stop, cmd_kill, cmd_start, cmd_restart, cmd_rm, cmd_top, cmd_stats, cmd_system, cmd_volume;

extern const struct flag run_flags[], exec_flags[], attach_flags[], explain_flags[];
extern const struct flag ps_flags[], logs_flags[], job_start_flags[], stop_flags[], kill_flags[],
    rm_flags[], stats_flags[], cp_flags[];

/* For help and completion; berth-admin parses them. A test compares them with its table. */
extern const struct flag grant_flags[], revoke_flags[], check_flags[];

#endif
