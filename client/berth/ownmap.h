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
 * For a job with directories that cannot be mapped (err says which): the other way to have one owner in them,
 * which is a map of the job's own, in which that owner is the caller. Sets the maps in cli, and takes
 * what is mapped out of the job. 0; or -1 when that is no way for this job, with what would be one in err.
 */
int ownmap_instead(struct cli *cli, struct job *job, struct err *err)
    __attribute__((warn_unused_result));

#endif
