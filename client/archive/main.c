/* SPDX-License-Identifier: ISC */
/*
 * berth-archive: copies between a tree and a tar, for berth cp. Not called by people.
 *   berth-archive pack   [--job] [--follow] PATH               the tar goes to standard output
 *   berth-archive unpack [--job] [--owners] [--directory] [--compressed] PATH      it comes from
 *                                                              standard input
 * --job: descriptor 3 is the root of a job, and paths are in it. Else they are the caller's, and
 * relative to the working directory. Messages and exit statuses: report.h.
 * TRUST: unprivileged
 * INPUT: a path of the user's; a tree or an archive that is hostile
 * MUST: confine itself before it looks into it.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/archive/confine.h"
#include "client/archive/pack.h"
#include "client/archive/unpack.h"

#define JOB_ROOT 3

struct options {
	bool packs;
	bool job;
	bool follow;
	unsigned int flags; /* enum unpack_flags */
	const char *path;
};

static bool
parse_flag(struct options *options, const char *word)
{
	if (strcmp(word, "--job") == 0)
		options->job = true;
	else if (options->packs && strcmp(word, "--follow") == 0)
		options->follow = true;
	else if (!options->packs && strcmp(word, "--owners") == 0)
		options->flags |= UNPACK_OWNERS;
	else if (!options->packs && strcmp(word, "--directory") == 0)
		options->flags |= UNPACK_DIRECTORY;
	else if (!options->packs && strcmp(word, "--compressed") == 0)
		options->flags |= UNPACK_COMPRESSED;
	else
		return false;
	return true;
}

static bool
parse(struct options *options, int argc, char **argv)
{
	if (argc < 3)
		return false;
	options->packs = strcmp(argv[1], "pack") == 0;
	if (!options->packs && strcmp(argv[1], "unpack") != 0)
		return false;
	for (int i = 2; i < argc - 1; i++)
		if (!parse_flag(options, argv[i]))
			return false;
	options->path = argv[argc - 1];
	return options->path[0] != '\0';
}

int
main(int argc, char *argv[])
{
	struct report report = { .status = REPORT_ALL };
	struct options options = { .path = NULL };
	struct tree tree;
	struct err err;
	mode_t mask;

	if (!parse(&options, argc, argv)) {
		report_fatal(&report, "berth-archive is berth cp's", "use:  berth cp");
		return REPORT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	mask = umask(0);
	/* names in an archive are UTF-8, or what bytes they are */
	(void)!setlocale(LC_CTYPE, "C.UTF-8");
	if (confine_limits(&err) == -1) {
		report_fatal(&report, err.what, err.why);
		return (int)report.status;
	}
	tree = (struct tree){ .root = options.job ? JOB_ROOT : AT_FDCWD,
		.job = options.job,
		.umask = options.job ? 0 : mask };
	if (options.packs)
		pack(&tree, options.path, options.follow, &report);
	else
		unpack(&tree, options.path, options.flags, &report);
	return (int)report.status;
}
