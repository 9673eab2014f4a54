/* SPDX-License-Identifier: ISC */
/*
 * What one file of the allow-list means. Contract in check_allow.h.
 * TRUST: privileged
 * INPUT: a parsed file, the account database, /etc/subuid, /etc/subgid
 * MUST: as check_allow.h says
 */
#include "helper/admin/check_allow.h"

#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/admin/account.h"
#include "helper/admin/period.h"
#include "helper/admin/subid.h"

static void
note_rules(const struct allow *allow, struct page *page)
{
	bool confined = false;
	char word[512];

	for (size_t i = 0; i < allow->nrules; i++) {
		const struct entitlement *ent = &allow->rules[i].ent;
		const struct entitlement_info *info = entitlement_info(ent->id);

		if (info == NULL || entitlement_format(ent, word, sizeof(word)) < 0)
			snprintf(word, sizeof(word), "(a long word)");
		confined |= ent->id == ENT_SECURITY_CONFINED;
		page_add(page, NOTE_MEANING, "%s: a job may %s", word,
		    info != NULL ? info->meaning : "nothing");
		if (info == NULL || !info->available)
			page_add(page, NOTE_WARNING,
			    "line %u: %s is not available in this version and allows nothing yet",
			    allow->rules[i].line, word);
	}
	if (!confined)
		page_add(page, NOTE_WARNING,
		    "without security.confined no job runs on this file "
		    "alone");
}

static void
note_times(const struct allow *allow, struct page *page)
{
	char date[PERIOD_TEXT], left[PERIOD_TEXT];

	period_date(allow->until, date);
	period_left(allow->until, (int64_t)time(NULL), left);
	if (allow->until != 0 && allow->until <= (int64_t)time(NULL))
		page_add(page, NOTE_WARNING, "the time in 'until' has passed: it allows nothing");
	else if (allow->until != 0)
		page_add(page, NOTE_MEANING, "until %s (%s)", date, left);
}

static void
note_locked(const char *login, struct page *page)
{
	const struct spwd *sp = geteuid() == 0 ? getspnam(login) : NULL;

	if (sp == NULL)
		return;
	if (sp->sp_pwdp != NULL && sp->sp_pwdp[0] == '!')
		page_add(page, NOTE_WARNING, "the account %s is locked, its grant is not", login);
	if (sp->sp_expire > 0 && sp->sp_expire <= time(NULL) / 86400)
		page_add(
		    page, NOTE_WARNING, "the account %s has expired, its grant has not", login);
}

static void
note_user(const struct allow *allow, struct page *page)
{
	const struct passwd *pw = getpwuid(allow->id);
	char login[128];

	if (pw == NULL && allow->revoked != 0) {
		page_add(page, NOTE_MEANING, "uid %u is nobody's account any more", allow->id);
		return;
	}
	if (pw == NULL) {
		page_add(page, NOTE_WARNING,
		    "uid %u is nobody's account: whoever gets this number "
		    "gets the grant",
		    allow->id);
		return;
	}
	snprintf(login, sizeof(login), "%s", pw->pw_name);
	page_add(page, NOTE_MEANING, "for the user %s (uid %u)", login, allow->id);
	if (pw->pw_gid == 0)
		page_add(page, NOTE_ERROR, "the primary group of %s is root's", login);
	if (allow->name[0] != '\0' && strcmp(allow->name, login) != 0)
		page_add(page, NOTE_WARNING, "the file says %s, but uid %u is the account %s now",
		    allow->name, allow->id, login);
	if (allow->revoked == 0)
		note_locked(login, page);
}

static bool
is_in_pool(const struct hostconf *host, uint32_t uid)
{
	return (uid >= host->first_uid && uid - host->first_uid < host->pool.count / SUBIDS_AUTO);
}

static void
note_group(const struct allow *allow, const struct check_known *known, struct page *page)
{
	const struct group *gr = getgrgid(allow->id);

	if (gr == NULL && allow->revoked != 0) {
		page_add(page, NOTE_MEANING, "gid %u is no group any more", allow->id);
		return;
	}
	if (gr == NULL) {
		page_add(page, NOTE_WARNING,
		    "gid %u is no group: whoever gets this number gets the "
		    "grant",
		    allow->id);
		return;
	}
	page_add(page, NOTE_MEANING, "for the members of %s (gid %u)", gr->gr_name, allow->id);
	if (allow->name[0] != '\0' && strcmp(allow->name, gr->gr_name) != 0)
		page_add(page, NOTE_WARNING, "the file says %s, but gid %u is the group %s now",
		    allow->name, allow->id, gr->gr_name);
	for (char **member = gr->gr_mem; allow->subids_auto && *member != NULL; member++) {
		const struct passwd *pw = getpwnam(*member);

		if (pw != NULL && !is_in_pool(&known->host, pw->pw_uid))
			page_add(page, NOTE_WARNING,
			    "the pool in " POLICY_DIR "/berth.conf does "
			    "not reach %s (uid %u)",
			    *member, pw->pw_uid);
	}
}

