/* SPDX-License-Identifier: ISC */
/*
 * berth help [VERB], from the tables that the verbs and flags come from.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: list nothing that this version does not have.
 */
#include <stdio.h>

#include <json-c/json.h>

#include "client/berth/message.h"

static bool
is_here(const struct flag *flag)
{
	return (flag->kind != FLAG_LATER && flag->kind != FLAG_LATER_VALUE);
}

static void
print_flags(const struct flag *flags)
{
	for (; flags != NULL && flags->kind != FLAG_INVALID; flags++) {
		char name[48];

		if (!is_here(flags))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", flags->name,
		    flags->value != NULL ? "=" : "", flags->value != NULL ? flags->value : "");
		printf("  %c%c%c %-26s %s\n", flags->letter != 0 ? '-' : ' ',
		    flags->letter != 0 ? flags->letter : ' ', flags->letter != 0 ? ',' : ' ', name,
		    flags->help);
	}
}

static void
print_overview(void)
{
	printf("usage: berth [flags] VERB [flags] [words]\n\n");
	for (const struct command *row = commands; row->name != NULL; row++) {
		if (row->run != NULL)
			printf("  %-40s %s\n", row->usage, row->summary);
	}
	printf("\nflags of all verbs:\n");
	print_flags(global_flags);
	printf("\nmore about one: berth help VERB, and berth(1)\n");
}

static int
print_json(const struct command *only, struct err *err)
{
	struct json_object *list = json_object_new_array();

	for (const struct command *row = commands; row->name != NULL; row++) {
		struct json_object *object;

		if (row->run == NULL || (only != NULL && row != only))
			continue;
		object = json_object_new_object();
		json_object_object_add(object, "name", json_object_new_string(row->name));
		json_object_object_add(object, "usage", json_object_new_string(row->usage));
		json_object_object_add(object, "summary", json_object_new_string(row->summary));
		json_object_array_add(list, object);
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
	else {
		printf("usage: berth %s\n%s\n\n", about->usage, about->summary);
		print_flags(about->flags);
		printf("\nflags of all verbs:\n");
		print_flags(global_flags);
	}
	return (message_done(err));
}

int
cmd_help(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	const struct command *row = NULL;

	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	if (parse.argc > 0 && ((row = command_find(parse.argv[0])) == NULL || row->run == NULL)) {
		err_set(err, ERR_USAGE, "there is no help about %s", parse.argv[0]);
		return (err_todo(err, "berth help"));
	}
	return (help_print(cli, row, err));
}
