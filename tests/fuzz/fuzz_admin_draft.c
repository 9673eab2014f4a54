/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: an allow-list file that berth-admin changes. The lines of an input up to an empty one
 * are changes: "+KEY VALUE" (a value as it stands in a file), "-KEY", "=WORD" (an entitlement to be
 * added), "~WORD" (one to be taken); the rest is the file, of uid 1000.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a line moves or changes that nobody set, when a file that could be read cannot be
 *       changed so that it says what was meant, when words come or go that nobody named.
 */
#define FUZZ_NAME "fuzz_admin_draft"
#include "tests/fuzz/fuzz.h"

#include "helper/admin/draft.h"
#include "helper/admin/rules.h"

#define CHANGES_MAX 16

static struct draft draft, before;
static struct allow like, old, new;

/* Does line, len bytes of it, set key? */
static bool
is_of(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);

	if (len < n || memcmp(line, key, n) != 0)
		return (false);
	while (n < len && line[n] == ' ')
		n++;
	return (n < len && line[n] == '=');
}

/* The same lines in the same order, but for those of key in one or the other; comments and blanks
 * are lines as any. */
static void
check_lines(const char *was, const char *is, const char *key)
{
	while (*was != '\0' || *is != '\0') {
		size_t a = strcspn(was, "\n"), b = strcspn(is, "\n");

		if (*was != '\0' && is_of(was, a, key)) {
			was += a + (was[a] != '\0');
			continue;
		}
		if (*is != '\0' && is_of(is, b, key)) {
			is += b + (is[b] != '\0');
			continue;
		}
		must(a == b && memcmp(was, is, a) == 0, "no other line changes");
		was += a + (was[a] != '\0');
		is += b + (is[b] != '\0');
	}
}

static size_t
lines_of(const char *text, const char *key)
{
	size_t n = 0, len;

	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		n += is_of(text, len, key);
	}
	return (n);
}

static bool
same(const struct entitlement *a, const struct entitlement *b)
{
	return (a->id == b->id && a->readonly == b->readonly &&
		(a->value == NULL) == (b->value == NULL) &&
		(a->value == NULL || strcmp(a->value, b->value) == 0));
}

static bool
holds(const struct rules *rules, const struct entitlement *ent)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (same(&rules->ents[i], ent))
			return (true);
	}
	return (false);
}

/* A key that is [grant]'s, and a value without what makes it another line. */
static void
set(const char *key, const char *value)
{
	struct err err = { 0 };

	before = draft;
	if (draft_set(&draft, key, value, &err) < 0) {
		must(draft.len == before.len && strcmp(draft.text, before.text) == 0,
		    "what fails changes nothing");
		return;
	}
	check_lines(before.text, draft.text, key);
	must(lines_of(draft.text, key) >= 1, "the key is there");
	must(draft.len == strlen(draft.text), "its length is that of the text");
}

static void
unset(const char *key)
{
	size_t n = lines_of(draft.text, key);

	before = draft;
	draft_unset(&draft, key);
	check_lines(before.text, draft.text, key);
	must(n == 0 || lines_of(draft.text, key) == n - 1 || lines_of(draft.text, key) == n,
	    "one line goes, or none");
	must(draft.len == strlen(draft.text), "its length is that of the text");
}

static const struct entitlement any[] = { { .id = ENT_MOUNT, .value = "*" },
	{ .id = ENT_IMAGE, .value = "*" } };

static bool
narrows(const struct entitlement *ent)
{
	return ((ent->id == ENT_MOUNT || ent->id == ENT_IMAGE) && !same(ent, &any[0]) &&
		!same(ent, &any[1]));
}

/* As grant and revoke do it, on what the file says now. */
static void
change(char *word, bool add)
{
	static struct rules held, was, asked, after;
	char value[RULES_VALUE_SIZE], *words[] = { word };
	struct err err = { 0 };

	if (draft_parse(&draft, &like, &old, &err) < 0 || old.revoked != 0 ||
	    rules_parse(words, 1, &asked, &err) < 0)
		return;
	rules_of(&old, &held);
	was = held;
	if ((add ? rules_merge(&held, &asked, &err) : rules_remove(&held, &asked, false, &err)) <
		0 ||
	    (held.n == 0 && !add) || rules_value(&held, value, sizeof(value), &err) < 0)
		return;
	set("entitlements", value);
	if (draft_parse(&draft, &like, &new, &err) < 0) {
		must(err.code == ERR_CONFIG && draft.len + INI_LINE_MAX > INI_FILE_MAX - 64,
		    "what is written can be read");
		return;
	}
	rules_of(&new, &after);
	must(after.n == held.n, "as many words are read as were written");
	for (size_t i = 0; i < after.n; i++) {
		must(same(&after.ents[i], &held.ents[i]), "they are those that were meant");
		must(holds(&was, &after.ents[i]) ||
			 (add && (holds(&asked, &after.ents[i]) ||
				     after.ents[i].id == ENT_SECURITY_CONFINED)),
		    "no word comes that nobody named");
	}
	must(!add || holds(&after, &asked.ents[0]), "what was named is there");
	must(
	    !add || !narrows(&asked.ents[0]) || !holds(&after, &any[asked.ents[0].id == ENT_IMAGE]),
	    "a path takes the place of all paths");
	must(new.until == old.until &&new.engine == old.engine &&new.owner_id ==
		 old.owner_id &&new.subuid.start == old.subuid.start &&new.timeout == old.timeout,
	    "nothing else says anything new");
}

static void
apply(char *line)
{
	char *value;

	switch (line[0]) {
	case '+':
		value = line + 1 + strcspn(line + 1, " ");
		if (*value == ' ')
			*value++ = '\0';
		if (line[1] != '\0' &&
		    strspn(line + 1, "abcdefghijklmnopqrstuvwxyz-") == strlen(line + 1))
			set(line + 1, value);
		break;
	case '-':
		if (line[1] != '\0')
			unset(line + 1);
		break;
	case '=':
	case '~':
		change(line + 1, line[0] == '=');
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *lines[CHANGES_MAX], *text;
	struct err err = { 0 };
	size_t n = 0;

	while (n < CHANGES_MAX && (lines[n] = take_text(&input, '\n')) != NULL) {
		if (lines[n++][0] == '\0')
			break;
	}
	text = malloc(input.left + 1);
	must(text != NULL, "there is memory");
	memcpy(text, input.at, input.left);
	text[input.left] = '\0';
	allow_init(&like, PRINCIPAL_UID, 1000);
	/* Nothing is changed that could not be read. */
	if (strlen(text) == input.left && draft_load(&draft, text, &err) == 0 &&
	    draft_parse(&draft, &like, &old, &err) == 0) {
		for (size_t i = 0; i < n; i++)
			apply(lines[i]);
	}
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	free(text);
	return (0);
}
