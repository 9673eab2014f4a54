/* SPDX-License-Identifier: ISC */
/*
 * grant, and daemon start: a grant and then the user's engine. The steps stand in interface.md,
 * "The administrator's first command".
 * TRUST: privileged
 * INPUT: the administrator's command line; what is there already
 * MUST: look at everything before changing anything; write nothing that was not parsed again; end
 *       what runs when something was narrowed.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/admin/account.h"
#include "helper/admin/admin.h"
#include "helper/admin/alloc.h"
#include "helper/admin/draft.h"
#include "helper/admin/end.h"
#include "helper/admin/ending.h"
#include "helper/admin/json.h"
#include "helper/admin/launch.h"
#include "helper/admin/period.h"
#include "helper/admin/probe.h"
#include "helper/admin/quote.h"
#include "helper/admin/rules.h"
#include "helper/admin/setup.h"
#include "helper/admin/show.h"
#include "helper/admin/store.h"
#include "helper/admin/writefile.h"

/* A grant while it is made. */
struct work {
	const struct args *args;
	struct account who;
	struct hostconf host;
	bool exists;
	struct allow old; /* what the file says, when it exists */
	struct allow new; /* what it will say */
	struct allow tombstone; /* what is left of a former grant, if revoked is set */
	char *raw; /* the old text */
	struct period period;
	struct rules asked;
	struct rules held;
	char defaults[RULES_DEFAULTS_TEXT];
	char root[PATH_MAX]; /* "": as it was, or none */
	char value[RULES_VALUE_SIZE];
	struct draft draft;
	bool narrowed; /* now, or before by one that did not end what ran */
};

/* All that can be refused without looking at the host. */
static int
check_request(struct work *work, struct err *err)
{
	const struct args *args = work->args;
	uint32_t seconds;

	if (account_resolve(args->principal, &work->who, err) < 0 ||
	    rules_parse(args->words, args->nwords, &work->asked, err) < 0 ||
	    rules_available(&work->asked, err) < 0 ||
	    period_parse(args, (int64_t)time(NULL), &work->period, err) < 0)
		return (-1);
	if (args->timeout != NULL && duration_parse(args->timeout, &seconds) < 0) {
		err_set(err, ERR_USAGE, "not a duration: %s", args->timeout);
		return (err_todo(err, "for example:  --timeout=10m  (s, m, h or d; at most 366d)"));
	}
	if (args->engine != NULL && strcmp(args->engine, "shared") != 0 &&
	    strcmp(args->engine, "once") != 0 && strcmp(args->engine, "any") != 0) {
		err_set(err, ERR_USAGE, "not a kind of engine: %s", args->engine);
		return (err_todo(err, "it is --engine=shared, --engine=once or --engine=any"));
	}
	if (work->who.kind == PRINCIPAL_UID)
		return (0);
	if (args->verb == VERB_START) {
		err_set(err, ERR_USAGE, "--allow-user names a group: %s", args->principal);
		return (err_todo(err, "sudo berth grant %s security.confined", work->who.typed));
	}
	if (args->root == NULL)
		return (0);
	err_set(err, ERR_USAGE, "--root cannot be given to a group");
	err_why(err, "each member has a state directory of their own: " BERTH_STATE_DIR "/UID");
	return (err_todo(err, "leave --root out, or grant to users"));
}

static int
check_pool(const struct work *work, struct err *err)
{
	if (work->who.kind == PRINCIPAL_UID || work->host.pool.count != 0)
		return (0);
	err_set(err, ERR_CONFIG, "a grant to a group needs a pool of ids");
	err_why(err, "each member gets 65536 ids of it, by the member's uid");
	return (err_todo(err, "put four lines into " POLICY_DIR "/berth.conf, for example:  [ids]  "
			      "base = 1000000000  count = 65536000  first-uid = 1000"));
}

static int
choose_root(struct work *work, struct err *err)
{
	if (work->who.kind == PRINCIPAL_GID)
		return (0);
	if (work->args->root != NULL)
		return (probe_root(&work->who, work->args->root, work->root, err));
	return (work->exists ? 0 : probe_default(&work->who, work->root, err));
}

static int
compose_rules(struct work *work, struct err *err)
{
	if (work->exists)
		rules_of(&work->old, &work->held);
	else
		rules_defaults(work->defaults, &work->held);
	return (rules_merge(&work->held, &work->asked, err));
}

static int
set_quoted(struct draft *draft, const char *key, const char *word, struct err *err)
{
	char value[1024];
	struct quote quote = { .buf = value, .cap = sizeof(value) };

	if (!quote_possible(word) || quote_append(&quote, word) < 0) {
		err_set(err, ERR_USAGE, "%.256s cannot be written into a file", word);
		return (err_why(err, "it is too long or holds a control character"));
	}
	return (draft_set(draft, key, value, err));
}

static int
set_range(struct draft *draft, const char *key, const struct id_range *range, struct err *err)
{
	char value[32];

	snprintf(value, sizeof(value), "%u:%u", range->start, range->count);
	return (draft_set(draft, key, value, err));
}

