/* SPDX-License-Identifier: ISC */
/*
 * The state directory of the engine that the caller has, or would get.
 * TRUST: unprivileged
 * INPUT: the policy; the environment of a caller without a grant; a directory of the caller's
 * MUST: start nothing.
 */
#ifndef CLIENT_BERTH_STATEROOT_H
#define CLIENT_BERTH_STATEROOT_H

#include <limits.h>
#include <stdbool.h>

#include "client/berth/cli.h"

/* Its name; it need not be there. 0, or -1 with err. */
int stateroot_find(const struct cli *cli, char root[PATH_MAX], struct err *err)
    __attribute__((warn_unused_result));

/*
 * Is nothing of a job there, so that no engine is needed to tell of none? False where that cannot be
 * said.
 */
bool stateroot_is_empty(const struct cli *cli);

#endif
