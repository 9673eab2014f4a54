/* SPDX-License-Identifier: ISC */
/*
 * The text of an allow-list file while it is changed. Contract in draft.h.
 * TRUST: privileged
 * INPUT: a text that allow_parse has accepted, or none
 * MUST: as draft.h says
 */
#include "helper/admin/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
draft_begin(struct draft *draft, const struct allow *allow, const char *name)
{
	int len = snprintf(draft->text, sizeof(draft->text),
	    "; Made by berth-admin; may be edited by hand: see berth-allow(5).\n"
	    "[grant]\n"
	    "%s = %u\n%s%s%s",
	    allow->kind == PRINCIPAL_UID ? "uid" : "gid", allow->id, name[0] ? "name = " : "", name,
	    name[0] ? "\n" : "");

	draft->len = len > 0 ? (size_t)len : 0;
}

int
draft_load(struct draft *draft, const char *text, struct err *err)
{
	draft->len = strlen(text);
	if (draft->len >= sizeof(draft->text))
		return (err_set(err, ERR_CONFIG, "the file is larger than 64 KiB"));
	memcpy(draft->text, text, draft->len + 1);
	return (0);
}

static int
replace(struct draft *draft, char *from, size_t len, const char *line)
{
	size_t newlen = strlen(line), tail = draft->len - (size_t)(from - draft->text) - len;

	if (draft->len - len + newlen >= sizeof(draft->text))
		return (-1);
	memmove(from + newlen, from + len, tail + 1);
	memcpy(from, line, newlen);
	draft->len = draft->len - len + newlen;
	return (0);
}

/* Does line, which ends at a newline, set key? */
static bool
sets(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return (false);
	return (line[len + strspn(line + len, " ")] == '=');
}

/* The line of key, *len bytes of it; or, with *len 0, the place behind the last line with a key of
 * section [grant], NULL without one. */
static char *
find(struct draft *draft, const char *key, size_t *len)
{
	char *at = draft->text, *behind = NULL;
	bool in_grant = false;

	while (*at != '\0') {
		size_t part = strcspn(at, "\n") + 1;

		if (*at == '[')
			in_grant = strncmp(at, "[grant]\n", 8) == 0;
		if (in_grant && *at != ';' && *at != '\n')
			behind = at + part;
		if (in_grant && sets(at, key)) {
			*len = part;
			return (at);
		}
		at += part;
	}
	*len = 0;
	return (behind);
}

int
draft_set(struct draft *draft, const char *key, const char *value, struct err *err)
{
	char line[INI_LINE_MAX - 512], *old;
	size_t oldlen;
	int len = snprintf(line, sizeof(line), "%s = %s\n", key, value);

	old = find(draft, key, &oldlen);
	if (len < 0 || (size_t)len >= sizeof(line) || old == NULL ||
	    replace(draft, old, oldlen, line) < 0)
		return (err_set(
		    err, ERR_USAGE, "the value of '%s' is too long for a grant's file", key));
	return (0);
}

void
draft_unset(struct draft *draft, const char *key)
{
	size_t len;
	char *line = find(draft, key, &len);

	if (len > 0)
		(void)!replace(draft, line, len, "");
}

int
draft_parse(
    const struct draft *draft, const struct allow *like, struct allow *allow, struct err *err)
{
	char *copy = malloc(draft->len + 1);
	int rc;

	if (copy == NULL)
		return (err_sys(err, "cannot check the new file"));
	memcpy(copy, draft->text, draft->len + 1);
	allow_init(allow, like->kind, like->id);
	rc = allow_parse(allow, copy, draft->len, err);
	free(copy);
	return (rc);
}
