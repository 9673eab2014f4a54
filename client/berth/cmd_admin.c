/* SPDX-License-Identifier: ISC */
/*
 * What an administrator does: grant, revoke, check, grants, daemon start --allow-user. Another
 * program does it, so that this one has no line that writes configuration.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: pass the words on as they are; show a user the exact command for sudo.
 */
#include "client/berth/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/berth/message.h"

#define ADMIN BERTH_LIBEXEC "/berth-admin"

/* clang-format off */
#define PRINTING \
	{ FLAG_STRING, 0, "format", 0, NULL, "FORMAT", "text or json" }, \
	{ FLAG_SWITCH, 'q', "quiet", 0, NULL, NULL, "no report on standard output" }, \
	{ .kind = FLAG_INVALID },

const struct flag grant_flags[] = {
	{ FLAG_STRING, 0, "engine", 0, NULL, "KIND", "shared, once or any: how jobs may be run" },
	ADMIN_GRANTING(NULL),
	PRINTING
};

const struct flag revoke_flags[] = { PRINTING };
const struct flag check_flags[] = { PRINTING };
/* clang-format on */

int
admin_exec(const struct cli *cli, int argc, char **argv, struct err *err)
{
	char program[] = "berth-admin", json[] = "--format=json", quiet[] = "-q";
	char **words = calloc((size_t)argc + 5, sizeof(*words));
	size_t used = 0, count = (size_t)argc;

	if (words == NULL)
		return (err_sys(err, "cannot run %s", ADMIN));
	words[used++] = program;
	words[used++] = strdup(cli->command->name);
	/* "daemon start" is two words; flags that stood before them come behind them. */
	if (cli->command->run == cmd_daemon && count > 0) {
		words[used++] = *argv++;
		count--;
	}
	if (cli->json)
		words[used++] = json;
	if (cli->quiet)
		words[used++] = quiet;
	memcpy(words + used, argv, count * sizeof(*words));
	execv(ADMIN, words);
	free(words);
	err_sys(err, "cannot run %s", ADMIN);
	err->code = ERR_CONFIG;
	return (err_todo(err, "an administrator can install it:  sudo make install"));
}

int
admin_needed(const struct cli *cli, int argc, char **argv, struct err *err)
{
	char line[ERR_LINE];

	/* "daemon start" is two words. */
	snprintf(
	    line, sizeof(line), "an administrator can do it:  sudo berth %s", cli->command->name);
	for (int i = 0; i < argc; i++)
		message_shell(line, sizeof(line), argv[i]);
	err_set(err, ERR_REFUSED, "%s: this is for administrators", cli->command->name);
	err_why(err, "only root changes what users are granted");
	message_foreign(err->todo, line);
	return (-1);
}

int
cmd_admin(struct cli *cli, int argc, char **argv, struct err *err)
{
	/* Its other flags are berth-admin's to know. */
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return (help_print(cli, cli->command, err));
	}
	/* Anybody may read the policy. */
	if (cli->uid == 0 || strcmp(cli->command->name, "check") == 0)
		return (admin_exec(cli, argc, argv, err));
	return (admin_needed(cli, argc, argv, err));
}
