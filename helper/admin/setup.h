/* SPDX-License-Identifier: ISC */
/*
 * What must be there before a grant is worth anything: the capabilities, the directories, the
 * setuid bit of the launcher.
 * TRUST: privileged
 * INPUT: the file system below BERTH_LIBEXEC and BERTH_STATE_DIR
 * MUST: set the bit on the descriptor that was judged; look at everything before changing
 *       anything.
 */
#ifndef HELPER_ADMIN_SETUP_H
#define HELPER_ADMIN_SETUP_H

#include "common/err.h"

/* Has this process what berth-admin and the launcher need? 0, or -1 with err that names the rest. */
int setup_capabilities(struct err *err) __attribute__((warn_unused_result));

/* Opens launcher and engine, judges them and all above them. The launcher's descriptor or -1. */
int setup_launcher_open(struct err *err) __attribute__((warn_unused_result));

/* Makes it root's and setuid. 0, or -1 with err. */
int setup_launcher_enable(int fd, struct err *err) __attribute__((warn_unused_result));

/* BERTH_STATE_DIR and the file in it that limits the launcher's log. 0, or -1 with err. */
int setup_state(struct err *err) __attribute__((warn_unused_result));

#endif
