/* SPDX-License-Identifier: ISC */
/*
 * Pid 1 of a rootless engine's namespaces: makes of them what the launcher makes of a granted
 * user's, starts the engine, and reaps. Everything in them dies with it.
 * TRUST: unprivileged
 * INPUT: descriptors of the client that started it
 * MUST: keep nothing of that client: neither its streams nor its session, directory, keyring,
 *       environment or signals; start the engine beneath the same ceiling as a granted one: what a
 *       user could have without it is no reason for jobs to have it.
 */
#ifndef CLIENT_BERTH_INNERINIT_H
#define CLIENT_BERTH_INNERINIT_H

#include "common/facts.h"

/* First byte on the ready pipe, no exit status: the host gives the namespace no power. */
#define INNER_CLOSED '\2'

struct inner {
	int engine; /* the program, O_PATH */
	int go; /* a byte: the maps are written; end of file: the client died before */
	int fds[ENGINE_FD_END]; /* by enum engine_fd */
};

void inner_run(struct inner *inner) __attribute__((noreturn));

#endif
