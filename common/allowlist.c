/* SPDX-License-Identifier: ISC */
/*
 * One file of the allow-list. Contract in policy.h, format in berth-allow(5).
 * TRUST: privileged, pure
 * INPUT: the bytes of a file below /etc/berth/allow (root's, but maybe damaged)
 * MUST: refuse a file that speaks of somebody else than its name says
 */
#include <stdio.h>
#include <string.h>

#include "common/inistrict.h"
#include "common/path.h"
#include "common/policy.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UNCLOSED "a quote is not closed"

static const char *
keep_text(struct allow *allow, const char *text, const char **kept)
{
	size_t len = strlen(text) + 1;

	if (len > sizeof(allow->text) - allow->text_used)
		return ("the values of this file are too long");
	*kept = memcpy(allow->text + allow->text_used, text, len);
	allow->text_used += len;
	return (NULL);
}

static const char *
parse_id(void *field, char *value)
{
	return (id_parse(value, field) < 0 ? "an id is a number up to 2147483646" : NULL);
}

static const char *
parse_name(void *field, char *value)
{
	size_t len = strlen(value);

	if (strchr(LOWER "_", value[0]) == NULL || strspn(value, LOWER "_0123456789-") != len ||
	    len > 32)
		return ("a name is a lower-case letter or '_', then at most 31 of these, digits "
			"and '-'");
	memcpy(field, value, len + 1);
	return (NULL);
}

static const char *
parse_root(void *field, char *value)
{
	struct allow *allow = field;
	bool bad;
	const char *word = ini_word(&value, &bad);

	if (bad || *value != '\0' || !path_is_canonical(word) || word[1] == '\0')
		return ("root is one absolute path without '.', '..' or empty components; quote "
			"blanks");
	return (keep_text(allow, word, &allow->root));
}

static const char *
parse_entitlements(void *field, char *value)
{
	struct allow *allow = field;
	const char *why = NULL;
	char *word;
	bool bad;

	while (why == NULL && (word = ini_word(&value, &bad)) != NULL) {
		struct rule *rule = &allow->rules[allow->nrules];

		if (allow->nrules++ == ALLOW_RULES_MAX)
			return ("more than 256 entitlements");
		rule->line = allow->line;
		why = entitlement_parse(word, &rule->ent);
		if (why == NULL && rule->ent.value != NULL)
			why = keep_text(allow, rule->ent.value, &rule->ent.value);
	}
	return (bad ? UNCLOSED : why);
}

static const char *
parse_range(void *field, char *value)
{
	if (id_range_parse(value, field) < 0 || !id_range_mappable(field, 0))
		return ("a range is START:COUNT, from 65536 on and below 2147400000");
	return (NULL);
}

static const char *
parse_auto(void *field, char *value)
{
	*(bool *)field = true;
	return (strcmp(value, "auto") == 0 ? NULL : "the only value is 'auto'");
}

static const char *
parse_reserved(void *field, char *value)
{
	if (id_parse(value, field) < 0 || *(uint32_t *)field < ID_RESERVED_MIN)
		return ("a reserved id lies between 2147400000 and 2147483646");
	return (NULL);
}

static const char *
parse_engine(void *field, char *value)
{
	static const char *const modes[] = { "", "shared", "once", "any" };

	for (unsigned int mode = ENGINE_SHARED; mode <= ENGINE_ANY; mode++) {
		if (strcmp(value, modes[mode]) != 0)
			continue;
		*(enum engine_mode *)field = (enum engine_mode)mode;
		return (NULL);
	}
	return ("engine is shared, once or any");
}

static const char *
parse_time(void *field, char *value)
{
	/* 0 would mean: no end, not revoked. */
	if (time_parse(value, field) < 0 || *(int64_t *)field == 0)
		return ("a date is like 2027-01-01T00:00Z, in UTC");
	return (NULL);
}

static const char *
parse_timeout(void *field, char *value)
{
	return (duration_parse(value, field) < 0 ? "a duration is like 90s, 10m, 4h or 7d" : NULL);
}

