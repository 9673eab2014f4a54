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

/* Becomes "berth-admin VERB argv..."; returns only when that fails: -1 with err. */
int admin_exec(const struct cli *cli, int argc, char **argv, struct err *err);

/* The three lines for a user who is not root, with the command to paste. Returns -1. */
int admin_needed(const struct cli *cli, int argc, char **argv, struct err *err);

#endif
