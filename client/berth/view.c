/* SPDX-License-Identifier: ISC */
/*
 * The caller and the policy as this program sees them. Contract in view.h.
 * TRUST: unprivileged
 * INPUT: /etc/passwd and /etc/berth, which are root's, but maybe damaged
 * MUST: as view.h says
 */
#include "client/berth/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/userns.h"
#include "client/lib/explain.h"
#include "client/lib/ownpolicy.h"
#include "client/lib/passwd.h"
#include "client/lib/policyfile.h"

static void
find_name(struct view *view)
{
	struct passwd_entry account;

	passwd_find(view->caller.uid, &account);
	if (account.name[0] == '\0')
		return;
	snprintf(view->name, sizeof(view->name), "%s", account.name);
	view->who = view->name;
}

int
view_caller(struct view *view, struct err *err)
{
	int count = getgroups(0, NULL);

	*view = (struct view){ .caller = { .uid = getuid(), .gid = getgid() } };
	find_name(view);
	if (count <= 0)
		return (count == 0 ? 0 : err_sys(err, "cannot read the groups of the caller"));
	view->caller.groups = calloc((size_t)count, sizeof(gid_t));
	if (view->caller.groups == NULL || (count = getgroups(count, view->caller.groups)) < 0)
		return (err_sys(err, "cannot read the groups of the caller"));
	view->caller.ngroups = (size_t)count;
	return (0);
}

static int
load_policy(struct view *view, struct err *err)
{
	int dir AUTO_CLOSE = open(POLICY_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct policy_source source = { .read = policyfile_read, .ctx = &dir };

	/* Before berth is installed whole nobody has a grant. */
	if (dir < 0 && errno == ENOENT)
		return (0);
	if (dir < 0) {
		err_sys(err, "cannot open %s", POLICY_DIR);
		err->code = ERR_CONFIG;
		return (err_todo(
		    err, "an administrator makes it with a grant:  sudo berth grant USER"));
	}
	return (policy_load(&view->policy, &view->caller, &source, err));
}

int
view_load(struct view *view, struct err *err)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	struct decision decision;

	if (view_caller(view, err) != 0 || load_policy(view, err) != 0)
		return (-1);
	view_decide(view, ENGINE_SHARED, &want, &decision);
	if (!ownpolicy_applies(&decision))
		return (0);
	view->ungranted = decision.refusal;
	view->own = calloc(1, sizeof(*view->own));
	if (view->own == NULL)
		return (err_sys(err, "cannot tell what is allowed"));
	return (ownpolicy_make(view->own, &view->caller, err));
}

void
view_settle(struct view *view)
{
	if (view->ungranted == REFUSAL_INVALID || view->rootless)
		return;
	view->rootless = userns_probe(view->closed) == 0;
}

void
view_free(struct view *view)
{
	policy_free(&view->policy);
	if (view->own != NULL)
		policy_free(view->own);
	free(view->own);
	view->own = NULL;
	free(view->caller.groups);
	view->caller.groups = NULL;
}

void
view_decide(const struct view *view, enum engine_mode mode, const struct entitlement *want,
    struct decision *decision)
{
	struct request request = { .now = time(NULL), .mode = mode };

	request.wants = want;
	request.nwants = want != NULL ? 1 : 0;
	if (view->rootless)
		ownpolicy_decide(&view->caller, view->own, &request, decision);
	else
		decide(&view->caller, &view->policy, &request, decision);
}

void
view_decide_maps(const struct view *view, const struct idmap *uids, const struct idmap *gids,
    struct decision *decision)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	const struct request request = { .now = time(NULL),
		.mode = ENGINE_ONCE,
		.nwants = 1,
		.wants = &want,
		.uids = uids,
		.gids = gids };

	decide(&view->caller, &view->policy, &request, decision);
}

int
view_explain(const struct view *view, const struct decision *decision, struct err *err)
{
	const struct policy *policy = view->rootless ? view->own : &view->policy;

	(void)decision_explain(decision, &view->caller, policy, view->who, err);
	if (view->rootless)
		ownpolicy_explain(decision, policy, err);
	else if (view->closed[0] != '\0' && ownpolicy_applies(decision))
		err_why(err, "and %s", view->closed);
	return (-1);
}

int
view_refusal(struct cli *cli, enum engine_mode mode, struct err *err)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	struct decision decision;
	struct err ignored;
	struct view view;
	int rc = 0;

	if (view_load(&view, &ignored) == 0) {
		/* without a grant there is no engine for one call */
		if (mode == ENGINE_SHARED)
			view_settle(&view);
		view_decide(&view, mode, &want, &decision);
		if (decision.verdict != VERDICT_ALLOW) {
			snprintf(
			    cli->reason, sizeof(cli->reason), "%s", refusal_name(decision.refusal));
			rc = view_explain(&view, &decision, err);
		}
	}
	view_free(&view);
	return (rc);
}

/* In the terms of view_ended, for one file. */
static const char *
ended(const struct allow *allow, int64_t since, struct err *err)
{
	int64_t when = allow->revoked != 0 ? allow->revoked : allow->until;
	const char *key = allow->revoked != 0 ? "revoked" : "until";
	time_t seconds = (time_t)when;
	char date[32] = "";
	struct tm utc;

	/* time(2) may be a tick behind the timer that ended it. */
	if (when == 0 || when < since || when > (int64_t)time(NULL) + 1)
		return (NULL);
	if (gmtime_r(&seconds, &utc) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	(void)err_why(err, "%s says: %s = %s", allow->file, key, date);
	return (allow->revoked != 0 ? "revoked" : "expired");
}

const char *
view_ended(int64_t since, struct err *err)
{
	const char *how = NULL;
	struct err ignored;
	struct view view;

	if (view_load(&view, &ignored) == 0) {
		for (size_t i = 0; i < view.policy.nfiles && how == NULL; i++)
			how = ended(view.policy.files[i], since, err);
	}
	view_free(&view);
	return (how);
}

void
view_describe(const struct view *view, char *buf, size_t len)
{
	if (view->who != NULL)
		snprintf(buf, len, "%s (uid %u)", view->who, view->caller.uid);
	else
		snprintf(buf, len, "uid %u", view->caller.uid);
}
