/* SPDX-License-Identifier: ISC */
/*
 * A grant as people and programs read it. Contract in show.h.
 * TRUST: privileged
 * INPUT: a parsed file
 * MUST: as show.h says
 */
#include "helper/admin/show.h"

#include <stdio.h>
#include <time.h>

#include "helper/admin/json.h"
#include "helper/admin/period.h"
#include "helper/admin/rules.h"

static const char *
mode_name(enum engine_mode mode)
{
	switch (mode) {
	case ENGINE_SHARED:
		return ("shared");
	case ENGINE_ONCE:
		return ("once");
	case ENGINE_ANY:
		return ("any");
	case ENGINE_INVALID:
		break;
	}
	return ("invalid");
}

static void
json_rules(const struct allow *allow)
{
	char word[RULES_WORD_SIZE];

	for (size_t i = 0; i < allow->nrules; i++) {
		if (entitlement_format(&allow->rules[i].ent, word, sizeof(word)) < 0)
			word[0] = '\0';
		fputs(i > 0 ? "," : "", stdout);
		json_string(stdout, word);
	}
}

/* Seconds until the end, 0 when it has come. */
static long long
remaining(const struct allow *allow)
{
	long long left = allow->until - (int64_t)time(NULL);

	return (left > 0 ? left : 0);
}

void
show_json(const struct allow *allow)
{
	char until[PERIOD_TEXT];

	period_date(allow->until, until);
	printf("{\"principal\":\"%s\",\"id\":%u,\"name\":",
	    allow->kind == PRINCIPAL_UID ? "uid" : "gid", allow->id);
	json_string(stdout, allow->name[0] != '\0' ? allow->name : NULL);
	printf(",\"file\":");
	json_string(stdout, allow->file);
	printf(",\"entitlements\":[");
	json_rules(allow);
	printf("],\"root\":");
	json_string(stdout, allow->root);
	printf(",\"subids\":\"%s\",\"subuid\":", allow->subids_auto ? "auto" : "fixed");
	json_range(stdout, &allow->subuid);
	printf(",\"subgid\":");
	json_range(stdout, &allow->subgid);
	printf(",\"owner_id\":");
	json_number(stdout, allow->owner_id);
	printf(",\"watch_id\":");
	json_number(stdout, allow->watch_id);
	printf(",\"engine\":\"%s\",\"until\":", mode_name(allow->engine));
	json_string(stdout, until[0] != '\0' ? until : NULL);
	printf(",\"remaining\":");
	if (allow->until != 0)
		printf("%lld", remaining(allow));
	else
		printf("null");
	period_date(allow->revoked, until);
	printf(",\"revoked\":");
	json_string(stdout, until[0] != '\0' ? until : NULL);
	printf(",\"timeout\":");
	json_number(stdout, allow->timeout);
	printf("}");
}

void
show_entitlements(const struct allow *allow)
{
	char word[RULES_WORD_SIZE], shown[RULES_WORD_SIZE];

	for (size_t i = 0; i < allow->nrules; i++) {
		if (entitlement_format(&allow->rules[i].ent, word, sizeof(word)) < 0)
			continue;
		err_escape(shown, sizeof(shown), word);
		printf(" %s", shown);
	}
	printf("\n");
}

/* "2027-01-01T00:00:00Z (35 d 4 h)" */
static void
end_text(const struct allow *allow, char *text, size_t len)
{
	char date[PERIOD_TEXT], left[PERIOD_TEXT];
	bool revoked = allow->revoked != 0;

	period_date(revoked ? allow->revoked : allow->until, date);
	period_left(allow->until, (int64_t)time(NULL), left);
	if (date[0] == '\0')
		snprintf(text, len, "-");
	else
		snprintf(text, len, "%s (%s)", date, revoked ? "revoked" : left);
}

void
show_row(const struct allow *allow)
{
	char principal[24], until[2 * PERIOD_TEXT + 4], text[RULES_WORD_SIZE];

	snprintf(principal, sizeof(principal), "%s %u",
	    allow->kind == PRINCIPAL_UID ? "uid" : "gid", allow->id);
	end_text(allow, until, sizeof(until));
	err_escape(text, sizeof(text), allow->root != NULL ? allow->root : "-");
	printf("%-14s %-16s %-34s %s ", principal, allow->name[0] != '\0' ? allow->name : "-",
	    until, text);
	if (allow->revoked != 0)
		printf(" (revoked)\n");
	else
		show_entitlements(allow);
}
