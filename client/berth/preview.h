/* SPDX-License-Identifier: ISC */
/*
 * What would be decided for a job, entitlement by entitlement, by which file and line.
 * TRUST: unprivileged
 * INPUT: the job of the command line, the policy
 * MUST: ask the decide() that launcher and engine ask.
 */
#ifndef CLIENT_BERTH_PREVIEW_H
#define CLIENT_BERTH_PREVIEW_H

#include "client/berth/cli.h"
#include "client/lib/job.h"

struct json_object;

/*
 * Prints the job and the decisions to standard output. 0 when all is allowed, -1 with the first
 * refusal in err, or another error.
 */
int preview_job(struct cli *cli, const struct job *job, struct err *err)
    __attribute__((warn_unused_result));

/* A map of the job's own, if it has one: lines for people, and members. */
void preview_maps(const struct cli *cli);
void preview_json_maps(const struct cli *cli, struct json_object *object);

/* The part about the job itself: lines for people, and the object. */
void preview_head(const struct job *job);
struct json_object *preview_object(const struct job *job);

/* Would this job be refused to the caller? -1 with the explanation and cli->reason; else 0. */
int preview_refusal(struct cli *cli, const struct job *job, struct err *err);

#endif