static const char *
parse_except(void *field, char *value)
{
	struct allow *allow = field;
	char *word;
	bool bad;

	if (allow->kind != PRINCIPAL_GID)
		return ("except-uid belongs into a group's file");
	while ((word = ini_word(&value, &bad)) != NULL) {
		if (allow->nexcept == ALLOW_EXCEPT_MAX ||
		    id_parse(word, &allow->except[allow->nexcept++]) < 0)
			return ("except-uid is a list of at most 64 uids");
	}
	return (bad ? UNCLOSED : NULL);
}

/* Limits bind from the version on that enforces them; until then a file with them grants nothing. */
static const char *
parse_limit(void *field, char *value)
{
	(void)field, (void)value;
	return ("limits are not available in this version");
}

/* clang-format off */
#define FIELD(name) offsetof(struct allow, name)
static const struct ini_key keys[] = {
	{ "grant", "uid", parse_id, FIELD(uid) },	{ "grant", "gid", parse_id, FIELD(gid) },
	{ "grant", "name", parse_name, FIELD(name) },	{ "grant", "root", parse_root, 0 },
	{ "grant", "entitlements", parse_entitlements, 0 },
	{ "grant", "except-uid", parse_except, 0 },
	{ "grant", "subuid", parse_range, FIELD(subuid) },
	{ "grant", "subgid", parse_range, FIELD(subgid) },
	{ "grant", "subids", parse_auto, FIELD(subids_auto) },
	{ "grant", "owner-id", parse_reserved, FIELD(owner_id) },
	{ "grant", "watch-id", parse_reserved, FIELD(watch_id) },
	{ "grant", "engine", parse_engine, FIELD(engine) },
	{ "grant", "until", parse_time, FIELD(until) },
	{ "grant", "revoked", parse_time, FIELD(revoked) },
	{ "grant", "timeout", parse_timeout, FIELD(timeout) },
	{ "limits", "memory", parse_limit, 0 },		{ "limits", "cpus", parse_limit, 0 },
	{ "limits", "pids", parse_limit, 0 },		{ "limits", "jobs", parse_limit, 0 },
};
/* clang-format on */

void
allow_init(struct allow *allow, enum principal kind, uint32_t id)
{
	memset(allow, 0, sizeof(*allow));
	allow->kind = kind;
	allow->id = id;
	allow->uid = allow->gid = UINT32_MAX;
	allow->engine = ENGINE_SHARED;
	snprintf(allow->file, sizeof(allow->file), POLICY_DIR "/allow/%s-%u.conf",
	    kind == PRINCIPAL_UID ? "uid" : "gid", id);
}

int
allow_parse(struct allow *allow, char *text, size_t len, struct err *err)
{
	struct ini_format format = { keys, sizeof(keys) / sizeof(keys[0]), allow, &allow->line };
	bool is_uid = allow->kind == PRINCIPAL_UID, has_ids;

	if (ini_strict(allow->file, text, len, &format, err) < 0)
		return (-1);
	has_ids = allow->subuid.count != 0 || allow->subgid.count != 0 || allow->owner_id != 0 ||
		  allow->watch_id != 0;
	if (has_ids && (allow->subids_auto || !is_uid)) {
		err_set(err, ERR_CONFIG, "%s: ids belong to one user alone", allow->file);
		return (
		    err_why(err, "subuid, subgid, owner-id and watch-id stand in a user's file, "
				 "without 'subids = auto'"));
	}
	/* Who reads the one line must not overlook the other. */
	if (allow->revoked != 0 && allow->nrules != 0) {
		err_set(err, ERR_CONFIG, "%s: it is revoked and grants something", allow->file);
		return (err_why(err, "'revoked' and 'entitlements' exclude each other"));
	}
	if (allow->uid == (is_uid ? allow->id : UINT32_MAX) &&
	    allow->gid == (is_uid ? UINT32_MAX : allow->id))
		return (0);
	err_set(err, ERR_CONFIG, "%s: [grant] must say whose it is, as its name does", allow->file);
	err_why(err, "%s = %u is missing, or it speaks of another user or group",
	    is_uid ? "uid" : "gid", allow->id);
	return (err_todo(err, "an administrator can find and mend it:  sudo berth check"));
}
