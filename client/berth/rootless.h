/* SPDX-License-Identifier: ISC */
/*
 * Starts the user's engine without a grant: with the user's own rights, where the host gives user
 * namespaces to users. What the launcher does is done here as far as it needs no privilege, with the
 * same protocol: lock, socket renamed into place, ready pipe.
 * TRUST: unprivileged
 * INPUT: the directories of place.h; what the engine says over the ready pipe
 * MUST: be called only for a user whom decide() found to have no grant; hold the lock in nobody but
 *       the engine; leave nothing that the next start does not repair, wherever this one dies.
 */
#ifndef CLIENT_BERTH_ROOTLESS_H
#define CLIENT_BERTH_ROOTLESS_H

#include "client/berth/connect.h"
#include "client/berth/place.h"
#include "client/berth/view.h"

/*
 * 0: an engine serves at place->address; 1: this host closes user namespaces to the caller; -1 with
 * err (ERR_UNAVAILABLE: another one is running or starting).
 */
int rootless_start(struct way *way, struct place *place, const struct view *view, struct err *err)
    __attribute__((warn_unused_result));

#endif
