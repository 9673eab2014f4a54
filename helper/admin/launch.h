/* SPDX-License-Identifier: ISC */
/*
 * Starts a user's engine as the user would.
 * TRUST: privileged
 * INPUT: the launcher's exit status and what it says
 * MUST: run the launcher with the user's identity, an empty environment and none of our
 *       descriptors, so that what is reported is what the user will see.
 */
#ifndef HELPER_ADMIN_LAUNCH_H
#define HELPER_ADMIN_LAUNCH_H

#include "helper/admin/account.h"

/* 0 when it was started, 1 when one was there and answers, -1 with err. */
int launch_engine(const struct account *who, struct err *err) __attribute__((warn_unused_result));

#endif
