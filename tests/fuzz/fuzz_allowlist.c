/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the policy of a caller, and what is asked of it.
 * The first line of an input is what is wanted: "u" or "g" (whose the first file is), maybe "o" (for
 * one call: engine = once), and then words with blanks between them, as in
 * "uo security.confined mount=/data/x:ro". The rest is the file, of uid 1000 or gid 2000. A line "%N"
 * begins another file: of gid N, "%u" of uid 1000, "%c" berth.conf (without one there is a pool). The
 * caller is uid 1000 of groups 2000 to 2003 and is nobody else. Besides the words, each rule of each
 * file is asked for, and its neighbours.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a decision differs from the one that the rules make, judged by code that shares
 *       nothing with common/ but the parsed files: allowed or not, for how long, with which ids, root
 *       and timeout; when ids are granted that must not be mapped; when a file of somebody else
 *       changes anything; when a rule, written out and read again, is another one.
 */
#define FUZZ_NAME "fuzz_allowlist"
#include "tests/fuzz/fuzz.h"

#include <fnmatch.h>

#include "common/decide.h"
#include "common/inistrict.h"

#define NOW 1800000000
#define WANTS_MAX 8
#define FILES_MAX 12
#define NEIGHBOURS_MAX 12

/* --- the files of an input ------------------------------------------------------------------------ */

struct file {
	char name[32]; /* as policy_reader gets it */
	const char *text;
	size_t len;
};

struct world {
	size_t nfiles;
	struct file files[FILES_MAX];
};

static const char pool[] = "[ids]\nbase = 1000000000\ncount = 655360\nfirst-uid = 1000\n";

static void
name_file(struct file *file, const char *mark, size_t len)
{
	unsigned long gid = strtoul(mark, NULL, 10);

	if (len > 0 && mark[0] == 'c')
		snprintf(file->name, sizeof(file->name), "berth.conf");
	else if (len > 0 && mark[0] == 'u')
		snprintf(file->name, sizeof(file->name), "allow/uid-1000.conf");
	else
		snprintf(file->name, sizeof(file->name), "allow/gid-%lu.conf", gid & 0xffff);
}

/* text[len] is a NUL. */
static void
split_files(struct world *world, const char *text, size_t len)
{
	const char *end = text + len;
	struct file *file = &world->files[0];

	world->nfiles = 1;
	file->text = text;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline != NULL ? newline + 1 : end;

		if (*text == '%' && world->nfiles < FILES_MAX) {
			file->len = (size_t)(text - file->text);
			file = &world->files[world->nfiles++];
			name_file(file, text + 1, (size_t)(next - text) - 1);
			file->text = next;
		}
		text = next;
	}
	file->len = (size_t)(end - file->text);
}

/* The first one of a name is the one that is there. */
static int
read_file(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err)
{
	const struct world *world = ctx;

	for (size_t i = 0; i < world->nfiles; i++) {
		const struct file *file = &world->files[i];

		if (strcmp(file->name, name) != 0)
			continue;
		if (file->len > cap)
			return (err_set(err, ERR_CONFIG, "too large"));
		memcpy(buf, file->text, file->len);
		*len = file->len;
		return (1);
	}
	if (strcmp(name, "berth.conf") != 0)
		return (0);
	memcpy(buf, pool, sizeof(pool) - 1);
	*len = sizeof(pool) - 1;
	return (1);
}

/* --- a second opinion -------------------------------------------------------------------------- */

/* image=GLOB without brackets, which are left to fnmatch(3). */
static bool
matches(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	if (strchr(glob, '[') != NULL)
		return (fnmatch(glob, text, FNM_NOESCAPE) == 0);
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
	case ENT_IDMAP_MOUNT:
		return (true);
	case ENT_MOUNT:
		return (mount_covers(held, wanted));
	case ENT_IMAGE:
		return (
		    !(held->readonly && !wanted->readonly) && matches(held->value, wanted->value));
	case ENT_INVALID:
	case ENT_SECURITY_NESTED:
	case ENT_SECURITY_INSECURE:
	case ENT_NETWORK_NONE:
	case ENT_NETWORK_USER:
	case ENT_DEVICE:
	case ENT_SERVICE:
	case ENT_ISOLATION_NONE:
	case ENT_COUNT:
		break;
	}
	return (false);
}

