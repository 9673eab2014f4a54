/* SPDX-License-Identifier: ISC */
/*
 * berth explain -- run ...: what would be decided; runs nothing, asks no engine.
 * TRUST: unprivileged
 * INPUT: the command line of the caller, the policy
 * MUST: parse the line exactly as run does.
 */
#include <string.h>

#include "client/berth/preview.h"
#include "client/berth/options.h"

/* clang-format off */
const struct flag explain_flags[] = {
	{ FLAG_LATER_VALUE, 0, "user", 0, NULL, NULL, NULL },
	{ FLAG_LATER, 0, "schema", 0, NULL, NULL, NULL },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

int
cmd_explain(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = {
		.own = { explain_flags, NULL }, .stop_early = true, .argc = argc, .argv = argv
	};
	struct run_options options;
	int rc;

	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	if (parse.argc == 0 || strcmp(parse.argv[0], "run") != 0) {
		err_set(err, ERR_USAGE, "explain: only the line of a run can be explained");
		err_why(err, "job files are not available in this version");
		return (err_todo(err, "berth explain -- run host -- id"));
	}
	rc = options_parse(cli, parse.argc - 1, parse.argv + 1, &options, err);
	if (rc == 0)
		rc = preview_job(cli, &options.job, err);
	options_free(&options);
	return (rc);
}
