/* SPDX-License-Identifier: ISC */
/*
 * Which ids a user's grant gets. Contract in alloc.h.
 * TRUST: privileged
 * INPUT: /etc/berth/ids, /etc/subuid, /etc/subgid, the other grants, the account database
 * MUST: as alloc.h says
 */
#include "helper/admin/alloc.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#include "helper/admin/admin.h"
#include "helper/admin/ids.h"
#include "helper/admin/subid.h"

#define SUBIDS_COUNT 65536U
#define SUBIDS_FIRST 100000U /* SUB_UID_MIN of login.defs(5) */

/* All that is known about ids. */
struct space {
	const struct store *store;
	const struct account *who;
	struct ids ids;
	struct subid subuid; /* others: also what berth gave to others, and accounts */
	struct subid subgid;
	struct idset reserved; /* owner and watch ids of others */
};

static void
space_free(struct space *space)
{
	ids_free(&space->ids);
	subid_free(&space->subuid);
	subid_free(&space->subgid);
	idset_free(&space->reserved);
}

static int
no_memory(struct err *err)
{
	return (err_sys(err, "cannot choose ids"));
}

static int
add_recorded(struct space *space, struct err *err)
{
	for (size_t i = 0; i < space->ids.n; i++) {
		const struct ids_entry *entry = &space->ids.entries[i];
		struct idset *set = &space->reserved;

		if (entry->uid == space->who->id)
			continue;
		if (entry->kind == IDS_SUBUID)
			set = &space->subuid.others;
		else if (entry->kind == IDS_SUBGID)
			set = &space->subgid.others;
		if (idset_add(set, &entry->range) < 0)
			return (no_memory(err));
	}
	return (0);
}

/* A file that was made by hand may hold ids that were never recorded. */
static int
add_grant(void *ctx, enum principal kind, uint32_t id, struct err *err)
{
	struct space *space = ctx;
	AUTO_FREE struct allow *allow = NULL;
	int rc;

	if (kind != PRINCIPAL_UID || id == space->who->id)
		return (0);
	allow = malloc(sizeof(*allow));
	if (allow == NULL)
		return (no_memory(err));
	allow_init(allow, kind, id);
	rc = store_allow(space->store, allow, NULL, err);
	if (rc <= 0)
		return (rc);
	if (idset_add(&space->subuid.others, &allow->subuid) < 0 ||
	    idset_add(&space->subgid.others, &allow->subgid) < 0 ||
	    idset_add_id(&space->reserved, allow->owner_id) < 0 ||
	    idset_add_id(&space->reserved, allow->watch_id) < 0)
		return (no_memory(err));
	return (0);
}

/* Directory services like to number people from where subordinate ids begin. */
static int
add_accounts(struct space *space, struct err *err)
{
	const struct passwd *pw;
	const struct group *gr;
	int rc = 0;

	setpwent();
	while (rc == 0 && (pw = getpwent()) != NULL) {
		if (pw->pw_uid >= ID_SUB_MIN)
			rc = idset_add_id(&space->subuid.others, pw->pw_uid);
	}
	endpwent();
	setgrent();
	while (rc == 0 && (gr = getgrent()) != NULL) {
		if (gr->gr_gid >= ID_SUB_MIN)
			rc = idset_add_id(&space->subgid.others, gr->gr_gid);
	}
	endgrent();
	return (rc < 0 ? no_memory(err) : 0);
}

static int
space_load(struct space *space, const struct hostconf *host, struct err *err)
{
	if (subid_load("/etc/subuid", space->who, &space->subuid, err) < 0 ||
	    subid_load("/etc/subgid", space->who, &space->subgid, err) < 0 ||
	    add_recorded(space, err) < 0 || store_each(space->store, add_grant, space, err) < 0 ||
	    add_accounts(space, err) < 0)
		return (-1);
	/* The pool belongs to the members of groups. */
	if (idset_add(&space->subuid.others, &host->pool) < 0 ||
	    idset_add(&space->subgid.others, &host->pool) < 0)
		return (no_memory(err));
	return (0);
}

/* No range of anybody else's, no account, no pool, no id of the user. */
static bool
is_free(const struct subid *subid, const struct id_range *range, uint32_t own)
{
	return (range->count >= SUBIDS_COUNT && id_range_mappable(range, own) &&
		idset_overlap(&subid->others, range) == NULL);
}

