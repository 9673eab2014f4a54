/* SPDX-License-Identifier: ISC */
/*
 * A refusal in words: what was refused, by which file, and the command that would allow it.
 * TRUST: unprivileged
 * INPUT: a decision; paths and image names in it are hostile
 * MUST: propose a command that can be pasted whatever the hostile part holds: a value with a byte
 *       that a shell could read is quoted.
 */
#ifndef CLIENT_LIB_EXPLAIN_H
#define CLIENT_LIB_EXPLAIN_H

#include "common/decide.h"

/*
 * Puts a refusal into words: three lines, the last one a command that an administrator can paste.
 * who is the caller's account name for people, or NULL (then "uid N" and N are shown). Returns -1.
 */
int decision_explain(const struct decision *decision, const struct caller *caller,
    const struct policy *policy, const char *who, struct err *err);

#endif
