/* SPDX-License-Identifier: ISC */
/*
 * What the user may do, by the policy as it is at this moment.
 * TRUST: unprivileged
 * INPUT: /etc/berth through the descriptor that the launcher checked; requests
 * MUST: read the policy anew for each decision; let decide() decide, and nothing else.
 */
#ifndef CLIENT_ENGINE_API_AUTHORITY_H
#define CLIENT_ENGINE_API_AUTHORITY_H

#include "client/engine/engine.h"

struct json_object;

/*
 * Takes from the policy what the facts do not hold: the state root. At the start. 0, or -1 with
 * err (ERR_REFUSED when there is no grant any more).
 */
int authority_start(struct engine *engine, struct err *err) __attribute__((warn_unused_result));

/*
 * Decides. 0: the decision allows and the grant is still the one that the engine was started
 * with; -1 with err, and decision->verdict tells whether it was refused. The decision's file is
 * gone with policy, which policy_free in both cases.
 */
int authority_decide(const struct engine *engine, const struct job_wants *wants,
    struct policy *policy, struct decision *decision, struct err *err)
    __attribute__((warn_unused_result));

/* The user's name as the allow-list has it, "" if it has none. For people. */
void authority_name(const struct engine *engine, char name[33]);

/* The list of what is granted now; NULL when memory is short. */
struct json_object *authority_list(const struct engine *engine);

#endif