/* What was recorded for the user once, else what the user's line in the file gives. */
static int
keep_range(struct space *space, enum ids_kind kind, struct id_range *range, struct err *err)
{
	const struct ids_entry *was = ids_find(&space->ids, kind, space->who->id);
	const struct subid *subid = kind == IDS_SUBUID ? &space->subuid : &space->subgid;
	uint32_t own = kind == IDS_SUBUID ? space->who->id : space->who->gid;

	if (range->count != 0)
		return (0);
	if (was != NULL && !is_free(subid, &was->range, own)) {
		err_set(err, ERR_CONFIG, POLICY_DIR "/ids:%u: these ids of %s are taken", was->line,
		    space->who->shown);
		err_why(err, "another account, grant, pool or line of %s has ids from %u on too",
		    kind == IDS_SUBUID ? "/etc/subuid" : "/etc/subgid", was->range.start);
		return (err_todo(err, "see who, and take them away there:  sudo berth check"));
	}
	if (was != NULL) {
		*range = was->range;
		return (0);
	}
	for (size_t i = 0; range->count == 0 && i < subid->own.n; i++) {
		if (is_free(subid, &subid->own.ranges[i], own))
			*range = subid->own.ranges[i];
	}
	return (0);
}

/* The lowest range that is free in both files, so that both maps look alike. */
static int
new_range(struct space *space, struct id_range *range, struct err *err)
{
	struct idset taken = { 0 };
	int rc = 0;

	*range = (struct id_range){ SUBIDS_FIRST, SUBIDS_COUNT };
	rc = idset_add_id(&taken, space->who->id);
	for (size_t i = 0; rc == 0 && i < space->subuid.others.n; i++)
		rc = idset_add(&taken, &space->subuid.others.ranges[i]);
	for (size_t i = 0; rc == 0 && i < space->subuid.own.n; i++)
		rc = idset_add(&taken, &space->subuid.own.ranges[i]);
	for (size_t i = 0; rc == 0 && i < space->subgid.others.n; i++)
		rc = idset_add(&taken, &space->subgid.others.ranges[i]);
	for (size_t i = 0; rc == 0 && i < space->subgid.own.n; i++)
		rc = idset_add(&taken, &space->subgid.own.ranges[i]);
	idset_sort(&taken);
	for (size_t i = 0; i < taken.n; i++) {
		if (id_range_overlaps(&taken.ranges[i], range))
			range->start = taken.ranges[i].start + taken.ranges[i].count;
	}
	idset_free(&taken);
	if (rc < 0)
		return (no_memory(err));
	if (id_range_mappable(range, space->who->id) && id_range_mappable(range, space->who->gid))
		return (0);
	err_set(err, ERR_FAILED, "there are no %u subordinate ids left for %s", SUBIDS_COUNT,
	    space->who->shown);
	return (
	    err_why(err, "/etc/subuid, /etc/subgid, " POLICY_DIR "/ids and accounts fill them"));
}

static bool
has_range(const struct subid *subid, const struct id_range *range)
{
	for (size_t i = 0; i < subid->own.n; i++) {
		const struct id_range *own = &subid->own.ranges[i];

		if (own->start <= range->start &&
		    range->start + range->count <= own->start + own->count)
			return (true);
	}
	return (false);
}

static int
choose_ranges(struct space *space, struct alloc *alloc, struct err *err)
{
	static const struct id_range none;
	struct id_range fresh = none;
	bool has_uids, has_gids;

	if (keep_range(space, IDS_SUBUID, &alloc->subuid, err) < 0 ||
	    keep_range(space, IDS_SUBGID, &alloc->subgid, err) < 0)
		return (-1);
	if ((alloc->subuid.count == 0 || alloc->subgid.count == 0) &&
	    new_range(space, &fresh, err) < 0)
		return (-1);
	if (alloc->subuid.count == 0)
		alloc->subuid = fresh;
	if (alloc->subgid.count == 0)
		alloc->subgid = fresh;
	/* So that useradd and newuidmap know: what is not in the files yet is put there. */
	has_uids = has_range(&space->subuid, &alloc->subuid);
	has_gids = has_range(&space->subgid, &alloc->subgid);
	return (subid_give(
	    space->who, has_uids ? &none : &alloc->subuid, has_gids ? &none : &alloc->subgid, err));
}

/* Somebody may have changed the files between our look and usermod's lock. */
static int
confirm(
    struct space *space, const struct hostconf *host, const struct alloc *alloc, struct err *err)
{
	struct space now = { .store = space->store, .who = space->who };
	int rc = ids_load(space->store->dir, &now.ids, err);

	if (rc == 0)
		rc = space_load(&now, host, err);