static void
note_range(
    const char *file, const struct account *who, const struct id_range *range, struct page *page)
{
	const struct id_range *hit;
	struct subid subid;
	struct err err;
	bool own = false;

	if (subid_load(file, who, &subid, &err) < 0) {
		page_err(page, &err);
		subid_free(&subid);
		return;
	}
	for (size_t i = 0; i < subid.own.n; i++)
		own |= subid.own.ranges[i].start <= range->start &&
		       range->start + range->count <=
			   subid.own.ranges[i].start + subid.own.ranges[i].count;
	hit = idset_overlap(&subid.others, range);
	if (hit != NULL)
		page_add(page, NOTE_WARNING, "ids %u to %u are somebody else's in %s", hit->start,
		    hit->start + hit->count - 1, file);
	if (!own)
		page_add(page, NOTE_WARNING,
		    "the range %u:%u is not the user's in %s, so useradd "
		    "may give it away",
		    range->start, range->count, file);
	subid_free(&subid);
}

static void
note_recorded(const struct allow *allow, const struct check_known *known, struct page *page)
{
	for (size_t i = 0; i < known->ids.n; i++) {
		const struct ids_entry *entry = &known->ids.entries[i];

		if (entry->kind == IDS_OWNER && entry->uid == allow->id &&
		    entry->range.start == allow->owner_id)
			return;
	}
	page_add(page, NOTE_WARNING,
	    "the owner-id %u is not in " POLICY_DIR "/ids; a grant to the "
	    "user records it",
	    allow->owner_id);
}

static void
note_ids(const struct allow *allow, const struct check_known *known, struct page *page)
{
	struct account who = { .kind = PRINCIPAL_UID, .id = allow->id };
	const struct passwd *pw;

	if (allow->subids_auto) {
		if (known->host.pool.count == 0)
			page_add(page, NOTE_ERROR,
			    "'subids = auto', but " POLICY_DIR
			    "/berth.conf has no pool: [ids] base, count, "
			    "first-uid");
		else if (allow->kind == PRINCIPAL_UID && !is_in_pool(&known->host, allow->id))
			page_add(page, NOTE_ERROR, "the pool does not reach uid %u", allow->id);
		return;
	}
	if (allow->subuid.count == 0 || allow->subgid.count == 0 || allow->owner_id == 0 ||
	    allow->watch_id == 0) {
		page_add(page, NOTE_ERROR,
		    "it gives no ids: subuid, subgid, owner-id and watch-id, "
		    "or 'subids = auto'");
		return;
	}
	if (allow->owner_id == allow->watch_id)
		page_add(page, NOTE_ERROR, "owner-id and watch-id are the same");
	if (allow->kind != PRINCIPAL_UID) {
		page_add(page, NOTE_WARNING,
		    "all members of the group get the same ids: use "
		    "'subids = auto'");
		return;
	}
	pw = getpwuid(allow->id);
	if (pw != NULL)
		snprintf(who.login, sizeof(who.login), "%s", pw->pw_name);
	note_range("/etc/subuid", &who, &allow->subuid, page);
	note_range("/etc/subgid", &who, &allow->subgid, page);
	note_recorded(allow, known, page);
}

void
check_allow(const struct allow *allow, const struct check_known *known, struct page *page)
{
	char date[PERIOD_TEXT];

	if (allow->kind == PRINCIPAL_UID)
		note_user(allow, page);
	else
		note_group(allow, known, page);
	if (allow->revoked != 0) {
		period_date(allow->revoked, date);
		page_add(page, NOTE_MEANING, "revoked on %s: it allows nothing", date);
		return;
	}
	if (allow->root != NULL)
		page_add(page, NOTE_MEANING, "state directory %s", allow->root);
	note_rules(allow, page);
	note_times(allow, page);
	note_ids(allow, known, page);
}
