/* SPDX-License-Identifier: ISC */
/*
 * What would be decided for a job, want by want, and how that is shown.
 * TRUST: unprivileged
 * INPUT: a job, the policy
 * MUST: ask the decide() that launcher and engine ask, for the wants that they make of the job.
 */
#ifndef CLIENT_BERTH_JUDGE_H
#define CLIENT_BERTH_JUDGE_H

#include "client/berth/cli.h"
#include "client/berth/view.h"
#include "client/lib/job.h"

struct json_object;

/* Too large for a stack: calloc(3) it. */
struct judged {
	struct view view;
	struct job_wants wants;
	struct decision of[JOB_WANTS_MAX];
	struct err refusal; /* room for the first one */
};

/* Decides each want; the job must outlive judged. 0, or -1 with err; judge_free in both cases. */
int judge_job(const struct cli *cli, const struct job *job, struct judged *judged, struct err *err)
    __attribute__((warn_unused_result));
void judge_free(struct judged *judged);

/* The first refusal: -1 with its words and cli->reason, or 0. */
int judge_refusal(struct cli *cli, const struct judged *judged, struct err *err);

/* "FILE:LINE", what needs no grant, or the reason of a refusal. */
void judge_because(const struct decision *decision, char *buf, size_t len);

/* The table of entitlements, and the same as an array. */
void judge_print(const struct judged *judged);
struct json_object *judge_json(const struct judged *judged);

/* Adds a member of that name; of NULL it is null. */
void judge_text(struct json_object *object, const char *name, const char *text);

#endif
