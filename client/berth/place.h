/* SPDX-License-Identifier: ISC */
/*
 * Where a rootless engine lives: the state root, and the directory of its socket and lock.
 *   state root   $XDG_STATE_HOME/berth, else ~/.local/state/berth
 *   socket       /run/user/UID/berth/engine.sock if $XDG_RUNTIME_DIR names that directory, else
 *                run/engine.sock in the state root
 * TRUST: unprivileged
 * INPUT: XDG_STATE_HOME, XDG_RUNTIME_DIR and HOME of the caller; directories that others may have
 *        made or may write to
 * MUST: use no directory for the socket that is not the caller's own, that others may enter, or
 *       that a symbolic link leads to (row E01 of the attack list): believe neither a
 *       $XDG_RUNTIME_DIR of somebody else's, as su(1) hands it over, nor one that others can write; nor
 *       have a socket anywhere else: each engine hides these places from its jobs, and could not know
 *       of another (row E07).
 */
#ifndef CLIENT_BERTH_PLACE_H
#define CLIENT_BERTH_PLACE_H

#include <limits.h>
#include <stdint.h>
#include <sys/un.h>

#include "common/err.h"

struct place {
	uint32_t uid;
	char root[PATH_MAX]; /* the state root */
	char run[108]; /* the socket's directory; it must fit into its address */
	int rootfd; /* O_PATH; or -1 */
	int runfd;
	struct sockaddr_un address;
};

/* Finds the names and makes nothing. 0, or -1 with err. place_close in both cases. */
int place_find(struct place *place, uint32_t uid, struct err *err)
    __attribute__((warn_unused_result));

/* Makes what is missing, opens and judges the two directories. 0, or -1 with err. */
int place_make(struct place *place, struct err *err) __attribute__((warn_unused_result));

void place_close(struct place *place);

#endif
