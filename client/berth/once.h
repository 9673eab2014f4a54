/* SPDX-License-Identifier: ISC */
/*
 * An engine for this one call: a child of this program, in the caller's cgroup and limits, which ends
 * with it. For batch jobs, and where a grant asks for it.
 * TRUST: unprivileged
 * INPUT: SLURM_JOB_ID (the caller's), the policy, what launcher and engine answer
 * MUST: give the launcher one end of a socket pair and nothing else; leave nothing behind: the
 *       launcher and the engine have ended, and their time is accounted to this process, before
 *       this program ends; but for a launcher that does not end, which it names.
 */
#ifndef CLIENT_BERTH_ONCE_H
#define CLIENT_BERTH_ONCE_H

#include <sys/types.h>

#include "client/berth/engine.h"

/*
 * Which of the two ways to live is it? asked: --once was given. Otherwise an engine for one call is
 * taken where the grant has no other, and in a batch job where the grant has one. Sets cli->once, and
 * cli->unsettled is over. 0, or -1 with err when --once contradicts another flag.
 */
int once_choose(struct cli *cli, bool asked, struct err *err) __attribute__((warn_unused_result));

/*
 * Can it wait until the call goes out? Then a shared engine that is there may be asked without a look
 * at the policy, by which it judges each call itself: what it takes is a call that once_choose gives
 * it. When none is there, or it refuses, once_choose says who gets the call.
 */
bool once_can_wait(const struct cli *cli);

/*
 * As engine_open, with an engine of its own. 0: read the answers from conn, close it, and then call
 * once_reap(*init); -1 with err.
 */
int once_open(struct way *way, struct engine_call *call, struct varlink *conn, pid_t *init,
    struct err *err) __attribute__((warn_unused_result));

/* Waits until all of the engine has ended. From here on ^C ends the wait, as it ends any program. */
void once_reap(pid_t init);

#endif
