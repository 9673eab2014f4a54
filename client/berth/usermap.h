/* SPDX-License-Identifier: ISC */
/*
 * The maps of a rootless engine's user namespace: with a subordinate range through newuidmap(1) and
 * newgidmap(1), else the user's one id.
 * TRUST: unprivileged
 * INPUT: /etc/subuid and /etc/subgid; how the two setuid programs end
 * MUST: execute them by their absolute paths with an empty environment; map the user's own id to 0
 *       and a range to 1, as the launcher does, so that a job sees the same numbers with and
 *       without a grant.
 */
#ifndef CLIENT_BERTH_USERMAP_H
#define CLIENT_BERTH_USERMAP_H

#include <sys/types.h>

#include "common/decide.h"

/* Why there is one id only, for people; the worse one of the two maps. */
enum usermap_lack {
	USERMAP_WHOLE = 0,
	USERMAP_NO_RANGE, /* the files name no range of this user's that can be mapped */
	USERMAP_NO_PROGRAM, /* newuidmap or newgidmap is not installed */
	USERMAP_REFUSED /* they are, and failed */
};

/*
 * Writes both maps of the process pid, and into grant what they are: a range of count 0 where there
 * is one id. 0, or -1 with err.
 */
int usermap_write(pid_t pid, const struct caller *caller, struct grant *grant,
    enum usermap_lack *lack, struct err *err) __attribute__((warn_unused_result));

/* What would be asked for: count 0 where there is nothing to ask for. */
void usermap_find(const struct caller *caller, struct id_range *subuid, struct id_range *subgid);

/* For a sentence: "with one id, for ..." */
const char *usermap_text(enum usermap_lack lack);

#endif
