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
#include "helper/admin/rules.h"

static void
format_time(int64_t when, char text[32])
{
	time_t seconds = (time_t)when;
	struct tm tm;

	text[0] = '\0';
	if (when != 0 && gmtime_r(&seconds, &tm) != NULL)
		strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

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

void
show_json(const struct allow *allow)
{
	char until[32];

	format_time(allow->until, until);
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

void
show_row(const struct allow *allow)
{
	char principal[24], until[32], text[RULES_WORD_SIZE];

	snprintf(principal, sizeof(principal), "%s %u",
	    allow->kind == PRINCIPAL_UID ? "uid" : "gid", allow->id);
	format_time(allow->until, until);
	err_escape(text, sizeof(text), allow->root != NULL ? allow->root : "-");
	printf("%-14s %-16s %-20s %s ", principal, allow->name[0] != '\0' ? allow->name : "-",
	    until[0] != '\0' ? until : "-", text);
	show_entitlements(allow);
}
