/* SPDX-License-Identifier: ISC */
/*
 * The way to berth-admin.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: pass the words on as they are.
 */
#ifndef CLIENT_BERTH_ADMIN_H
#define CLIENT_BERTH_ADMIN_H

#include "client/berth/cli.h"

/*
 * What a grant can say, for help and completion; berth-admin has the meaning. store is called where
 * this program parses them all the same.
 */
/* clang-format off */
#define ADMIN_GRANTING(store) \
	{ FLAG_STORE, 0, "for", 0, store, "TIME", "sudo: how long the grant holds" }, \
	{ FLAG_STORE, 0, "root", 0, store, "DIR", "sudo: the state directory" }, \
	{ FLAG_STORE, 0, "timeout", 0, store, "TIME", "sudo: of an idle engine" }, \
	{ FLAG_STORE, 0, "until", 0, store, "DATE", "sudo: when the grant ends" }
/* clang-format on */

/* Becomes "berth-admin VERB argv..."; returns only when that fails: -1 with err. */
int admin_exec(const struct cli *cli, int argc, char **argv, struct err *err);

/* The three lines for a user who is not root, with the command to paste. Returns -1. */
int admin_needed(const struct cli *cli, int argc, char **argv, struct err *err);

#endif
