/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a file of the allow-list and what is asked of it.
 * The first line of an input is what is wanted: "u" or "g" (whose file it is) and then words with
 * blanks between them, as in "u security.confined mount=/data/x:ro". The rest is the file, of uid
 * 1000 or gid 2000. Besides the words, each rule of the file is asked for, and its neighbours.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a decision grants what no rule of the live file covers literally, judged by
 *       code that shares nothing with common/; when ids are granted that must not be mapped; when
 *       a rule, written out and read again, is another one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decide.h"
#include "common/inistrict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1800000000
#define WANTS_MAX 8

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_allowlist: broken: %s\n", what);
	abort();
}

/* --- a second opinion -------------------------------------------------------------------------- */

/* image=GLOB without brackets, which are left to fnmatch(3). */
static bool
matches(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text != '\0') {
		if (*glob == '*') {
			star = glob++;
			from = text;
		} else if (*glob != '\0' && (*glob == '?' || *glob == *text)) {
			glob++;
			text++;
		} else if (star != NULL) {
			glob = star + 1;
			text = ++from;
		} else {
			return (false);
		}
	}
	return (glob[strspn(glob, "*")] == '\0');
}

/* No "..", "." or empty component, absolute. */
static bool
is_plain_path(const char *path)
{
	size_t len = strlen(path);
	char slashed[8192];

	if (path[0] != '/' || len >= 4096)
		return (false);
	if (len == 1)
		return (true);
	snprintf(slashed, sizeof(slashed), "%s/", path);
	return (strstr(slashed, "//") == NULL && strstr(slashed, "/./") == NULL &&
		strstr(slashed, "/../") == NULL);
}

static bool
mount_covers(const struct entitlement *held, const struct entitlement *wanted)
{
	size_t len = strlen(held->value);

	if ((held->readonly && !wanted->readonly) || !is_plain_path(wanted->value))
		return (false);
	if (strcmp(held->value, "*") == 0 || strcmp(held->value, "/") == 0 ||
	    strcmp(held->value, wanted->value) == 0)
		return (true);
	return (strlen(wanted->value) > len && memcmp(held->value, wanted->value, len) == 0 &&
		wanted->value[len] == '/');
}

static bool
literally_covers(const struct entitlement *held, const struct entitlement *wanted)
{
	if (held->id != wanted->id)
		return (false);
	switch (wanted->id) {
	case ENT_SECURITY_CONFINED:
	case ENT_NETWORK_HOST:
		return (true);
	case ENT_MOUNT:
		return (mount_covers(held, wanted));
	case ENT_IMAGE:
		return (strchr(held->value, '[') != NULL || matches(held->value, wanted->value));
	case ENT_INVALID:
	case ENT_SECURITY_NESTED:
	case ENT_SECURITY_INSECURE:
	case ENT_NETWORK_NONE:
	case ENT_NETWORK_USER:
	case ENT_DEVICE:
	case ENT_IDMAP_MOUNT:
	case ENT_SERVICE:
	case ENT_ISOLATION_NONE:
	case ENT_COUNT:
		break;
	}
	return (false);
}

static bool
is_live_for(const struct allow *allow, uint32_t uid)
{
	for (size_t i = 0; i < allow->nexcept; i++) {
		if (allow->except[i] == uid)
			return (false);
	}
	return ((allow->until == 0 || allow->until > NOW) && allow->revoked == 0);
}

static void
check_grant(const struct caller *caller, const struct grant *grant)
{
	const struct id_range *ranges[] = { &grant->subuid, &grant->subgid };

	must(grant->uid == caller->uid && grant->gid == caller->gid, "the grant is the caller's");
	must(caller->uid != 0, "root is granted nothing");
	must(grant->until == 0 || grant->until > NOW, "a grant has not ended");
	for (size_t i = 0; i < 2; i++) {
		uint64_t end = (uint64_t)ranges[i]->start + ranges[i]->count;
		uint32_t own = i == 0 ? caller->uid : caller->gid;

		must(ranges[i]->count > 0 && ranges[i]->start >= 65536 && end <= 2147400000,
		    "a range lies where it may");
		must(own < ranges[i]->start || own >= end, "a range does not hold the caller");
		must(grant->owner_id < ranges[0]->start ||
			 grant->owner_id >= (uint64_t)ranges[0]->start + ranges[0]->count,
		    "a range does not hold the owner");
	}
	must(
	    grant->owner_id != 0 && grant->owner_id != grant->watch_id, "the owner is nobody else");
}