static int
set_id(struct draft *draft, const char *key, uint32_t id, struct err *err)
{
	char value[16];

	snprintf(value, sizeof(value), "%u", id);
	return (draft_set(draft, key, value, err));
}

/* Only what the file does not say yet. */
static int
set_ids(struct work *work, const struct alloc *alloc, struct err *err)
{
	const struct allow *old = &work->old;
	struct draft *draft = &work->draft;

	if (old->subuid.count == 0 && set_range(draft, "subuid", &alloc->subuid, err) < 0)
		return (-1);
	if (old->subgid.count == 0 && set_range(draft, "subgid", &alloc->subgid, err) < 0)
		return (-1);
	if (old->owner_id == 0 && set_id(draft, "owner-id", alloc->owner_id, err) < 0)
		return (-1);
	if (old->watch_id == 0 && set_id(draft, "watch-id", alloc->watch_id, err) < 0)
		return (-1);
	return (0);
}

static int
give_ids(struct work *work, const struct store *store, struct err *err)
{
	struct alloc alloc = { work->old.subuid, work->old.subgid, work->old.owner_id,
		work->old.watch_id };

	if (work->old.subids_auto)
		return (check_pool(work, err));
	if (work->who.kind == PRINCIPAL_GID)
		return (draft_set(&work->draft, "subids", "auto", err));
	if (alloc_ids(store, &work->who, &work->host, &alloc, err) < 0)
		return (-1);
	return (set_ids(work, &alloc, err));
}

static int
write_draft(struct work *work, struct err *err)
{
	if (work->exists) {
		if (draft_load(&work->draft, work->raw, err) < 0)
			return (-1);
	} else {
		draft_begin(&work->draft, &work->old, work->who.name);
	}
	if (work->root[0] != '\0' &&
	    (work->old.root == NULL || strcmp(work->old.root, work->root) != 0) &&
	    set_quoted(&work->draft, "root", work->root, err) < 0)
		return (-1);
	if (rules_value(&work->held, work->value, sizeof(work->value), err) < 0)
		return (-1);
	/* A line that says the same already stays as somebody wrote it. */
	if ((!work->exists || work->held.n != work->old.nrules || work->asked.n > 0) &&
	    draft_set(&work->draft, "entitlements", work->value, err) < 0)
		return (-1);
	return (0);
}

static int
set_life(struct work *work, struct err *err)
{
	const struct args *args = work->args;

	if (args->timeout != NULL && draft_set(&work->draft, "timeout", args->timeout, err) < 0)
		return (-1);
	return (args->engine == NULL ? 0 : draft_set(&work->draft, "engine", args->engine, err));
}

static int
set_until(struct work *work, struct err *err)
{
	if (work->period.asked && work->period.end == 0)
		draft_unset(&work->draft, "until");
	else if (work->period.asked)
		return (draft_set(&work->draft, "until", work->period.text, err));
	return (0);
}

/* Does it end before it did? What runs has a watcher that waits for the later time, or none. */
static bool
ends_earlier(const struct allow *new, const struct allow *old)
{
	return (new->until != 0 && (old->until == 0 || new->until < old->until));
}

/* What will be read must be what was meant, whatever bytes the words had. */
static int
verify(struct work *work, struct err *err)
{
	struct rules *after = malloc(sizeof(*after));
	bool same;

	if (after == NULL)
		return (err_sys(err, "cannot check the new file"));
	if (draft_parse(&work->draft, &work->old, &work->new, err) < 0) {
		free(after);
		return (-1);
	}
	rules_of(&work->new, after);
	same = after->n == work->held.n && rules_cover(after, &work->held) &&
	       rules_cover(&work->held, after) &&
	       (!work->period.asked || work->new.until == work->period.end) &&
	       (work->root[0] == '\0' ||
		   (work->new.root != NULL &&strcmp(work->new.root, work->root) == 0));
	if (work->exists) {
		rules_of(&work->old, &work->held);
		work->narrowed |= !rules_cover(after, &work->held) ||
				  (work->old.engine & ~work->new.engine) != 0 ||
				  ends_earlier(&work->new, &work->old) ||
				  (work->old.root != NULL && work->root[0] != '\0' &&
				      strcmp(work->old.root, work->root) != 0);
	}
	free(after);
	if (same)
		return (0);
	err_set(err, ERR_USAGE, "these words cannot be written into %s", work->new.file);
	return (err_why(err, "read again they would mean something else"));
}

static int
end_narrowed(struct work *work, const struct store *store, struct err *err)
{
	AUTO_END struct end end = {
		.kind = work->who.kind, .id = work->who.id, .host = &work->host
	};

	if (!work->narrowed)
		return (0);
	return (ending_finish(
	    store, &work->old, &end, end_add_grant(&end, &work->old, store->dir, err), err));
}

static int
write_grant(const struct work *work, const struct store *store, struct err *err)
{
	if (work->exists && strcmp(work->draft.text, work->raw) == 0)
		return (0);
	if (work->narrowed && ending_begin(store, &work->old, work->raw, err) < 0)
		return (-1);
	return (writefile_at(
	    store->allow, store_base(&work->old), work->draft.text, work->draft.len, err));
}