static bool
is_named_out(const struct allow *allow, uint32_t uid)
{
	for (size_t i = 0; i < allow->nexcept; i++) {
		if (allow->except[i] == uid)
			return (true);
	}
	return (false);
}

/* Does this file, alone, allow this? Also what needs no grant needs one that is alive. */
static bool
file_allows(const struct allow *allow, uint32_t uid, enum engine_mode mode,
    const struct entitlement *wanted)
{
	if (allow->revoked != 0 || is_named_out(allow, uid) ||
	    (allow->until != 0 && allow->until <= NOW))
		return (false);
	if (allow->engine != ENGINE_ANY && allow->engine != mode)
		return (false);
	if (wanted->id == ENT_NETWORK_NONE)
		return (true);
	for (size_t i = 0; i < allow->nrules; i++) {
		if (literally_covers(&allow->rules[i].ent, wanted))
			return (true);
	}
	return (false);
}

/* The block of the pool that is this uid's, or nothing. */
static bool
block_of(const struct hostconf *host, uint32_t uid, uint64_t *start)
{
	uint64_t nth;

	if (host->pool.count == 0 || uid < host->first_uid)
		return (false);
	nth = uid - host->first_uid;
	*start = host->pool.start + nth * 65536;
	return (*start + 65536 <= (uint64_t)host->pool.start + host->pool.count);
}

static bool
holds_id(const struct id_range *range, uint64_t id)
{
	return (id >= range->start && id < (uint64_t)range->start + range->count);
}

static bool
share_ids(const struct id_range *a, const struct id_range *b)
{
	return (a->count > 0 && b->count > 0 &&
		(uint64_t)a->start < (uint64_t)b->start + b->count &&
		(uint64_t)b->start < (uint64_t)a->start + a->count);
}

/* Who is granted what ids, root and timeout, when something is granted at all. */
static void
expect_grant(const struct caller *caller, const struct policy *policy, struct grant *grant)
{
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];
		uint64_t start;

		if (allow->revoked != 0 || is_named_out(allow, caller->uid))
			continue;
		if (grant->root == NULL)
			grant->root = allow->root;
		if (grant->timeout == 0)
			grant->timeout = allow->timeout;
		if (grant->owner_id != 0)
			continue;
		if (!allow->subids_auto) {
			grant->subuid = allow->subuid;
			grant->subgid = allow->subgid;
			grant->owner_id = allow->owner_id;
			grant->watch_id = allow->watch_id;
		} else if (block_of(&policy->host, caller->uid, &start)) {
			grant->subuid.start = grant->subgid.start = (uint32_t)start;
			grant->subuid.count = grant->subgid.count = 65534;
			grant->owner_id = (uint32_t)start + 65534;
			grant->watch_id = (uint32_t)start + 65535;
		}
	}
}

static bool
may_be_mapped(const struct id_range *range, uint32_t own)
{
	return (range->count > 0 && range->start >= 65536 &&
		(uint64_t)range->start + range->count <= 2147400000 && !holds_id(range, own));
}

