/* SPDX-License-Identifier: ISC */
/*
 * berth cp: copies files between a job and here.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: tell a path in a job from one here as docker(1) does.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/berth/copy.h"
#include "client/berth/message.h"

struct cp_options {
	bool archive;
	bool follow;
};

/* clang-format off */
const struct flag cp_flags[] = {
	{ FLAG_SWITCH, 'a', "archive", offsetof(struct cp_options, archive), NULL, NULL,
	  "into a job: keep the owners, and set-id bits" },
	{ FLAG_SWITCH, 'L', "follow-link", offsetof(struct cp_options, follow), NULL, NULL,
	  "follow a symbolic link that is the source" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* JOB:PATH: the length of JOB. 0: it is a path here, for it begins with "/" or ".", or has no colon. */
static size_t
job_of(const char *word)
{
	const char *colon = strchr(word, ':');

	return (word[0] == '/' || word[0] == '.' || colon == NULL ? 0 : (size_t)(colon - word));
}

static int
usage(struct err *err, const char *what, const char *why)
{
	err_set(err, ERR_USAGE, "cp: %s", what);
	err_why(err, "%s", why);
	return (err_todo(err, "berth cp JOB:PATH DEST   or   berth cp SRC JOB:PATH"));
}

/* Which of the two words is in a job? The length of its name, or 0 with err. */
static size_t
choose(struct copy *copy, char **words, struct err *err)
{
	size_t from = job_of(words[0]), to = job_of(words[1]);

	if (words[0][0] == '\0' || words[1][0] == '\0')
		(void)usage(err, "a path is empty", "source and destination are needed");
	else if (from > 0 && to > 0)
		(void)usage(err, "both paths are in jobs",
		    "copy to here and from here, or through a pipe:  -");
	else if (from == 0 && to == 0)
		(void)usage(err, "neither path is in a job", "one of them is JOB:PATH");
	else {
		copy->out = from > 0;
		copy->local = copy->out ? words[1] : words[0];
		copy->path = copy->out ? words[0] + from + 1 : words[1] + to + 1;
		if (copy->path[0] == '\0')
			copy->path = "/";
		return (copy->out ? from : to);
	}
	return (0);
}

/* Names and contents of a job's could do something to it (CVE-2023-28486 and its like). */
static int
check_terminal(const struct copy *copy, struct err *err)
{
	if (strcmp(copy->local, "-") != 0 || isatty(copy->out ? STDOUT_FILENO : STDIN_FILENO) != 1)
		return (0);
	return (usage(err,
	    copy->out ? "an archive is not written to a terminal"
		      : "an archive is not read from a terminal",
	    "- is a tar, for a pipe or a file"));
}

static int
cp(struct copy *copy, char **words, struct err *err)
{
	size_t len = choose(copy, words, err);
	char *job;
	int rc;

	if (len == 0 || check_terminal(copy, err) != 0)
		return (-1);
	job = strndup(copy->out ? words[0] : words[1], len);
	if (job == NULL)
		return (err_sys(err, "cannot copy"));
	copy->job = job;
	rc = copy_run(copy, err);
	copy->job = NULL;
	free(job);
	if (rc == 0 && strcmp(copy->local, "-") != 0)
		message_note(copy->cli, "copied %s to %s", words[0], words[1]);
	return (rc);
}

int
cmd_cp(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct cp_options options = { .archive = false };
	struct flag_parse parse = { .own = { cp_flags, &options }, .argc = argc, .argv = argv };
	struct copy copy = { .cli = cli };

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 2, 2, err) != 0)
		return (-1);
	copy.owners = options.archive;
	copy.follow = options.follow;
	return (cp(&copy, parse.argv, err));
}