/* Under the lock. */
static int
change(struct work *work, const struct store *store, struct err *err)
{
	AUTO_CLOSE int launcher = -1;

	if (store_hostconf(store, &work->host, err) < 0 || check_pool(work, err) < 0)
		return (-1);
	allow_init(&work->old, work->who.kind, work->who.id);
	work->exists = false;
	switch (store_allow(store, &work->old, &work->raw, err)) {
	case 0:
		break;
	case 1:
		work->exists = true;
		break;
	default:
		return (-1);
	}
	work->narrowed = ending_is_left(store, &work->old, work->raw);
	/* A grant after a revocation is a new one, which gets the ids of before from the record. */
	if (work->old.revoked != 0) {
		work->tombstone = work->old;
		work->exists = false;
		allow_init(&work->old, work->who.kind, work->who.id);
	}
	launcher = setup_launcher_open(err);
	if (launcher < 0 || compose_rules(work, err) < 0 || choose_root(work, err) < 0 ||
	    setup_state(err) < 0 || write_draft(work, err) < 0 || give_ids(work, store, err) < 0 ||
	    set_life(work, err) < 0 || set_until(work, err) < 0 || verify(work, err) < 0 ||
	    setup_launcher_enable(launcher, err) < 0 || write_grant(work, store, err) < 0)
		return (-1);
	return (end_narrowed(work, store, err));
}

/* Was there an end, still to come, and is it later now, or never? */
static bool
outlasts(const struct allow *new, const struct allow *old, int64_t now)
{
	return (old->until > now && (new->until == 0 || new->until > old->until));
}

/* When it ends, and what the file said before. */
static void
print_times(const struct work *work)
{
	const struct allow *before = &work->tombstone;
	char date[PERIOD_TEXT], left[PERIOD_TEXT];

	period_date(work->new.until, date);
	period_left(work->new.until, (int64_t)time(NULL), left);
	if (date[0] != '\0')
		printf("  until            %s (%s)\n", date, left);
	if (outlasts(&work->new, &work->old, (int64_t)time(NULL))) {
		period_date(work->old.until, date);
		printf("  what runs        ends %s, as it was granted when it began\n", date);
	}
	if (before->revoked == 0)
		return;
	period_date(before->revoked, date);
	printf("  revoked before   %s", date);
	if (before->name[0] != '\0' && strcmp(before->name, work->who.name) != 0)
		printf(", when the account of this number was %s", before->name);
	printf("\n");
}

static void
print_text(const struct work *work, const char *engine)
{
	char shown[1024];

	printf("%s\n  entitlements    ", work->who.shown);
	show_entitlements(&work->new);
	if (work->new.root != NULL)
		err_escape(shown, sizeof(shown), work->new.root);
	else
		snprintf(shown, sizeof(shown), BERTH_STATE_DIR "/UID");
	printf("  state directory  %s\n", shown);
	printf("  grant            %s\n  settings         " POLICY_DIR "/berth.conf\n",
	    work->new.file);
	print_times(work);
	if (engine != NULL)
		printf(
		    "  engine           %s, at /run/berth/%u/engine.sock\n", engine, work->who.id);
	if (work->narrowed)
		printf("  The grant became narrower: what ran on it was ended.\n");
	if (!work->exists)
		printf("  With subordinate ids a user can drop a group: files that use a group to "
		       "deny access do not bind them.\n");
}

static void
print_work(const struct work *work, const char *engine)
{
	if (work->args->quiet)
		return;
	if (!work->args->json) {
		print_text(work, engine);
		return;
	}
	printf("{\"grant\":");
	show_json(&work->new);
	printf(",\"new\":%s,\"narrowed\":%s,\"engine\":", work->exists ? "false" : "true",
	    work->narrowed ? "true" : "false");
	json_string(stdout, engine);
	printf("}\n");
}

static int
make_grant(struct work *work, struct err *err)
{
	AUTO_STORE struct store store = { -1, -1, -1 };

	if (check_request(work, err) < 0 || setup_capabilities(err) < 0 ||
	    store_open_locked(&store, err) < 0)
		return (-1);
	return (change(work, &store, err));
}

static int
run(const struct args *args, bool start, struct err *err)
{
	struct work *work = calloc(1, sizeof(*work));
	const char *engine = NULL;
	int rc, up = 0;

	if (work == NULL)
		return (err_sys(err, "cannot make a grant"));
	work->args = args;
	rc = make_grant(work, err);
	if (rc == 0 && start) {
		up = launch_engine(&work->who, err);
		engine = up < 0 ? "not started" : up == 0 ? "started" : "running";
	}
	if (rc == 0)
		print_work(work, engine);
	free(work->raw);
	free(work);
	return (rc < 0 || up < 0 ? -1 : 0);
}

int
admin_grant(const struct args *args, struct err *err)
{
	return (run(args, false, err));
}

int
admin_start(const struct args *args, struct err *err)
{
	return (run(args, true, err));
}
