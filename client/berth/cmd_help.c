/* SPDX-License-Identifier: ISC */
/*
 * berth help [VERB], from the tables that the verbs and flags come from.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: list nothing that this version does not have.
 */
#include <stdio.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/colour.h"
#include "client/berth/message.h"

static void
print_head(const char *head, const char *rest)
{
	bool on = colour_for(STDOUT_FILENO);

	printf("%s%s%s%s\n", colour(on, LOOK_HEAD), head, colour(on, LOOK_END), rest);
}

static void
print_flags(const struct flag *flags)
{
	for (; flags != NULL && flags->kind != FLAG_INVALID; flags++) {
		char name[48];

		if (!flag_is_here(flags))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", flags->name,
		    flags->value != NULL ? "=" : "", flags->value != NULL ? flags->value : "");
		printf("  %c%c%c %-26s %s\n", flags->letter != 0 ? '-' : ' ',
		    flags->letter != 0 ? flags->letter : ' ', flags->letter != 0 ? ',' : ' ', name,
		    flags->help);
	}
}

static void
print_table(const struct command *table)
{
	for (const struct command *row = table; row->name != NULL; row++) {
		char usage[64];

		if (!command_is_listed(row))
			continue;
		command_usage(row, usage, sizeof(usage));
		printf("  %-40s %s\n", usage, row->summary);
	}
}

static void
print_overview(void)
{
	print_head("usage:", " berth [flags] VERB [flags] [words]\n");
	print_table(commands);
	print_head("\nflags of all verbs:", "");
	print_flags(global_flags);
	printf("\nmore about one: berth help VERB, and berth(1)\n");
}

static void
print_one(const struct command *about)
{
	char usage[128];

	command_usage(about, usage, sizeof(usage));
	print_head("usage: berth ", usage);
	printf("%s\n\n", about->summary);
	if (about->verbs != NULL) {
		print_table(about->verbs);
		printf("\nmore about one: berth help %s SUBVERB, and berth(1)\n\n", about->name);
	}
	print_flags(about->flags);
	if (command_globals(about) == NULL)
		return;
	print_head(about->flags != NULL ? "\nflags of all verbs:" : "flags of all verbs:", "");
	print_flags(command_globals(about));
}

/* Adds the flags of a table to a list. */
static void
json_flags(struct json_object *list, const struct flag *flags, bool global)
{
	for (; flags != NULL && flags->kind != FLAG_INVALID; flags++) {
		struct json_object *object;
		char letter[2] = { flags->letter, '\0' };

		if (!flag_is_here(flags))
			continue;
		object = json_object_new_object();
		json_object_object_add(object, "name", json_object_new_string(flags->name));
		json_object_object_add(
		    object, "letter", flags->letter != 0 ? json_object_new_string(letter) : NULL);
		json_object_object_add(object, "value",
		    flags->value != NULL ? json_object_new_string(flags->value) : NULL);
		json_object_object_add(object, "help", json_object_new_string(flags->help));
		json_object_object_add(object, "global", json_object_new_boolean(global));
		json_object_array_add(list, object);
	}
}

static struct json_object *
json_one(const struct command *row)
{
	struct json_object *object = json_object_new_object(), *flags = json_object_new_array();
	char usage[128];

	command_usage(row, usage, sizeof(usage));
	json_flags(flags, row->flags, false);
	json_flags(flags, command_globals(row), true);
	json_object_object_add(object, "name", json_object_new_string(command_word(row)));
	json_object_object_add(object, "usage", json_object_new_string(usage));
	json_object_object_add(object, "summary", json_object_new_string(row->summary));
	json_object_object_add(object, "flags", flags);
	return (object);
}

/* Verbs have sub-verbs, sub-verbs have none. */
static struct json_object *
json_verb(const struct command *verb)
{
	struct json_object *object = json_one(verb), *list = json_object_new_array();

	for (const struct command *row = verb->verbs; row != NULL && row->name != NULL; row++) {
		if (command_is_listed(row))
			json_object_array_add(list, json_one(row));
	}
	json_object_object_add(object, "verbs", list);
	return (object);
}

static int
print_json(const struct command *only, struct err *err)
{
	struct json_object *list = json_object_new_array();

	if (only != NULL)
		json_object_array_add(list, json_verb(only));
	for (const struct command *row = commands; only == NULL && row->name != NULL; row++) {
		if (command_is_listed(row))
			json_object_array_add(list, json_verb(row));
	}
	return (message_json(list, err));
}

int
help_print(const struct cli *cli, const struct command *about, struct err *err)
{
	if (cli->json)
		return (print_json(about, err));
	if (about == NULL)
		print_overview();
	else
		print_one(about);
	return (message_done(err));
}

/* help, help VERB, help VERB SUBVERB */
int
cmd_help(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	const struct command *row = NULL, *table = commands, *self = cli->command;

	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	cli->command = NULL;
	for (int i = 0; i < parse.argc; i++) {
		row = command_choose(cli, table, parse.argv[i], err);
		cli->command = row;
		table = row != NULL ? row->verbs : NULL;
		if (row == NULL)
			break;
	}
	cli->command = self;
	if (parse.argc > 0 && row == NULL)
		return (-1);
	return (help_print(cli, row, err));
}
