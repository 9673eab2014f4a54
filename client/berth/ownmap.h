/* SPDX-License-Identifier: ISC */
/*
 * Maps of a job's own: --userns=keep-id, --uidmap, --gidmap. Such a job gets an engine of its call, as
 * with --once, whose namespace has the map.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; the policy
 * MUST: decide nothing: the launcher asks the same decide() again; say why before anything is started.
 */
#ifndef CLIENT_BERTH_OWNMAP_H
#define CLIENT_BERTH_OWNMAP_H

#include <stdint.h>

#include "client/berth/options.h"

/* Nothing when none of the flags was given. Else sets the maps in cli and options->once, and with keep-id
 * the user of the job, unless one was named. 0, or -1 with err. */
int ownmap_choose(struct cli *cli, struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The same for a job that was not asked about it: uid and gid of the job are the caller. 0, or -1 with err
 * when the grant does not allow it.
 */
int ownmap_be(struct cli *cli, uint32_t uid, uint32_t gid, struct err *err)
    __attribute__((warn_unused_result));

#endif
