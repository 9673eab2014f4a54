/* SPDX-License-Identifier: ISC */
/*
 * Runs the launcher, which starts the user's engine, or mounts a directory for a job.
 * TRUST: unprivileged
 * INPUT: what the launcher writes to its standard error
 * MUST: give it an empty environment, no argument but numbers that were checked, no descriptor but those
 *       that its verb takes.
 */
#ifndef CLIENT_BERTH_BOOTSTRAP_H
#define CLIENT_BERTH_BOOTSTRAP_H

#include <stddef.h>
#include <sys/types.h>

#include "client/berth/connect.h"
#include "common/policy.h"

#define LAUNCHER BERTH_LIBEXEC "/berth-launcher"

#define LAUNCH_WORDS 2
#define LAUNCH_FDS 3

/* One run of the launcher, and how it ended. */
struct launch {
	const char *verb; /* "start", "once", "mount" */
	const char *words[LAUNCH_WORDS]; /* behind the verb; NULL: no more */
	int fds[LAUNCH_FDS]; /* become its descriptors 3, 4, 5, and stay the caller's */
	size_t nfds;
	pid_t pid;
	int text_fd; /* what it says comes here */
	int status; /* exit status; 128+n when signal n ended it */
	size_t len;
	char text[2048]; /* the beginning of what it said, ends with a NUL */
};

/* Runs it and waits for its end: verb, words and descriptors are set. 0, or -1 with err when it could
 * not run. */
int bootstrap(struct way *way, struct launch *launch, struct err *err)
    __attribute__((warn_unused_result));

/* The same in two steps; after the first one has returned 0 the second must follow. */
int bootstrap_begin(struct launch *launch, struct err *err) __attribute__((warn_unused_result));
int bootstrap_end(struct way *way, struct launch *launch, struct err *err)
    __attribute__((warn_unused_result));

/* Turns what the launcher said into err, escaped, with its exit status as the code. Returns -1. */
int bootstrap_explain(const struct launch *launch, struct err *err);

/* The same in the words that the policy gives, if it is the policy that refused. Returns -1. */
int bootstrap_refusal(
    struct cli *cli, const struct launch *launch, enum engine_mode mode, struct err *err);

#endif
