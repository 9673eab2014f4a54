/* SPDX-License-Identifier: ISC */
/*
 * Runs the launcher, which starts the user's engine.
 * TRUST: unprivileged
 * INPUT: what the launcher writes to its standard error
 * MUST: give it an empty environment and no argument of the caller's choice.
 */
#ifndef CLIENT_BERTH_BOOTSTRAP_H
#define CLIENT_BERTH_BOOTSTRAP_H

#include <stddef.h>

#include "client/berth/connect.h"

#define LAUNCHER BERTH_LIBEXEC "/berth-launcher"

/* How the launcher ended. */
struct launch {
	int status; /* exit status; 128+n when signal n ended it */
	size_t len;
	char text[2048]; /* the beginning of what it said, ends with a NUL */
};

/* Runs "berth-launcher start" and waits for its end. 0, or -1 with err when it could not run. */
int bootstrap(struct way *way, struct launch *launch, struct err *err)
    __attribute__((warn_unused_result));

/* Turns what the launcher said into err, escaped, with its exit status as the code. Returns -1. */
int bootstrap_explain(const struct launch *launch, struct err *err);

#endif