static bool
is_safe(const struct caller *caller, const struct policy *policy, const struct grant *grant)
{
	const struct id_range *shared = &policy->host.pool;
	const struct id_range accounts = { policy->host.first_uid, shared->count / 65536 };
	bool derived = holds_id(shared, grant->owner_id);

	if (share_ids(&accounts, &grant->subuid) || caller->uid >= 2147400000 ||
	    holds_id(shared, caller->uid) || holds_id(shared, caller->gid))
		return (false);
	if (!derived && (share_ids(shared, &grant->subuid) || share_ids(shared, &grant->subgid)))
		return (false);
	if (!may_be_mapped(&grant->subuid, caller->uid) ||
	    !may_be_mapped(&grant->subgid, caller->gid))
		return (false);
	return (grant->owner_id >= 65536 && grant->watch_id >= 65536 &&
		grant->owner_id != grant->watch_id && grant->owner_id != caller->uid &&
		grant->watch_id != caller->uid && !holds_id(&grant->subuid, grant->owner_id) &&
		!holds_id(&grant->subuid, grant->watch_id) &&
		!holds_id(&grant->subgid, grant->watch_id));
}

/* Sets the latest end that a file gives to this; 0 is none. false: no file allows it. */
static bool
expect_end(const struct caller *caller, const struct policy *policy, enum engine_mode mode,
    const struct entitlement *wanted, int64_t *end)
{
	bool allowed = false;

	*end = 1;
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		if (!file_allows(allow, caller->uid, mode, wanted))
			continue;
		allowed = true;
		if (*end != 0 && (allow->until == 0 || allow->until > *end))
			*end = allow->until;
	}
	return (allowed);
}

/* The whole answer; false: it must be refused. */
static bool
expect(const struct caller *caller, const struct policy *policy, const struct request *request,
    struct grant *grant)
{
	if (caller->uid == 0 || caller->gid == 0 || caller->uid > 2147483646 ||
	    caller->gid > 2147483646 || request->nwants == 0)
		return (false);
	for (size_t i = 0; i < request->nwants; i++) {
		int64_t end;

		if (!expect_end(caller, policy, request->mode, &request->wants[i], &end))
			return (false);
		if (end != 0 && (grant->until == 0 || end < grant->until))
			grant->until = end;
	}
	/* A later one without an end takes none away. */
	expect_grant(caller, policy, grant);
	return (grant->owner_id != 0 && grant->watch_id != 0 && is_safe(caller, policy, grant));
}

static bool
same_range(const struct id_range *a, const struct id_range *b)
{
	return (a->start == b->start && a->count == b->count);
}