	if (rc == 0 &&
	    (!has_range(&now.subuid, &alloc->subuid) || !has_range(&now.subgid, &alloc->subgid) ||
		idset_overlap(&now.subuid.others, &alloc->subuid) != NULL ||
		idset_overlap(&now.subgid.others, &alloc->subgid) != NULL)) {
		rc = err_set(err, ERR_FAILED, "the subordinate ids of %s are not theirs alone",
		    space->who->shown);
		err_why(err, "/etc/subuid or /etc/subgid changed meanwhile, or the grant's file "
			     "names ids of somebody else");
		err_todo(err, "find out, then try again:  sudo berth check");
	}
	space_free(&now);
	return (rc);
}

/* The next number that was never given and is nobody's. */
static int
new_reserved(struct space *space, uint32_t *id, struct err *err)
{
	uint32_t next = ID_RESERVED_MIN;

	for (size_t i = 0; i < space->ids.n; i++) {
		const struct ids_entry *entry = &space->ids.entries[i];

		if ((entry->kind == IDS_OWNER || entry->kind == IDS_WATCH) &&
		    entry->range.start >= next)
			next = entry->range.start + 1;
	}
	while (next <= ID_MAX && (idset_contains(&space->reserved, next) ||
				     getpwuid(next) != NULL || getgrgid(next) != NULL))
		next++;
	if (next > ID_MAX) {
		err_set(err, ERR_FAILED, "there are no reserved ids left");
		return (err_why(err, "all of %u to %u were given once", ID_RESERVED_MIN, ID_MAX));
	}
	*id = next;
	return (0);
}

static bool
is_recorded(const struct ids *ids, enum ids_kind kind, uint32_t uid, const struct id_range *range)
{
	for (size_t i = 0; i < ids->n; i++) {
		const struct ids_entry *was = &ids->entries[i];

		if (was->kind == kind && was->uid == uid && was->range.start == range->start &&
		    was->range.count == range->count)
			return (true);
	}
	return (false);
}

static int
record(struct space *space, enum ids_kind kind, struct id_range range, struct err *err)
{
	struct ids_entry entry = { .kind = kind, .uid = space->who->id, .range = range };

	if (is_recorded(&space->ids, kind, entry.uid, &range))
		return (0);
	return (ids_add(&space->ids, &entry, err));
}

static int
choose_reserved(struct space *space, enum ids_kind kind, uint32_t *id, struct err *err)
{
	const struct ids_entry *was = ids_find(&space->ids, kind, space->who->id);

	if (*id != 0 && idset_contains(&space->reserved, *id)) {
		err_set(err, ERR_CONFIG, "the id %u of %s is somebody else's too", *id,
		    space->who->shown);
		return (err_todo(err, "take the line out of the grant's file, then try again"));
	}
	if (*id == 0 && was != NULL && !idset_contains(&space->reserved, was->range.start))
		*id = was->range.start;
	if (*id == 0 && new_reserved(space, id, err) < 0)
		return (-1);
	return (record(space, kind, (struct id_range){ *id, 1 }, err));
}

/* A grant whose ids were all given before needs no look at everybody else's. */
static bool
is_settled(const struct ids *ids, uint32_t uid, const struct alloc *alloc)
{
	const struct id_range owner = { alloc->owner_id, 1 }, watch = { alloc->watch_id, 1 };

	return (is_recorded(ids, IDS_SUBUID, uid, &alloc->subuid) &&
		is_recorded(ids, IDS_SUBGID, uid, &alloc->subgid) &&
		is_recorded(ids, IDS_OWNER, uid, &owner) &&
		is_recorded(ids, IDS_WATCH, uid, &watch));
}

static int
choose(struct space *space, const struct hostconf *host, struct alloc *alloc, struct err *err)
{
	size_t first;

	if (space_load(space, host, err) < 0 || choose_ranges(space, alloc, err) < 0 ||
	    confirm(space, host, alloc, err) < 0)
		return (-1);
	first = space->ids.n;
	if (record(space, IDS_SUBUID, alloc->subuid, err) < 0 ||
	    record(space, IDS_SUBGID, alloc->subgid, err) < 0 ||
	    choose_reserved(space, IDS_OWNER, &alloc->owner_id, err) < 0 ||
	    choose_reserved(space, IDS_WATCH, &alloc->watch_id, err) < 0)
		return (-1);
	return (ids_record(space->store->dir, &space->ids, first, err));
}

int
alloc_ids(const struct store *store, const struct account *who, const struct hostconf *host,
    struct alloc *alloc, struct err *err)
{
	struct space space = { .store = store, .who = who };
	int rc = ids_load(store->dir, &space.ids, err);

	if (rc == 0 && !is_settled(&space.ids, who->id, alloc))
		rc = choose(&space, host, alloc, err);
	space_free(&space);
	return (rc);
}
