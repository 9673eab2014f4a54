/* SPDX-License-Identifier: ISC */
/*
 * The caller and the policy as this program sees them. Contract in view.h.
 * TRUST: unprivileged
 * INPUT: /etc/passwd and /etc/berth, which are root's, but maybe damaged
 * MUST: as view.h says
 */
#include "client/berth/view.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#include "client/lib/explain.h"
#include "client/lib/policyfile.h"

/* Names stand in commands that are pasted into a root shell: nothing that a shell would see. */
static bool
name_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	return (name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0');
}

/* getpwuid(3) would go through NSS; accounts that only LDAP knows are shown as numbers. */
static void
find_name(struct view *view)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	if (file == NULL)
		return;
	while ((entry = fgetpwent(file)) != NULL) {
		if (entry->pw_uid != view->caller.uid)
			continue;
		if (name_is_plain(entry->pw_name) && strlen(entry->pw_name) < sizeof(view->name)) {
			snprintf(view->name, sizeof(view->name), "%s", entry->pw_name);
			view->who = view->name;
		}
		break;
	}
	fclose(file);
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

int
view_load(struct view *view, struct err *err)
{
	int dir AUTO_CLOSE = -1;
	struct policy_source source = { .read = policyfile_read, .ctx = &dir };

	if (view_caller(view, err) != 0)
		return (-1);
	dir = open(POLICY_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		err_sys(err, "cannot open %s", POLICY_DIR);
		err->code = ERR_CONFIG;
		return (err_todo(
		    err, "an administrator makes it with a grant:  sudo berth grant USER"));
	}
	return (policy_load(&view->policy, &view->caller, &source, err));
}

void
view_free(struct view *view)
{
	policy_free(&view->policy);
	free(view->caller.groups);
	view->caller.groups = NULL;
}

void
view_decide(const struct view *view, const struct entitlement *want, struct decision *decision)
{
	struct request request = { .now = time(NULL), .mode = ENGINE_SHARED };

	request.wants = want;
	request.nwants = want != NULL ? 1 : 0;
	decide(&view->caller, &view->policy, &request, decision);
}

int
view_explain(const struct view *view, const struct decision *decision, struct err *err)
{
	return (decision_explain(decision, &view->caller, &view->policy, view->who, err));
}

int
view_refusal(struct err *err)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	struct decision decision;
	struct err ignored;
	struct view view;
	int rc = 0;

	if (view_load(&view, &ignored) == 0) {
		view_decide(&view, &want, &decision);
		if (decision.verdict != VERDICT_ALLOW)
			rc = view_explain(&view, &decision, err);
	}
	view_free(&view);
	return (rc);
}

void
view_describe(const struct view *view, char *buf, size_t len)
{
	if (view->who != NULL)
		snprintf(buf, len, "%s (uid %u)", view->who, view->caller.uid);
	else
		snprintf(buf, len, "uid %u", view->caller.uid);
}
