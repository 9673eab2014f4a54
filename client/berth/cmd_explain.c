/* SPDX-License-Identifier: ISC */
/*
 * berth explain JOBFILE, berth explain -- run ...: what would be decided; runs nothing, asks no engine.
 * TRUST: unprivileged
 * INPUT: the command line of the caller, a job file (hostile), the policy
 * MUST: parse the line exactly as run does, and the file as run -f does, but that parameters of a file may be
 *       missing.
 */
#include <stddef.h>
#include <string.h>

#include "client/berth/jobuse.h"
#include "client/berth/once.h"
#include "client/berth/ownmap.h"

/* The flags that only job files have. */
struct explain_options {
	bool schema;
	const char *file;
	struct job_words params;
	struct job_words param_files;
};

#define AT(member) offsetof(struct explain_options, member)

/* clang-format off */
const struct flag explain_flags[] = {
	{ FLAG_STRING, 'f', "file", AT(file), NULL, "JOBFILE",
	  "the job file, as with run -f" },
	{ FLAG_STORE, 0, "param", AT(params), options_add_word, "PARAM=VALUE", "as with run -f" },
	{ FLAG_STORE, 0, "params", AT(param_files), options_add_word, "FILE", "as with run -f" },
	{ FLAG_SWITCH, 0, "schema", AT(schema), NULL, NULL,
	  "show the format of job files" },
	{ FLAG_LATER_VALUE, 0, "user", 0, NULL, NULL, NULL },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

static int
explain_line(struct cli *cli, struct flag_parse *parse, struct err *err)
{
	struct run_options options = { .explaining = true };
	int rc = options_parse(cli, parse->argc - 1, parse->argv + 1, &options, err);

	if (rc == 0)
		rc = ownmap_choose(cli, &options, err);
	if (rc == 0)
		rc = once_choose(cli, options.once, err);
	if (rc == 0)
		rc = jobuse_preview(cli, &options, err);
	options_free(&options);
	return (rc);
}

/* As the line  run -f FILE  would be, but that parameters may be missing. */
static int
explain_file(struct cli *cli, const char *file, struct explain_options *given, struct err *err)
{
	struct run_options options = { .explaining = true,
		.file = file,
		.params = given->params,
		.param_files = given->param_files };
	int rc = options_of_file(cli, &options, err);

	given->params = given->param_files = (struct job_words){ .n = 0 };
	if (rc == 0)
		rc = once_choose(cli, false, err);
	if (rc == 0)
		rc = jobuse_preview(cli, &options, err);
	options_free(&options);
	return (rc);
}

static int
usage(const char *what, struct err *err)
{
	err_set(err, ERR_USAGE, "explain: %s", what);
	err_why(err, "it is used as: berth %s", command_find("explain")->usage);
	return (err_todo(err, "berth explain -- run host -- id"));
}

static int
explain(struct cli *cli, struct flag_parse *parse, struct explain_options *given, struct err *err)
{
	const char *first = parse->argc > 0 ? parse->argv[0] : NULL;

	if (given->schema)
		return (first == NULL && given->file == NULL &&
				given->params.n + given->param_files.n == 0
			    ? jobuse_schema(cli, err)
			    : usage("--schema is about no job file", err));
	if (first == NULL)
		return (given->file != NULL ? explain_file(cli, given->file, given, err)
					    : usage("nothing to explain", err));
	if (strcmp(first, "run") == 0 &&
	    (given->file != NULL || given->params.n + given->param_files.n > 0))
		return (usage("-f, --param and --params stand behind run", err));
	if (strcmp(first, "run") == 0)
		return (explain_line(cli, parse, err));
	/* Flags may stand behind the file as well. */
	parse->argc--;
	parse->argv++;
	if (cli_flags(cli, parse, err) != 0)
		return (-1);
	return (parse->argc > 0 || given->file != NULL
		    ? usage("only one job file can be explained", err)
		    : explain_file(cli, first, given, err));
}

int
cmd_explain(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct explain_options given = { .schema = false };
	struct flag_parse parse = {
		.own = { explain_flags, &given }, .stop_early = true, .argc = argc, .argv = argv
	};
	int rc = cli_flags(cli, &parse, err);

	if (rc == 0)
		rc = explain(cli, &parse, &given, err);
	job_words_free(&given.params);
	job_words_free(&given.param_files);
	return (rc);
}
