/* SPDX-License-Identifier: ISC */
/*
 * What berth system prune and berth volume prune have in common.
 * TRUST: unprivileged
 * INPUT: what the engine answers; a yes on the terminal
 * MUST: ask the engine for nothing without a yes; show no byte of an answer that a terminal would obey.
 */
#ifndef CLIENT_BERTH_PRUNE_H
#define CLIENT_BERTH_PRUNE_H

#include "client/berth/cli.h"
#include "client/berth/jobcall.h"

struct json_object;

/*
 * Asks the question, unless it is NULL, and then the engine; call's parameters are used up. *answer is the
 * caller's with 0 alone, and has "removed" and "size" also where there is no engine and nothing on disk. -1
 * with err, of a no with what is typed to be asked nothing: the command with -f.
 */
int prune_ask(struct cli *cli, struct job_call *call, const char *question,
    struct json_object **answer, struct err *err) __attribute__((warn_unused_result));

/* Prints and frees the answer, for people as docker(1) does, below "Deleted KIND:". 0, or -1 with err. */
int prune_print(const struct cli *cli, struct json_object *answer, const char *kind,
    struct err *err) __attribute__((warn_unused_result));

#endif
