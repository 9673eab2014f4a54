/* SPDX-License-Identifier: ISC */
/*
 * The caller and the policy as this program sees them: for explanations. What it finds out here
 * allows nothing: launcher and engine ask the same decide() again.
 * TRUST: unprivileged
 * INPUT: /etc/passwd and /etc/berth, which are root's, but maybe damaged
 * MUST: use no NSS: a static program would load libraries for it.
 */
#ifndef CLIENT_BERTH_VIEW_H
#define CLIENT_BERTH_VIEW_H

#include "common/decide.h"

#include "client/berth/cli.h"
#include "client/berth/userns.h"

struct view {
	struct caller caller;
	struct policy policy;
	const char *who; /* the account's name, or NULL: points to name */
	char name[33];
	enum refusal ungranted; /* why there is no grant at all, or REFUSAL_INVALID */
	struct policy *own; /* what such a user may do in a rootless engine, if it can run */
	bool rootless; /* and it can */
	char closed[USERNS_WHY]; /* or why it cannot */
};

/* Reads all of it. 0, or -1 with err; view_free in both cases. */
int view_load(struct view *view, struct err *err) __attribute__((warn_unused_result));
void view_free(struct view *view);

/*
 * Finds out, for a user without a grant, whether this host allows a rootless engine, so that what
 * is decided from here on is what such an engine will decide. It costs a process.
 */
void view_settle(struct view *view);

/* Only who calls, without the policy: for messages to root, who has none. */
int view_caller(struct view *view, struct err *err) __attribute__((warn_unused_result));

/* Decides one want at this moment. */
void view_decide(const struct view *view, enum engine_mode mode, const struct entitlement *want,
    struct decision *decision);

/* Decides an engine of one call with these maps. */
void view_decide_maps(const struct view *view, const struct idmap *uids, const struct idmap *gids,
    struct decision *decision);

/* A refusal in three lines. Returns -1. */
int view_explain(const struct view *view, const struct decision *decision, struct err *err);

/*
 * Would such an engine be refused to the caller? Then -1 with the explanation, which names the
 * account, and the reason in cli; 0 when the policy cannot be read or allows it.
 */
int view_refusal(struct cli *cli, enum engine_mode mode, struct err *err);

/*
 * Has a grant that applies to the caller ended, or been revoked, since that time of the wall clock?
 * "expired" or "revoked" then, with the file and its date in err's why; else NULL.
 */
const char *view_ended(int64_t since, struct err *err);

/* "alice (uid 1000)" or "uid 1000". */
void view_describe(const struct view *view, char *buf, size_t len);

#endif
