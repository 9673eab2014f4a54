/* SPDX-License-Identifier: ISC */
/*
 * revoke: takes a grant, or a part of it, and ends what runs on it.
 * TRUST: privileged
 * INPUT: the administrator's command line; what is there already
 * MUST: work for a user who is gone and for a file that is damaged; take first, then end, so that
 *       nothing starts in between, and note it before, so that another can end what this one could
 *       not; keep /etc/berth/ids as it is. What stays of a grant is a file that
 *       says whose it was and since when it is none: the user hears it, and a number that comes back
 *       as somebody else's is noticed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/admin/account.h"
#include "helper/admin/admin.h"
#include "helper/admin/draft.h"
#include "helper/admin/end.h"
#include "helper/admin/ending.h"
#include "helper/admin/period.h"
#include "helper/admin/rules.h"
#include "helper/admin/setup.h"
#include "helper/admin/store.h"
#include "helper/admin/writefile.h"

struct work {
	const struct args *args;
	struct account who;
	struct hostconf host;
	struct allow old;
	struct allow new;
	bool parsed; /* old can be used */
	bool removed;
	bool again; /* it was revoked before: only what still runs is ended */
	bool left; /* one before has not ended what ran, or not lived to say so */
	char *raw;
	struct rules asked;
	struct rules held;
	char value[RULES_VALUE_SIZE];
	struct draft draft;
};

static int
not_granted(const struct work *work, struct err *err)
{
	char date[PERIOD_TEXT];

	period_date(work->old.revoked, date);
	err_set(err, ERR_FAILED, "nothing is granted to %s", work->who.shown);
	if (work->old.revoked != 0)
		err_why(err, "it was revoked on %s", date);
	else
		err_why(err, "there is no %s", work->old.file);
	return (err_todo(err, "see what is granted to whom:  sudo berth grants"));
}

static int
write_draft(const struct work *work, const struct store *store, struct err *err)
{
	if (ending_begin(store, &work->old, work->raw, err) < 0)
		return (-1);
	return (writefile_at(
	    store->allow, store_base(&work->old), work->draft.text, work->draft.len, err));
}

static int
remove_grant(struct work *work, const struct store *store, struct err *err)
{
	const char *name = work->parsed ? work->old.name : work->who.name;
	char date[PERIOD_TEXT];

	period_date((int64_t)time(NULL), date);
	draft_begin(&work->draft, &work->old, name);
	if (draft_set(&work->draft, "revoked", date, err) < 0 ||
	    draft_parse(&work->draft, &work->old, &work->new, err) < 0)
		return (-1);
	work->removed = true;
	return (write_draft(work, store, err));
}

static int
rewrite_grant(struct work *work, const struct store *store, struct err *err)
{
	if (rules_value(&work->held, work->value, sizeof(work->value), err) < 0 ||
	    draft_load(&work->draft, work->raw, err) < 0 ||
	    draft_set(&work->draft, "entitlements", work->value, err) < 0 ||
	    draft_parse(&work->draft, &work->old, &work->new, err) < 0)
		return (-1);
	return (write_draft(work, store, err));
}

static int
narrow_grant(struct work *work, const struct store *store, struct err *err)
{
	rules_of(&work->old, &work->held);
	if (rules_remove(&work->held, &work->asked, work->left, err) < 0)
		return (
		    err_todo(err, "see what is granted:  sudo berth grants %s", work->who.typed));
	if (work->held.n == 0)
		return (remove_grant(work, store, err));
	return (rewrite_grant(work, store, err));
}

static int
take(struct work *work, const struct store *store, struct err *err)
{
	int rc;

	allow_init(&work->old, work->who.kind, work->who.id);
	rc = store_allow(store, &work->old, &work->raw, err);
	work->left = ending_is_left(store, &work->old, work->raw);
	if (rc == 0 && !work->left)
		return (not_granted(work, err));
	work->parsed = rc > 0;
	work->again = rc == 0 || (work->parsed && work->old.revoked != 0);
	if (work->again)
		return (0);
	if (work->asked.n == 0)
		return (remove_grant(work, store, err));
	return (rc < 0 ? -1 : narrow_grant(work, store, err));
}

static void
print_work(const struct work *work, bool ended)
{
	if (work->args->quiet)
		return;
	if (work->args->json) {
		printf("{\"principal\":\"%s\",\"id\":%u,\"revoked\":\"%s\",\"ended\":%s}\n",
		    work->who.kind == PRINCIPAL_UID ? "uid" : "gid", work->who.id,
		    work->removed || work->again ? "all" : "part", ended ? "true" : "false");
		return;
	}
	printf("%s: %s\n  %s\n", work->who.shown,
	    work->again	    ? "the grant was revoked before"
	    : work->removed ? "the grant is revoked"
			    : "the grant is narrowed",
	    ended ? "What ran on it was ended." : "Nothing ran on it.");
	printf("  Files and sockets that a job had opened and handed to a process outside stay "
	       "open there.\n");
}

static int
finish(struct work *work, const struct store *store, struct err *err)
{
	AUTO_END struct end end = {
		.kind = work->who.kind, .id = work->who.id, .host = &work->host
	};
	int known;

	/* Without berth.conf there is no pool, and without ids what the file said must do. */
	if (store_hostconf(store, &work->host, err) < 0)
		work->host = (struct hostconf){ 0 };
	known = end_add_grant(&end, work->parsed ? &work->old : NULL, store->dir, err);
	if (ending_finish(store, &work->old, &end, known, err) < 0)
		return (-1);
	if (work->again && !end.any)
		return (not_granted(work, err));
	print_work(work, end.any);
	return (0);
}

static int
revoke(struct work *work, struct err *err)
{
	AUTO_STORE struct store store = { -1, -1, -1 };
	const struct args *args = work->args;

	if (account_resolve_past(args->principal, &work->who, err) < 0 ||
	    rules_parse(args->words, args->nwords, &work->asked, err) < 0 ||
	    setup_capabilities(err) < 0 || store_open_locked(&store, err) < 0 ||
	    take(work, &store, err) < 0)
		return (-1);
	return (finish(work, &store, err));
}

int
admin_revoke(const struct args *args, struct err *err)
{
	struct work *work = calloc(1, sizeof(*work));
	int rc;

	if (work == NULL)
		return (err_sys(err, "cannot revoke"));
	work->args = args;
	rc = revoke(work, err);
	free(work->raw);
	free(work);
	return (rc);
}
