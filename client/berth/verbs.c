/* SPDX-License-Identifier: ISC */
/*
 * Verbs and sub-verbs: the way from a word to the row of a table, and what is said about words
 * that lead nowhere.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: suggest nothing that this version does not have.
 */
#include <stdio.h>
#include <string.h>

#include "client/berth/cli.h"
#include "client/berth/near.h"

const char *
command_word(const struct command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return (blank != NULL ? blank + 1 : command->name);
}

const struct command *
command_in(const struct command *table, const char *name)
{
	for (; table->name != NULL; table++) {
		if (strcmp(command_word(table), name) == 0)
			return (table);
	}
	return (NULL);
}

const struct command *
command_find(const char *name)
{
	return (command_in(commands, name));
}

bool
command_is_listed(const struct command *command)
{
	return (command->run != NULL && command->name[0] != '_');
}

const struct flag *
command_globals(const struct command *command)
{
	return (command->run == cmd_admin ? NULL : global_flags);
}

void
command_usage(const struct command *command, char *buf, size_t size)
{
	const struct command *row = command->verbs;
	char between = ' ';
	size_t used;

	used = (size_t)snprintf(buf, size, "%s", row != NULL ? command->name : command->usage);
	for (; row != NULL && row->name != NULL && used < size; row++) {
		if (!command_is_listed(row))
			continue;
		used +=
		    (size_t)snprintf(buf + used, size - used, "%c%s", between, command_word(row));
		between = '|';
	}
}

static const char *
name_of(const struct cli *cli)
{
	return (cli->command != NULL ? cli->command->name : "");
}

static int
unknown(const struct cli *cli, const struct command *table, const char *word, struct err *err)
{
	const char *blank = cli->command != NULL ? " " : "";
	struct near near = { .word = word };
	char usage[128];

	err_set(err, ERR_USAGE, "unknown command: %s%s%s", name_of(cli), blank, word);
	for (const struct command *row = table; row != NULL && row->name != NULL; row++) {
		if (command_is_listed(row))
			near_try(&near, command_word(row));
	}
	if (near.best != NULL)
		err_why(err, "the nearest one is %s%s%s", name_of(cli), blank, near.best);
	else if (cli->command != NULL) {
		command_usage(cli->command, usage, sizeof(usage));
		err_why(err, "it is used as: berth %s", usage);
	}
	return (err_todo(err, "berth help%s%s", blank, name_of(cli)));
}

const struct command *
command_choose(
    const struct cli *cli, const struct command *table, const char *word, struct err *err)
{
	const struct command *row = table != NULL ? command_in(table, word) : NULL;

	if (row == NULL) {
		unknown(cli, table, word, err);
		return (NULL);
	}
	if (row->run != NULL)
		return (row);
	err_set(err, ERR_USAGE, "%s is not available in this version", row->name);
	err_todo(err, "berth help%s%s", cli->command != NULL ? " " : "", name_of(cli));
	return (NULL);
}

int
command_dispatch(
    struct cli *cli, const struct command *table, struct flag_parse *words, struct err *err)
{
	const struct command *row;

	words->stop_early = true;
	if (cli_flags(cli, words, err) != 0)
		return (-1);
	if (words->argc == 0 && cli->command != NULL)
		return (cli_words(cli, 0, 1, 1, err));
	if (words->argc == 0)
		return (help_print(cli, NULL, err) < 0 ? -1 : ERR_USAGE);
	row = command_choose(cli, table, words->argv[0], err);
	if (row == NULL)
		return (-1);
	cli->command = row;
	return (row->run(cli, words->argc - 1, words->argv + 1, err));
}

/* Adds the verbs of a table that know the flag to a list. */
static void
list_knowing(const struct command *table, const char *flag, char *list, size_t size)
{
	/* "-f" is looked up as its letter. */
	const char *key = flag[1] == '-' ? flag : flag + 1;

	for (const struct command *row = table; row->name != NULL; row++) {
		const struct flag *found = flags_find(row->flags, key, strlen(key));
		size_t used = strlen(list);

		if (found != NULL && flag_is_here(found) && command_is_listed(row))
			snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", row->name);
	}
}

void
command_of_flag(const struct cli *cli, const char *flag, struct err *err)
{
	char list[256] = "";

	list_knowing(commands, flag, list, sizeof(list));
	for (const struct command *row = commands; row->name != NULL; row++) {
		if (row->verbs != NULL)
			list_knowing(row->verbs, flag, list, sizeof(list));
	}
	if (list[0] == '\0')
		return;
	if (cli->command == NULL)
		err_why(err, "it stands behind its verb: berth %s", list);
	else
		err_why(err, "berth %s does not know it; known to: %s", cli->command->name, list);
}
