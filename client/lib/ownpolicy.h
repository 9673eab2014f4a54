/* SPDX-License-Identifier: ISC */
/*
 * The policy of a rootless engine: what a user without a grant may do with their own rights. Made
 * in memory and put to the same decide(), so that there is one way to decide.
 * TRUST: unprivileged
 * INPUT: who calls
 * MUST: hold no right that the kernel would not give to the user anyway: it protects nobody from
 *       that user, but jobs ask for what they get here as everywhere.
 */
#ifndef CLIENT_LIB_OWNPOLICY_H
#define CLIENT_LIB_OWNPOLICY_H

#include "common/decide.h"

/* Fills policy; policy_free it. 0, or -1 with err. */
int ownpolicy_make(struct policy *policy, const struct caller *caller, struct err *err)
    __attribute__((warn_unused_result));

/* Does this verdict leave a user to their own rights? Never after expired, excluded, malformed. */
bool ownpolicy_applies(const struct decision *decision);

/* Like decide(): the ids of the decision's grant are stand-ins and mean nothing. */
void ownpolicy_decide(const struct caller *caller, const struct policy *policy,
    const struct request *request, struct decision *decision);

/* What decision_explain() said of such a policy, corrected: there is no grant to name. */
void ownpolicy_explain(
    const struct decision *decision, const struct policy *policy, struct err *err);

#endif