static void
check(const struct caller *caller, const struct policy *policy, const struct entitlement *wants,
    size_t nwants)
{
	const struct request request = { NOW, ENGINE_SHARED, nwants, wants };
	const struct allow *allow = policy->files[0];
	struct decision decision;

	decide(caller, policy, &request, &decision);
	if (decision.verdict == VERDICT_REFUSE) {
		must(decision.refusal != REFUSAL_INVALID, "a refusal has a reason");
		must(decision.refusal != REFUSAL_REVOKED || allow->revoked != 0,
		    "what is called revoked says so");
		must(decision.grant.subuid.count == 0, "a refusal grants nothing");
		return;
	}
	must(decision.verdict == VERDICT_ALLOW, "there are two verdicts");
	must(nwants > 0, "nothing was wanted");
	check_grant(caller, &decision.grant);
	for (size_t i = 0; i < nwants; i++) {
		/* Also what needs no grant needs one that is alive. */
		bool covered = wants[i].id == ENT_NETWORK_NONE && is_live_for(allow, caller->uid);

		for (size_t j = 0; j < allow->nrules && !covered; j++)
			covered = is_live_for(allow, caller->uid) &&
				  literally_covers(&allow->rules[j].ent, &wants[i]);
		must(covered, "what is allowed is covered by a rule");
	}
}

/* --- what is asked for ------------------------------------------------------------------------- */

static size_t
parse_words(char *line, struct entitlement *wants)
{
	size_t n = 0;
	char *word;

	while ((word = strsep(&line, " ")) != NULL && n < WANTS_MAX) {
		if (entitlement_parse(word, &wants[n]) == NULL)
			n++;
	}
	return (n);
}

static void
check_round_trip(const struct entitlement *ent)
{
	static char text[8192], again[8192];
	struct entitlement back;
	int len = entitlement_format(ent, text, sizeof(text));

	must(len > 0 && (size_t)len == strlen(text), "a rule can be written");
	memcpy(again, text, (size_t)len + 1);
	must(entitlement_parse(again, &back) == NULL, "what was written can be read");
	must(back.id == ent->id && back.readonly == ent->readonly &&
		 (back.value == NULL) == (ent->value == NULL) &&
		 (ent->value == NULL || strcmp(back.value, ent->value) == 0),
	    "what is read again is the same");
}

/* A rule itself, and what is beside, below and above it. */
static void
check_neighbours(const struct caller *caller, const struct policy *policy)
{
	static const char *const behind[] = { "", "x", "/x", "/..", "/", "/../x" };
	static char value[8192];

	for (size_t i = 0; i < policy->files[0]->nrules; i++) {
		const struct entitlement *rule = &policy->files[0]->rules[i].ent;
		struct entitlement wanted = *rule;

		check_round_trip(rule);
		for (size_t j = 0; j < 2 * sizeof(behind) / sizeof(behind[0]); j++) {
			if (rule->value != NULL) {
				snprintf(value, sizeof(value), "%s%s", rule->value, behind[j / 2]);
				wanted.value = value;
			}
			wanted.readonly = j % 2 != 0;
			check(caller, policy, &wanted, 1);
			if (rule->value == NULL)
				break;
		}
	}
}

static void
check_all(struct policy *policy, const char *line, size_t len)
{
	static const uint32_t uids[] = { 1000, 0, 1001, 100000, 2147480001, 4294967295 };
	static char words[4096];
	struct entitlement wants[WANTS_MAX];
	size_t nwants;

	if (len >= sizeof(words))
		len = sizeof(words) - 1;
	memcpy(words, line, len);
	words[len] = '\0';
	nwants = parse_words(words, wants);
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		const struct caller caller = { .uid = uids[i], .gid = uids[i] };

		check(&caller, policy, wants, nwants);
		check_neighbours(&caller, policy);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
	struct policy policy = { .host = { { 1000000000, 655360 }, 1000 }, .nfiles = 1 };
	struct allow *allow;
	struct err err;
	size_t len;
	char *copy;

	if (end == NULL || end == text)
		return (0);
	len = size - (size_t)(end + 1 - text);
	allow = malloc(sizeof(*allow));
	/* Exactly as large as the file, so that one byte too far is found. */
	copy = malloc(len > 0 ? len : 1);
	must(allow != NULL && copy != NULL, "there is memory");
	memcpy(copy, end + 1, len);
	policy.files[0] = allow;
	if (text[0] == 'g')
		allow_init(allow, PRINCIPAL_GID, 2000);
	else
		allow_init(allow, PRINCIPAL_UID, 1000);
	if (allow_parse(allow, copy, len, &err) == 0) {
		must(allow->revoked == 0 || allow->nrules == 0, "what is revoked has no words");
		check_all(&policy, text + 1, (size_t)(end - text) - 1);
	} else {
		must(err.code == ERR_CONFIG && err.what[0] != '\0', "an error says what is wrong");
	}
	free(copy);
	free(allow);
	return (0);
}
