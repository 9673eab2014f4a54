/* SPDX-License-Identifier: ISC */
/*
 * A set of entitlements. Contract in rules.h.
 * TRUST: privileged
 * INPUT: words of the administrator's, parsed allow-list files
 * MUST: as rules.h says
 */
#include "helper/admin/rules.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/inistrict.h"
#include "helper/admin/quote.h"

_Static_assert(RULES_VALUE_SIZE + 64 < INI_LINE_MAX, "a value must fit into a line");

static int
bad_word(const char *word, const char *why, struct err *err)
{
	err_set(err, ERR_USAGE, "not an entitlement: %s", word);
	err_why(err, "%s", why);
	return (err_todo(err, "for example:  security.confined network.host mount=/data:ro "
			      "image=/srv/*"));
}

int
rules_parse(char *const *words, size_t n, struct rules *rules, struct err *err)
{
	char shown[256];

	rules->n = 0;
	for (size_t i = 0; i < n; i++) {
		const char *why;

		snprintf(shown, sizeof(shown), "%s", words[i]);
		if (!quote_possible(words[i]))
			return (bad_word(shown, "it holds a control character", err));
		if (strlen(words[i]) >= RULES_WORD_MAX)
			return (bad_word(shown, "it is too long", err));
		if (rules->n == ALLOW_RULES_MAX)
			return (bad_word(shown, "there are too many", err));
		why = entitlement_parse(words[i], &rules->ents[rules->n++]);
		if (why != NULL)
			return (bad_word(shown, why, err));
	}
	return (0);
}

int
rules_available(const struct rules *rules, struct err *err)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct entitlement_info *info = entitlement_info(rules->ents[i].id);

		if (info != NULL && info->available)
			continue;
		err_set(err, ERR_USAGE, "%s is not available in this version",
		    info != NULL ? info->name : "this entitlement");
		err_why(err, "berth " BERTH_VERSION " knows the name, but not the operation yet");
		return (err_todo(err, "leave it out"));
	}
	return (0);
}

void
rules_of(const struct allow *allow, struct rules *rules)
{
	rules->n = allow->nrules;
	for (size_t i = 0; i < allow->nrules; i++)
		rules->ents[i] = allow->rules[i].ent;
}

void
rules_defaults(char store[RULES_DEFAULTS_TEXT], struct rules *rules)
{
	size_t used = 0;

	rules->n = 0;
	for (int id = ENT_INVALID + 1; id < ENT_COUNT; id++) {
		const struct entitlement_info *info = entitlement_info((enum entitlement_id)id);
		size_t len;

		if (info == NULL || info->granted_by_default == NULL || !info->available)
			continue;
		len = strlen(info->granted_by_default) + 1;
		if (len > RULES_DEFAULTS_TEXT - used)
			return;
		memcpy(store + used, info->granted_by_default, len);
		if (entitlement_parse(store + used, &rules->ents[rules->n]) == NULL)
			rules->n++;
		used += len;
	}
}

static bool
is_same(const struct entitlement *a, const struct entitlement *b)
{
	if (a->id != b->id || a->readonly != b->readonly)
		return (false);
	if (a->value == NULL || b->value == NULL)
		return (a->value == b->value);
	return (strcmp(a->value, b->value) == 0);
}

/* Where ent stands in rules; rules->n when it does not. */
static size_t
find(const struct rules *rules, const struct entitlement *ent)
{
	size_t i = 0;

	while (i < rules->n && !is_same(&rules->ents[i], ent))
		i++;
	return (i);
}

static void
take_out(struct rules *rules, size_t at)
{
	rules->n--;
	memmove(&rules->ents[at], &rules->ents[at + 1], (rules->n - at) * sizeof(rules->ents[0]));
}

static int
put_in(struct rules *rules, const struct entitlement *ent, struct err *err)
{
	if (find(rules, ent) < rules->n)
		return (0);
	if (rules->n == ALLOW_RULES_MAX)
		return (err_set(err, ERR_USAGE, "more than %d entitlements", ALLOW_RULES_MAX));
	rules->ents[rules->n++] = *ent;
	return (0);
}

static void
replace_any(struct rules *held, const struct rules *asked, enum entitlement_id id)
{
	const struct entitlement any = { .id = id, .value = "*" };
	size_t at = find(held, &any);

	if (at == held->n || find(asked, &any) < asked->n)
		return;
	for (size_t i = 0; i < asked->n; i++) {
		if (asked->ents[i].id == id) {
			take_out(held, at);
			return;
		}
	}
}

int
rules_merge(struct rules *held, const struct rules *asked, struct err *err)
{
	const struct entitlement confined = { .id = ENT_SECURITY_CONFINED };

	replace_any(held, asked, ENT_MOUNT);
	replace_any(held, asked, ENT_IMAGE);
	if (put_in(held, &confined, err) < 0)
		return (-1);
	for (size_t i = 0; i < asked->n; i++) {
		if (put_in(held, &asked->ents[i], err) < 0)
			return (-1);
	}
	return (0);
}

int
rules_remove(struct rules *held, const struct rules *asked, bool again, struct err *err)
{
	char word[RULES_WORD_SIZE];

	for (size_t i = 0; i < asked->n; i++) {
		size_t at = find(held, &asked->ents[i]);

		if (at < held->n) {
			take_out(held, at);
			continue;
		}
		if (again)
			continue;
		if (entitlement_format(&asked->ents[i], word, sizeof(word)) < 0)
			word[0] = '\0';
		err_set(err, ERR_FAILED, "%s is not granted", word);
		err_why(err, "the grant has no entitlement with just these words");
		return (-1);
	}
	return (0);
}

bool
rules_cover(const struct rules *after, const struct rules *before)
{
	for (size_t i = 0; i < before->n; i++) {
		size_t j = 0;

		while (j < after->n && !entitlement_covers(&after->ents[j], &before->ents[i]) &&
		       !is_same(&after->ents[j], &before->ents[i]))
			j++;
		if (j == after->n)
			return (false);
	}
	return (true);
}

int
rules_value(const struct rules *rules, char *buf, size_t cap, struct err *err)
{
	struct quote quote = { .buf = buf, .cap = cap };
	char word[RULES_WORD_SIZE];

	for (size_t i = 0; i < rules->n; i++) {
		if (entitlement_format(&rules->ents[i], word, sizeof(word)) >= 0 &&
		    quote_append(&quote, word) == 0)
			continue;
		err_set(err, ERR_USAGE, "these are too many entitlements for one grant");
		return (err_why(err, "together they do not fit into a line of the file"));
	}
	return (0);
}
