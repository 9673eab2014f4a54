/* SPDX-License-Identifier: ISC */
/*
 * grants: what is granted to whom. Root sees all; a user sees what applies to them.
 * TRUST: privileged
 * INPUT: the allow-list (root's, but maybe damaged); may be run by any user, with their rights
 * MUST: change nothing; show the files that can be read even when one cannot.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/admin/account.h"
#include "helper/admin/admin.h"
#include "helper/admin/show.h"
#include "helper/admin/store.h"

struct listing {
	const struct args *args;
	const struct store *store;
	struct account only; /* kind PRINCIPAL_INVALID: all */
	size_t shown;
	bool damaged;
};

/* Does the file apply to who asks? */
static bool
concerns_caller(enum principal kind, uint32_t id)
{
	AUTO_FREE gid_t *groups = NULL;
	int n;

	if (getuid() == 0)
		return (true);
	if (kind == PRINCIPAL_UID || id == getgid())
		return (kind == PRINCIPAL_UID ? id == getuid() : true);
	n = getgroups(0, NULL);
	groups = n > 0 ? reallocarray(NULL, (size_t)n, sizeof(*groups)) : NULL;
	n = groups != NULL ? getgroups(n, groups) : 0;
	for (int i = 0; i < n; i++) {
		if (groups[i] == id)
			return (true);
	}
	return (false);
}

static int
list_one(void *ctx, enum principal kind, uint32_t id, struct err *err)
{
	struct listing *listing = ctx;
	AUTO_FREE struct allow *allow = NULL;

	if (listing->only.kind != PRINCIPAL_INVALID &&
	    (listing->only.kind != kind || listing->only.id != id))
		return (0);
	if (!concerns_caller(kind, id))
		return (0);
	allow = malloc(sizeof(*allow));
	if (allow == NULL)
		return (err_sys(err, "cannot list the grants"));
	allow_init(allow, kind, id);
	switch (store_allow(listing->store, allow, NULL, err)) {
	case 0:
		return (0);
	case 1:
		break;
	default:
		err_print(STDERR_FILENO, err);
		listing->damaged = true;
		return (0);
	}
	if (listing->args->json) {
		printf("%s\n  ", listing->shown > 0 ? "," : "");
		show_json(allow);
	} else {
		show_row(allow);
	}
	listing->shown++;
	return (0);
}

static int
list_all(struct listing *listing, struct err *err)
{
	int rc;

	if (listing->args->json)
		printf("{\"grants\":[");
	else
		printf(
		    "%-14s %-16s %-34s %s\n", "PRINCIPAL", "NAME", "UNTIL", "ROOT  ENTITLEMENTS");
	rc = store_each(listing->store, list_one, listing, err);
	if (listing->args->json)
		printf("%s]}\n", listing->shown > 0 ? "\n" : "");
	return (rc);
}

int
admin_grants(const struct args *args, struct err *err)
{
	AUTO_STORE struct store store = { -1, -1, -1 };
	AUTO_FREE struct listing *listing = calloc(1, sizeof(*listing));

	if (listing == NULL)
		return (err_sys(err, "cannot list the grants"));
	listing->args = args;
	listing->store = &store;
	if (args->principal != NULL &&
	    account_resolve_past(args->principal, &listing->only, err) < 0)
		return (-1);
	if (store_open(&store, err) < 0 || list_all(listing, err) < 0)
		return (-1);
	if (listing->damaged)
		return (ERR_CONFIG);
	if (args->principal == NULL || listing->shown > 0)
		return (0);
	err_set(err, ERR_FAILED, "nothing is granted to %s", listing->only.shown);
	return (err_todo(err, "sudo berth grant %s security.confined", listing->only.typed));
}