static void
check(const struct caller *caller, const struct policy *policy, const struct request *request)
{
	struct grant wanted = { 0 };
	struct decision decision;
	bool allowed = expect(caller, policy, request, &wanted);
	const struct grant *got = &decision.grant;

	decide(caller, policy, request, &decision);
	if (decision.verdict == VERDICT_REFUSE) {
		must(!allowed, "what the rules allow is allowed");
		must(decision.refusal != REFUSAL_INVALID, "a refusal has a reason");
		must(got->subuid.count == 0 && got->owner_id == 0, "a refusal grants nothing");
		must(decision.refusal != REFUSAL_REVOKED || policy->nfiles > 0,
		    "what is called revoked was there");
		for (size_t i = 0; decision.refusal == REFUSAL_REVOKED && i < policy->nfiles; i++)
			must(policy->files[i]->revoked != 0, "and all of it was revoked");
		return;
	}
	must(decision.verdict == VERDICT_ALLOW, "there are two verdicts");
	must(allowed, "what is allowed is allowed by the rules");
	must(got->uid == caller->uid && got->gid == caller->gid, "the grant is the caller's");
	must(same_range(&got->subuid, &wanted.subuid) && same_range(&got->subgid, &wanted.subgid) &&
		 got->owner_id == wanted.owner_id && got->watch_id == wanted.watch_id,
	    "the ids are those of the first file that has some");
	must(got->root == wanted.root && got->timeout == wanted.timeout,
	    "root and timeout are those of the first file that has them");
	must(got->until == 0 || got->until > NOW, "a grant has not ended");
	must(got->until == wanted.until, "it ends with the first of what it needs");
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
check_neighbours(const struct caller *caller, const struct policy *policy, const struct rule *rule,
    enum engine_mode mode)
{
	static const char *const behind[] = { "", "x", "/x", "/..", "/", "/../x" };
	static char value[8192];
	struct entitlement wanted = rule->ent;
	const struct request request = { .now = NOW, .mode = mode, .nwants = 1, .wants = &wanted };

	check_round_trip(&rule->ent);
	for (size_t j = 0; j < 2 * sizeof(behind) / sizeof(behind[0]); j++) {
		if (rule->ent.value != NULL) {
			snprintf(value, sizeof(value), "%s%s", rule->ent.value, behind[j / 2]);
			wanted.value = value;
		}
		wanted.readonly = j % 2 != 0;
		check(caller, policy, &request);
		if (rule->ent.value == NULL)
			break;
	}
}

static void
check_all(const struct policy *policy, const char *line, size_t len, enum engine_mode mode)
{
	static const uint32_t uids[] = { 1000, 0, 1001, 100000, 1000000001, 2147480001,
		4294967295 };
	static char words[4096];
	struct entitlement wants[WANTS_MAX];
	struct request request = { .now = NOW, .mode = mode, .wants = wants };

	if (len >= sizeof(words))
		len = sizeof(words) - 1;
	memcpy(words, line, len);
	words[len] = '\0';
	request.nwants = parse_words(words, wants);
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		const struct caller caller = { .uid = uids[i], .gid = uids[i] };

		check(&caller, policy, &request);
		for (size_t j = 0; j < policy->nfiles; j++) {
			const struct allow *allow = policy->files[j];

			for (size_t k = 0; k < allow->nrules && k < NEIGHBOURS_MAX; k++)
				check_neighbours(&caller, policy, &allow->rules[k], mode);
		}
	}
}

/* The user's own file first, then groups by number; each is one of the caller's. */
static void
check_files(const struct policy *policy)
{
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		must(allow->revoked == 0 || allow->nrules == 0, "what is revoked has no words");
		must(allow->kind == PRINCIPAL_UID ? allow->id == 1000 && i == 0
						  : allow->id >= 2000 && allow->id <= 2003,
		    "a file that is loaded is the caller's");
		must(i == 0 || policy->files[i - 1]->kind == PRINCIPAL_UID ||
			 policy->files[i - 1]->id < allow->id,
		    "files have an order");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static gid_t groups[] = { 2003, 2000, 2001, 2002 };
	const struct caller caller = { .uid = 1000, .gid = 2000, .ngroups = 4, .groups = groups };
	const char *text = (const char *)data;
	const char *end = size > 0 ? memchr(text, '\n', size) : NULL, *words;
	enum engine_mode mode = ENGINE_SHARED;
	struct world world = { .nfiles = 0 };
	const struct policy_source source = { read_file, &world };
	struct policy policy;
	struct err err = { 0 };
	size_t len;
	char *copy;

	if (end == NULL || end == text)
		return (0);
	len = size - (size_t)(end + 1 - text);
	copy = malloc(len + 1);
	must(copy != NULL, "there is memory");
	memcpy(copy, end + 1, len);
	copy[len] = '\0';
	split_files(&world, copy, len);
	snprintf(world.files[0].name, sizeof(world.files[0].name), "allow/%s.conf",
	    text[0] == 'g' ? "gid-2000" : "uid-1000");
	words = text + 1;
	if (words < end && *words == 'o') {
		mode = ENGINE_ONCE;
		words++;
	}
	if (policy_load(&policy, &caller, &source, &err) == 0) {
		check_files(&policy);
		check_all(&policy, words, (size_t)(end - words), mode);
	} else {
		must(err.code == ERR_CONFIG && err.what[0] != '\0', "an error says what is wrong");
		must(is_printable(err.what) && is_printable(err.why), "and can be printed");
	}
	policy_free(&policy);
	free(copy);
	return (0);
}
