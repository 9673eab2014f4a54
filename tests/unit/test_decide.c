/* SPDX-License-Identifier: ISC */
/*
 * The decision: every way to be refused has a test of its name (attacks.md A38).
 * TRUST: unprivileged
 * INPUT: none: policies are written as the files that they come from
 * MUST: show that only a live file that covers all that is wanted allows it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/decide.h"

#define NOW 1800000000 /* 2027-01-15T08:00Z */
#define PAST "until = 2027-01-15T08:00Z\n"
#define FUTURE "until = 2027-01-15T08:01Z\n"
#define LATER "until = 2028-01-01T00:00Z\n"
#define REVOKED "revoked = 2026-11-26T06:00:01Z\n"
#define IDS                                              \
	"subuid = 100000:65536\nsubgid = 200000:65536\n" \
	"owner-id = 2147480001\nwatch-id = 2147480002\n"
#define ALICE "[grant]\nuid = 1000\n" IDS
#define LAB "[grant]\ngid = 2000\nsubids = auto\n"

static struct allow pool[4];
static struct policy policy;
static struct caller caller;
static struct decision decision;
static struct err err;

/* Alice, in the group lab; no file yet. */
static int
setup(void **state)
{
	(void)state;
	/* The pool serves users from 900 on, alice's block is not its first. */
	policy = (struct policy){ .host = { { 1000000000, 4096 * 65536 }, 900 } };
	caller = (struct caller){ .uid = 1000, .gid = 1000 };
	return (0);
}

static struct allow *
add(enum principal kind, uint32_t id, const char *text)
{
	struct allow *allow = &pool[policy.nfiles];
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	allow_init(allow, kind, id);
	if (allow_parse(allow, copy, strlen(copy), &err) < 0)
		fail_msg("%s", err.what);
	policy.files[policy.nfiles++] = allow;
	return (allow);
}

static struct allow *
add_alice(const char *text)
{
	return (add(PRINCIPAL_UID, 1000, text));
}

static struct allow *
add_lab(const char *text)
{
	return (add(PRINCIPAL_GID, 2000, text));
}

/* Words with blanks between them; "" wants nothing. */
static enum verdict
ask_as(enum engine_mode mode, const char *words)
{
	static char copy[256];
	struct entitlement wants[8];
	struct request request = { .now = NOW, .mode = mode, .wants = wants };
	char *cursor = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&cursor, " ")) != NULL && *word != '\0')
		assert_null(entitlement_parse(word, &wants[request.nwants++]));
	/* Whatever was there before must not matter. */
	memset(&decision, 0xff, sizeof(decision));
	decision.verdict = VERDICT_ALLOW;
	decide(&caller, &policy, &request, &decision);
	return (decision.verdict);
}

static void
assert_allowed(const char *words)
{
	if (ask_as(ENGINE_SHARED, words) != VERDICT_ALLOW)
		fail_msg("%s: %s", words, refusal_name(decision.refusal));
	assert_int_equal(decision.grant.uid, caller.uid);
	assert_int_equal(decision.grant.gid, caller.gid);
}

static void
assert_judged(const char *words, enum refusal refusal, const struct allow *by)
{
	static const struct grant none;

	if (decision.verdict != VERDICT_REFUSE)
		fail_msg("%s: not refused, but %#x", words, (unsigned int)decision.verdict);
	assert_string_equal(refusal_name(decision.refusal), refusal_name(refusal));
	assert_ptr_equal(decision.by, by);
	assert_int_equal(decision.line, 0);
	/* Who forgets to look at the verdict finds nothing to use. */
	assert_memory_equal(&decision.grant, &none, sizeof(none));
}

static void
assert_refused(const char *words, enum refusal refusal, const struct allow *by)
{
	ask_as(ENGINE_SHARED, words);
	assert_judged(words, refusal, by);
}

/* --- allowed ----------------------------------------------------------------------------------- */

static void
allows_what_the_user_was_granted(void **state)
{
	struct allow *alice =
	    add_alice(ALICE "root = /srv/alice\ntimeout = 10m\n"
			    "entitlements = security.confined mount=/data network.host\n");

	(void)state;
	assert_allowed("security.confined network.none mount=/data/x:ro");
	assert_ptr_equal(decision.by, alice);
	assert_int_equal(decision.line, 9);
	assert_int_equal(decision.wanted.id, ENT_MOUNT);
	assert_string_equal(decision.grant.root, "/srv/alice");
	assert_int_equal(decision.grant.timeout, 600);
	assert_int_equal(decision.grant.until, 0);
	assert_int_equal(decision.grant.subuid.start, 100000);
	assert_int_equal(decision.grant.subuid.count, 65536);
	assert_int_equal(decision.grant.subgid.start, 200000);
	assert_int_equal(decision.grant.subgid.count, 65536);
	assert_int_equal(decision.grant.owner_id, 2147480001);
	assert_int_equal(decision.grant.watch_id, 2147480002);
}

static void
allows_what_always_is(void **state)
{
	struct allow *alice = add_alice(ALICE);

	(void)state;
	assert_allowed("network.none");
	assert_ptr_equal(decision.by, alice);
	assert_int_equal(decision.line, 0);
}

static void
allows_the_union_of_user_and_groups(void **state)
{
	struct allow *lab;

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	lab = add_lab("[grant]\ngid = 2000\nentitlements = network.host\n");
	assert_allowed("security.confined network.host");
	assert_ptr_equal(decision.by, lab);
	assert_int_equal(decision.line, 3);
}

static void
takes_root_and_ids_from_the_user_then_from_the_lowest_group(void **state)
{
	(void)state;
	add_lab(LAB "entitlements = security.confined\nroot = /srv/lab\ntimeout = 1h\n");
	add(PRINCIPAL_GID, 3000, "[grant]\ngid = 3000\nroot = /srv/other\n");
	assert_allowed("security.confined");
	assert_string_equal(decision.grant.root, "/srv/lab");
	assert_int_equal(decision.grant.timeout, 3600);
	setup(NULL);
	add_alice(ALICE "root = /srv/alice\n");
	add_lab(LAB "entitlements = security.confined\nroot = /srv/lab\ntimeout = 1h\n");
	assert_allowed("security.confined");
	assert_string_equal(decision.grant.root, "/srv/alice");
	assert_int_equal(decision.grant.timeout, 3600);
}

static void
ends_with_the_first_file_that_was_needed(void **state)
{
	(void)state;
	add_alice(ALICE LATER "entitlements = security.confined\n");
	add_lab(LAB FUTURE "entitlements = network.host image=*\n");
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.until, 1830297600);
	assert_allowed("security.confined network.host");
	assert_int_equal(decision.grant.until, NOW + 60);
	assert_allowed("network.host security.confined");
	assert_int_equal(decision.grant.until, NOW + 60);
	assert_allowed("network.host image=host");
	assert_int_equal(decision.grant.until, NOW + 60);
	/* One without an end takes no end away. */
	policy.files[0]->until = 0;
	assert_allowed("network.host security.confined");
	assert_int_equal(decision.grant.until, NOW + 60);
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.until, 0);
}

/* Of two files that have the same it is the one that goes on longest, whose turn ever it is; they
 * are by the user and by the lab. */
static void
assert_end(int64_t users, int64_t labs, int64_t until, int by)
{
	policy.files[0]->until = users;
	policy.files[1]->until = labs;
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.until, until);
	assert_ptr_equal(decision.by, policy.files[by]);
	assert_int_equal(decision.line, by == 0 ? 7 : 4);
}

static void
does_not_end_before_another_file_that_allows_it(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	add_lab(LAB "entitlements = security.confined\n");
	assert_end(NOW + 60, NOW + 61, NOW + 61, 1);
	assert_end(NOW + 61, NOW + 60, NOW + 61, 0);
	assert_end(NOW + 60, NOW + 60, NOW + 60, 0);
	assert_end(NOW + 60, 0, 0, 1);
	assert_end(0, NOW + 60, 0, 0);
	assert_end(0, 0, 0, 0);
	/* Of each of what is wanted; and of these it is the first. */
	policy.files[0]->until = NOW + 60;
	policy.files[1]->until = NOW + 90;
	policy.files[1]->rules[0].ent.id = ENT_NETWORK_HOST;
	assert_allowed("security.confined network.host");
	assert_int_equal(decision.grant.until, NOW + 60);
	assert_allowed("network.none network.host");
	assert_int_equal(decision.grant.until, NOW + 90);
	/* One that does not count does not prolong it. */
	policy.files[1]->rules[0].ent.id = ENT_SECURITY_CONFINED;
	policy.files[1]->until = 0;
	policy.files[1]->except[policy.files[1]->nexcept++] = 1000;
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.until, NOW + 60);
}

static void
a_live_file_replaces_one_that_ended(void **state)
{
	struct allow *lab;

	(void)state;
	add_alice(ALICE PAST "entitlements = security.confined\n");
	lab = add_lab(LAB "entitlements = security.confined\n");
	assert_allowed("security.confined");
	assert_ptr_equal(decision.by, lab);
	assert_int_equal(decision.grant.until, 0);
}

static void
takes_the_first_rule_that_covers(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = mount=/data:ro security.confined mount=/data\n");
	assert_allowed("mount=/data");
	assert_allowed("mount=/data:ro");
	assert_int_equal(decision.wanted.id, ENT_MOUNT);
	assert_true(decision.wanted.readonly);
}

static void
derives_ids_from_the_uid(void **state)
{
	(void)state;
	add_lab("[grant]\ngid = 2000\nsubids = auto\nentitlements = security.confined\n");
	policy.host = (struct hostconf){ { 1000000000, 2 * 65536 }, 1000 };
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.subuid.start, 1000000000);
	assert_int_equal(decision.grant.subuid.count, 65534);
	assert_int_equal(decision.grant.subgid.start, 1000000000);
	assert_int_equal(decision.grant.subgid.count, 65534);
	assert_int_equal(decision.grant.owner_id, 1000065534);
	assert_int_equal(decision.grant.watch_id, 1000065535);
	/* The next user's begin where these end: no two share an id. */
	caller.uid = 1001;
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.subuid.start, 1000065536);
	assert_int_equal(decision.grant.watch_id, 1000131071);
}

/* --- refused ----------------------------------------------------------------------------------- */

static void
refuses_root(void **state)
{
	static const uint32_t uids[] = { 0, 2147483647, 2147483648, 4294967294, 4294967295 };

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		caller.uid = uids[i];
		assert_refused("security.confined", REFUSAL_ROOT, NULL);
	}
	/* Before anything else: root needs no advice about grants. */
	policy.nfiles = 0;
	caller.uid = 0;
	assert_refused("security.confined", REFUSAL_ROOT, NULL);
	caller.uid = ID_MAX;
	assert_refused("security.confined", REFUSAL_NO_GRANT, NULL);
}

static void
refuses_a_gid_that_is_none_or_roots(void **state)
{
	static const uint32_t gids[] = { 0, 2147483647, 4294967295 };

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	for (size_t i = 0; i < sizeof(gids) / sizeof(gids[0]); i++) {
		caller.gid = gids[i];
		assert_refused("security.confined", REFUSAL_ROOT, NULL);
	}
	caller.gid = ID_MAX;
	assert_allowed("security.confined");
}

static void
refuses_no_grant(void **state)
{
	(void)state;
	assert_refused("security.confined", REFUSAL_NO_GRANT, NULL);
	/* Not even what needs no entitlement. */
	assert_refused("network.none", REFUSAL_NO_GRANT, NULL);
	assert_refused("", REFUSAL_NO_GRANT, NULL);
}

static void
refuses_excluded(void **state)
{
	struct allow *lab =
	    add_lab(LAB "entitlements = security.confined\nexcept-uid = 999 1000 1001\n");

	(void)state;
	assert_refused("security.confined", REFUSAL_EXCLUDED, lab);
	assert_refused("network.none", REFUSAL_EXCLUDED, lab);
	caller.uid = 1002;
	assert_allowed("security.confined");
}

static void
refuses_what_only_an_excluding_file_has(void **state)
{
	struct allow *lab;

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	lab = add_lab(LAB "entitlements = network.host\nexcept-uid = 1000\n");
	assert_allowed("security.confined");
	assert_refused("network.host", REFUSAL_EXCLUDED, lab);
	assert_refused("image=host", REFUSAL_NOT_GRANTED, NULL);
}

static void
an_excluding_file_gives_no_ids(void **state)
{
	struct allow *other;

	(void)state;
	add_lab(LAB "entitlements = security.confined\nexcept-uid = 1000\n");
	other = add(PRINCIPAL_GID, 3000, "[grant]\ngid = 3000\nentitlements = security.confined\n");
	assert_refused("security.confined", REFUSAL_NO_IDS, other);
}

static void
refuses_not_granted(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = security.confined mount=/data:ro image=host\n");
	assert_refused("network.host", REFUSAL_NOT_GRANTED, NULL);
	assert_refused("mount=/data", REFUSAL_NOT_GRANTED, NULL);
	assert_refused("mount=/database:ro", REFUSAL_NOT_GRANTED, NULL);
	assert_refused("mount=*", REFUSAL_NOT_GRANTED, NULL);
	assert_refused("image=/srv", REFUSAL_NOT_GRANTED, NULL);
	assert_int_equal(decision.wanted.id, ENT_IMAGE);
	assert_string_equal(decision.wanted.value, "/srv");
}

static void
refuses_all_for_one_that_is_not_granted(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	assert_refused("network.host security.confined", REFUSAL_NOT_GRANTED, NULL);
	assert_int_equal(decision.wanted.id, ENT_NETWORK_HOST);
	assert_refused("security.confined network.host network.none", REFUSAL_NOT_GRANTED, NULL);
	assert_int_equal(decision.wanted.id, ENT_NETWORK_HOST);
	assert_refused("security.confined network.none network.host", REFUSAL_NOT_GRANTED, NULL);
}

static void
refuses_a_request_for_nothing(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	assert_refused("", REFUSAL_NOT_GRANTED, NULL);
}

static void
refuses_expired(void **state)
{
	struct allow *alice;

	(void)state;
	/* At the second itself it is over. */
	alice = add_alice(ALICE PAST "entitlements = security.confined\n");
	assert_int_equal(alice->until, NOW);
	assert_refused("security.confined", REFUSAL_EXPIRED, alice);
	assert_refused("network.host", REFUSAL_NOT_GRANTED, NULL);
	alice->until = NOW - 1;
	assert_refused("security.confined", REFUSAL_EXPIRED, alice);
	alice->until = 1;
	assert_refused("security.confined", REFUSAL_EXPIRED, alice);
	alice->until = NOW + 1;
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.until, NOW + 1);
}

static void
refuses_expired_for_one_of_two_files(void **state)
{
	struct allow *lab;

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	lab = add_lab(LAB PAST "entitlements = network.host\n");
	assert_refused("security.confined network.host", REFUSAL_EXPIRED, lab);
}

/* A grant that ended gives no namespace, no ids and no engine, also not for loopback alone. */
static void
refuses_what_always_is_when_all_has_expired(void **state)
{
	(void)state;
	add_alice(ALICE PAST "entitlements = security.confined\n");
	assert_int_equal(ask_as(ENGINE_SHARED, "network.none"), VERDICT_REFUSE);
}

static void
refuses_unavailable(void **state)
{
	static const char *const words[] = { "security.nested", "security.insecure", "network.user",
		"device=/dev/kvm", "service=x", "isolation.none" };

	(void)state;
	add_alice(ALICE "entitlements = security.confined security.nested security.insecure "
			"network.user device=/dev/kvm service=x isolation.none\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_refused(words[i], REFUSAL_UNAVAILABLE, NULL);
}

static void
refuses_entitlements_that_are_none(void **state)
{
	struct entitlement wants[] = { { .id = ENT_SECURITY_CONFINED }, { .id = ENT_INVALID } };
	struct request request = { .now = NOW, .mode = ENGINE_SHARED, .nwants = 2, .wants = wants };

	(void)state;
	add_alice(ALICE "entitlements = security.confined\n");
	decide(&caller, &policy, &request, &decision);
	assert_judged("nothing", REFUSAL_UNAVAILABLE, NULL);
	wants[1].id = ENT_COUNT;
	decide(&caller, &policy, &request, &decision);
	assert_judged("more than there is", REFUSAL_UNAVAILABLE, NULL);
}

static void
refuses_engine(void **state)
{
	struct allow *alice = add_alice(ALICE "entitlements = security.confined\nengine = once\n");

	(void)state;
	assert_refused("security.confined", REFUSAL_ENGINE, alice);
	assert_int_equal(ask_as(ENGINE_ONCE, "security.confined"), VERDICT_ALLOW);
	alice->engine = ENGINE_SHARED;
	ask_as(ENGINE_ONCE, "security.confined");
	assert_judged("once", REFUSAL_ENGINE, alice);
	assert_allowed("security.confined");
	alice->engine = ENGINE_ANY;
	assert_allowed("security.confined");
	assert_int_equal(ask_as(ENGINE_ONCE, "security.confined"), VERDICT_ALLOW);
	/* A mode that nobody has chosen. */
	ask_as(ENGINE_INVALID, "security.confined");
	assert_judged("none", REFUSAL_ENGINE, alice);
}

/* "engine =" narrows the file in which it stands; the other file is as good as without the first. */
static void
a_mode_bars_only_its_own_file(void **state)
{
	struct allow *alice =
	    add_alice(ALICE "entitlements = security.confined network.host\nengine = once\n");

	(void)state;
	add_lab(LAB "entitlements = security.confined\nengine = any\n");
	assert_allowed("security.confined");
	assert_refused("security.confined network.host", REFUSAL_ENGINE, alice);
}

static void
refuses_revoked(void **state)
{
	struct allow *alice = add_alice("[grant]\nuid = 1000\nname = alice\n" REVOKED);

	(void)state;
	assert_refused("security.confined", REFUSAL_REVOKED, alice);
	assert_refused("network.none", REFUSAL_REVOKED, alice);
	assert_refused("security.confined network.host", REFUSAL_REVOKED, alice);
	/* It says so of the user's file first, else of the group's with the lowest number. */
	add_lab("[grant]\ngid = 2000\n" REVOKED);
	assert_refused("security.confined", REFUSAL_REVOKED, alice);
	/* The clock has nothing to do with it: what is revoked stays so. */
	alice->revoked = NOW + 60;
	assert_refused("security.confined", REFUSAL_REVOKED, alice);
	policy.nfiles = 0;
	alice = add_lab("[grant]\ngid = 2000\n" REVOKED);
	assert_refused("security.confined", REFUSAL_REVOKED, alice);
	assert_refused("", REFUSAL_NOT_GRANTED, NULL);
	assert_refused("device=/dev/kvm", REFUSAL_UNAVAILABLE, NULL);
}

/* What is left of a revoked grant counts for nothing beside a file that is one: neither its words,
 * nor its ids and root, nor its reason. */
static void
what_is_revoked_counts_for_nothing(void **state)
{
	struct allow *alice =
	    add_alice("[grant]\nuid = 1000\nroot = /srv/old\ntimeout = 1m\n" IDS REVOKED "until = "
		      "2020-01-01T00:00Z\n");
	struct allow *lab = add_lab(LAB "entitlements = security.confined\nroot = /srv/lab\n");

	(void)state;
	assert_allowed("security.confined network.none");
	assert_ptr_equal(decision.by, lab);
	assert_string_equal(decision.grant.root, "/srv/lab");
	assert_int_equal(decision.grant.timeout, 0);
	assert_int_equal(decision.grant.until, 0);
	assert_int_equal(decision.grant.subuid.start, 1000000000 + 100 * 65536);
	assert_refused("network.host", REFUSAL_NOT_GRANTED, NULL);
	lab->until = NOW;
	assert_refused("security.confined", REFUSAL_EXPIRED, lab);
	assert_refused("network.host", REFUSAL_NOT_GRANTED, NULL);
	lab->except[lab->nexcept++] = 1000;
	assert_refused("security.confined", REFUSAL_EXCLUDED, lab);
	/* Not even a word that no parser lets stand there. */
	policy.nfiles = 1;
	alice->until = 0;
	alice->rules[alice->nrules++].ent.id = ENT_SECURITY_CONFINED;
	assert_refused("security.confined", REFUSAL_REVOKED, alice);
}

/* A file only adds: one without ids does not hide those of another. */
static void
a_file_without_ids_hides_none(void **state)
{
	(void)state;
	add(PRINCIPAL_UID, 1000, "[grant]\nuid = 1000\nentitlements = network.host\n");
	add_lab("[grant]\ngid = 2000\nsubids = auto\nentitlements = security.confined\n");
	policy.host = (struct hostconf){ { 1000000000, 2 * 65536 }, 1000 };
	assert_allowed("security.confined network.host");
	assert_int_equal(decision.grant.subuid.start, 1000000000);
}

/* Ids that a file names stay: a group's "auto" does not take their place. */
static void
ids_come_from_the_first_file_that_has_them(void **state)
{
	(void)state;
	add_alice(ALICE "entitlements = network.host\n");
	add_lab(LAB "entitlements = security.confined\n");
	assert_allowed("security.confined network.host");
	assert_int_equal(decision.grant.subuid.start, 100000);
	assert_int_equal(decision.grant.owner_id, 2147480001);
}

static void
refuses_no_ids(void **state)
{
	struct allow *alice = add_alice(ALICE "entitlements = security.confined\n"), whole = *alice;

	(void)state;
	alice->subuid.count = 0;
	assert_refused("security.confined", REFUSAL_NO_IDS, alice);
	*alice = whole;
	alice->subgid.count = 0;
	assert_refused("security.confined", REFUSAL_NO_IDS, alice);
	*alice = whole;
	alice->owner_id = 0;
	assert_refused("security.confined", REFUSAL_NO_IDS, alice);
	*alice = whole;
	alice->watch_id = 0;
	assert_refused("security.confined", REFUSAL_NO_IDS, alice);
}

static void
refuses_no_ids_outside_of_the_pool(void **state)
{
	struct allow *lab =
	    add_lab("[grant]\ngid = 2000\nsubids = auto\nentitlements = security.confined\n");

	(void)state;
	policy.host = (struct hostconf){ 0 };
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
	policy.host = (struct hostconf){ { 1000000000, 65536 }, 1001 };
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
	policy.host.first_uid = 999;
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
	/* A block must be whole. */
	policy.host.pool.count = 2 * 65536 - 1;
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
	policy.host.pool.count = 2 * 65536;
	assert_allowed("security.confined");
	/* 65536 * 65536 ids further on is the same place, counted in 32 bits. */
	caller.uid = 999 + 65536;
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
	caller.uid = ID_MAX;
	assert_refused("security.confined", REFUSAL_NO_IDS, lab);
}

static void
refuses_bad_ids(void **state)
{
	static const struct {
		const char *what;
		uint32_t uid, gid;
		struct id_range subuid, subgid;
		uint32_t owner_id, watch_id;
	} cases[] = {
		{ "subuid of the system", 1000, 1000, { 0, 9 }, { 100000, 9 }, 2147480001,
		    2147480002 },
		{ "subgid of the system", 1000, 1000, { 100000, 9 }, { 1, 9 }, 2147480001,
		    2147480002 },
		{ "subuid reserved", 1000, 1000, { 2147400000, 9 }, { 100000, 9 }, 2147480001,
		    2147480002 },
		{ "own uid", 100008, 1000, { 100000, 9 }, { 100000, 9 }, 2147480001, 2147480002 },
		{ "own gid", 1000, 100008, { 100000, 9 }, { 100000, 9 }, 2147480001, 2147480002 },
		{ "owner mapped", 1000, 1000, { 100000, 9 }, { 100000, 9 }, 100008, 2147480002 },
		{ "watcher mapped", 1000, 1000, { 100000, 9 }, { 200000, 9 }, 2147480001, 100008 },
		{ "watcher mapped as a group", 1000, 1000, { 100000, 9 }, { 200000, 9 }, 2147480001,
		    200008 },
		{ "owner is watcher", 1000, 1000, { 100000, 9 }, { 100000, 9 }, 2147480001,
		    2147480001 },
		/* Beside the reserved ids, which no user may have whatever owns their namespace. */
		{ "owner is user", 90000, 1000, { 100000, 9 }, { 100000, 9 }, 90000, 2147480002 },
		{ "watcher is user", 90000, 1000, { 100000, 9 }, { 100000, 9 }, 2147480001, 90000 },
		{ "user is reserved", 2147480003, 1000, { 100000, 9 }, { 100000, 9 }, 2147480001,
		    2147480002 },
		{ "owner is an account", 1000, 1000, { 100000, 9 }, { 100000, 9 }, 65535,
		    2147480002 },
		{ "watcher is an account", 1000, 1000, { 100000, 9 }, { 100000, 9 }, 2147480001,
		    65535 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct allow *alice;

		setup(NULL);
		alice = add_alice(ALICE "entitlements = security.confined\n");
		caller.uid = cases[i].uid;
		caller.gid = cases[i].gid;
		alice->subuid = cases[i].subuid;
		alice->subgid = cases[i].subgid;
		alice->owner_id = cases[i].owner_id;
		alice->watch_id = cases[i].watch_id;
		ask_as(ENGINE_SHARED, "security.confined");
		assert_judged(cases[i].what, REFUSAL_BAD_IDS, alice);
	}
}

static void
refuses_bad_ids_that_were_derived(void **state)
{
	struct allow *lab =
	    add_lab("[grant]\ngid = 2000\nsubids = auto\nentitlements = security.confined\n");

	(void)state;
	/* A pool that berth.conf could not have, and one in which the user's own ids lie. */
	policy.host = (struct hostconf){ { 1, 65536 }, 1000 };
	assert_refused("security.confined", REFUSAL_BAD_IDS, lab);
	policy.host = (struct hostconf){ { 100000, 65536 }, 100000 };
	caller.uid = 100000;
	assert_refused("security.confined", REFUSAL_BAD_IDS, lab);
	caller.uid = 165535;
	policy.host.first_uid = 165535;
	assert_refused("security.confined", REFUSAL_BAD_IDS, lab);
	caller.uid = 165534;
	policy.host.first_uid = 165534;
	assert_refused("security.confined", REFUSAL_BAD_IDS, lab);
}

/* A block of the pool is one user's: nobody else is given it by hand, and nobody is one of its ids:
 * a process of a container that found a setuid file would be that user, except-uid or not. */
static void
refuses_bad_ids_out_of_the_pool(void **state)
{
	struct allow *alice = add_alice(ALICE "entitlements = security.confined\n");

	(void)state;
	assert_allowed("security.confined");
	alice->subuid = (struct id_range){ 1000000000 + 65535, 2 };
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	alice->subuid = (struct id_range){ 1000000000 - 2, 2 };
	assert_allowed("security.confined");
	alice->subgid = (struct id_range){ 1000000000 - 2, 3 };
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	alice->subgid = alice->subuid;
	caller.gid = 1000000000;
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	caller.gid = 1000;
	assert_allowed("security.confined");
	caller.uid = 1000000000;
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	caller.uid = ID_RESERVED_MIN;
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
}

/* The users of the pool are accounts: inside, and by a setuid file of its own, one of them would be
 * another. */
static void
refuses_bad_ids_that_are_users(void **state)
{
	struct allow *alice = add_alice(ALICE "entitlements = security.confined\n");

	(void)state;
	/* Three blocks and what is not one more. */
	policy.host = (struct hostconf){ { 1000000000, 4 * 65536 - 1 }, 200000 };
	alice->subuid = (struct id_range){ 200000 - 9, 9 };
	assert_allowed("security.confined");
	alice->subuid.count = 10;
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	alice->subuid = (struct id_range){ 200002, 9 };
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	alice->subuid.start = 200003;
	assert_allowed("security.confined");
	alice->subuid = (struct id_range){ 190000, 20000 };
	assert_refused("security.confined", REFUSAL_BAD_IDS, alice);
	/* Without a pool it is nobody's. */
	policy.host.pool.count = 0;
	assert_allowed("security.confined");
}

/* --- the form of the answer ----------------------------------------------------------------------- */

static void
a_verdict_is_many_bits_away_from_another(void **state)
{
	static const uint32_t others[] = { VERDICT_INVALID, UINT32_MAX, 1, 2, VERDICT_REFUSE };
	static const struct decision zeroed;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(__builtin_popcount(VERDICT_ALLOW ^ others[i]) >= 12);
	assert_true(__builtin_popcount(VERDICT_REFUSE) >= 12);
	assert_int_not_equal(zeroed.verdict, VERDICT_ALLOW);
	assert_int_not_equal(zeroed.verdict, VERDICT_REFUSE);
	assert_int_equal(zeroed.refusal, REFUSAL_INVALID);
}

static void
every_refusal_has_a_name(void **state)
{
	static const char *const names[] = { "invalid", "root", "no_grant", "excluded",
		"not_granted", "expired", "unavailable", "engine", "revoked", "no_ids", "bad_ids",
		"map", "map_short" };

	(void)state;
	for (int i = 0; i <= REFUSAL_MAP_SHORT; i++)
		assert_string_equal(refusal_name((enum refusal)i), names[i]);
	assert_string_equal(refusal_name((enum refusal)(REFUSAL_MAP_SHORT + 1)), "invalid");
	assert_string_equal(refusal_name((enum refusal)0x7fffffff), "invalid");
}

/* --- maps of one's own ------------------------------------------------------------------------ */

/* The lines of a map, as the launcher's command line has them; NULL: the usual map. */
static enum verdict
ask_with_maps(const char *uids, const char *gids)
{
	static struct idmap_line lines[2][IDMAP_LINES_MAX];
	static struct idmap maps[2];
	const struct entitlement wanted = { .id = ENT_SECURITY_CONFINED };
	const struct request request = { .now = NOW,
		.mode = ENGINE_ONCE,
		.nwants = 1,
		.wants = &wanted,
		.uids = uids != NULL ? &maps[0] : NULL,
		.gids = gids != NULL ? &maps[1] : NULL };

	memset(maps, 0, sizeof(maps));
	/* What is no map is one without lines. */
	if ((uids != NULL && *uids != '\0' && idmap_parse(uids, lines[0], &maps[0]) < 0) ||
	    (gids != NULL && *gids != '\0' && idmap_parse(gids, lines[1], &maps[1]) < 0))
		fail_msg("%s %s", uids, gids);
	memset(&decision, 0xff, sizeof(decision));
	decide(&caller, &policy, &request, &decision);
	return (decision.verdict);
}

#define ANY ALICE "engine = any\n"
#define UIDS "0:100000:1000,1000:1000:1,1001:101000:64536"
#define GIDS "0:1000:1,1:200000:65536"

static void
allows_maps_of_what_was_granted(void **state)
{
	static const char *const maps[][2] = { { "0:1000:1", "0:1000:1" },
		{ "0:1000:1,1:100000:65536", "0:1000:1,1:200000:65536" }, { UIDS, GIDS },
		/* In any order, the first and the last id alone, and far away inside. */
		{ "7:165535:1,5:1000:1,0:100000:1", GIDS },
		{ UIDS, "1000:1000:1,0:265535:1,70000:200000:65535" }, { UIDS, NULL },
		{ NULL, GIDS } };
	char text[128];

	(void)state;
	add_alice(ANY "entitlements = security.confined\n");
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (ask_with_maps(maps[i][0], maps[i][1]) != VERDICT_ALLOW)
			fail_msg("%zu: %s", i, refusal_name(decision.refusal));
		assert_int_equal(decision.grant.uids.n != 0, maps[i][0] != NULL);
		assert_int_equal(decision.grant.gids.n != 0, maps[i][1] != NULL);
	}
	assert_int_equal(ask_with_maps(UIDS, GIDS), VERDICT_ALLOW);
	assert_true(idmap_format(text, sizeof(text), &decision.grant.uids) > 0);
	assert_string_equal(text, "0 100000 1000\n1000 1000 1\n1001 101000 64536\n");
	assert_true(idmap_format(text, sizeof(text), &decision.grant.gids) > 0);
	assert_string_equal(text, "0 1000 1\n1 200000 65536\n");
	assert_allowed("security.confined");
	assert_int_equal(decision.grant.uids.n + decision.grant.gids.n, 0);
}

static void
refuses_maps_with_ids_of_others(void **state)
{
	/* Each is added to a map that is allowed: {host's first id, how many}. */
	static const struct id_range others[] = { { 0, 1 }, { 0, 1000 }, { 1, 1 }, { 999, 1 },
		{ 999, 2 }, { 1000, 2 }, { 1001, 1 }, { 65534, 1 }, { 99999, 1 }, { 99999, 2 },
		{ 99999, 65537 }, { 165536, 1 }, { 165535, 2 }, { 100000, 65537 },
		{ 2147480001, 1 }, { 2147480002, 1 }, { 2147400000, 80003 }, { 200000, 1 },
		{ 2147483646, 1 }, { 1000000000, 1 }, { 100001, 2147383646 } };
	struct allow *alice = add_alice(ANY "entitlements = security.confined\n");
	char map[64];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct id_range *other = &others[i];

		/* Alone, and behind what is allowed. */
		snprintf(map, sizeof(map), "0:%u:%u", other->start, other->count);
		ask_with_maps(map, GIDS);
		assert_judged(map, REFUSAL_MAP, alice);
		if (other->start == 1000 || other->start == 999)
			continue;
		snprintf(map, sizeof(map), "0:1000:1,1:%u:%u", other->start, other->count);
		ask_with_maps(map, GIDS);
		assert_judged(map, REFUSAL_MAP, alice);
	}
	/* The groups' range is not the users', nor is the other way. */
	ask_with_maps(UIDS, "0:1000:1,1:100000:1");
	assert_judged("gids", REFUSAL_MAP, alice);
	ask_with_maps(NULL, "0:1000:1,1:0:1");
	assert_judged("gids", REFUSAL_MAP, alice);
	ask_with_maps("0:1000:1,1:200000:1", NULL);
	assert_judged("uids", REFUSAL_MAP, alice);
}

/* What no parser lets through: a sum that wraps. */
static void
refuses_maps_that_wrap(void **state)
{
	const struct entitlement wanted = { .id = ENT_SECURITY_CONFINED };
	struct idmap_line lines[2] = { { 0, 1000, 1 }, { 1, 100001, UINT32_MAX } };
	const struct idmap map = { 2, lines };
	const struct request request = {
		.now = NOW, .mode = ENGINE_ONCE, .nwants = 1, .wants = &wanted, .uids = &map
	};
	struct allow *alice = add_alice(ANY "entitlements = security.confined\n");

	(void)state;
	decide(&caller, &policy, &request, &decision);
	assert_judged("wraps", REFUSAL_MAP, alice);
	lines[1] = (struct idmap_line){ 1, UINT32_MAX, 100002 };
	decide(&caller, &policy, &request, &decision);
	assert_judged("wraps", REFUSAL_MAP, alice);
}

static void
refuses_maps_without_root_or_caller(void **state)
{
	static const char *const maps[] = { "", "1:1000:1", "0:100000:65536", "1000:1000:1",
		"1:1000:1,2:100000:65534", "1:100000:65536", "0:100000:1,1:101000:1" };
	struct allow *alice = add_alice(ANY "entitlements = security.confined\n");
	char gids[64];

	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		ask_with_maps(maps[i], GIDS);
		assert_judged(maps[i], REFUSAL_MAP_SHORT, alice);
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(gids, sizeof(gids), "%s", i == 2 ? "0:200000:65536" : maps[i]);
		ask_with_maps(UIDS, gids);
		assert_judged(gids, REFUSAL_MAP_SHORT, alice);
	}
}

/* Everybody who is not in a map looks like 65534 inside: who is that in it would be everybody. */
static void
refuses_maps_in_which_the_caller_is_nobody(void **state)
{
	static const char *const maps[][2] = { { "0:100000:1,65534:1000:1",
						   "0:200000:1,65534:1000:1" },
		{ "65534:1000:1,0:100000:65534", "65534:1000:1,0:200000:65534" },
		{ "65534:1000:1", "65534:1000:1" } };
	struct allow *alice = add_alice(ANY "entitlements = security.confined\n");

	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		ask_with_maps(maps[i][0], GIDS);
		assert_judged(maps[i][0], REFUSAL_MAP, alice);
		ask_with_maps(maps[i][0], NULL);
		assert_judged(maps[i][0], REFUSAL_MAP, alice);
		ask_with_maps(UIDS, maps[i][1]);
		assert_judged(maps[i][1], REFUSAL_MAP, alice);
	}
	/* What is granted may be: nothing that matters belongs to it. The numbers beside it are numbers. */
	assert_int_equal(
	    ask_with_maps("0:1000:1,65534:100000:2", "0:1000:1,65533:200000:3"), VERDICT_ALLOW);
	assert_int_equal(
	    ask_with_maps("0:100000:1,65533:1000:1", "0:200000:1,65535:1000:1"), VERDICT_ALLOW);
}

/* A map does not mend what is wrong with the grant, nor does it come before that. */
static void
maps_are_the_last_question(void **state)
{
	struct allow *alice = add_alice(ANY "entitlements = security.confined\n");

	(void)state;
	alice->watch_id = 100008;
	ask_with_maps("0:1000:1", "0:1000:1");
	assert_judged("bad ids", REFUSAL_BAD_IDS, alice);
	setup(NULL);
	alice = add_alice(ANY PAST "entitlements = security.confined\n");
	ask_with_maps("0:0:1", "0:0:1");
	assert_judged("expired", REFUSAL_EXPIRED, alice);
	setup(NULL);
	caller.uid = 0;
	ask_with_maps("0:0:1", "0:0:1");
	assert_judged("root", REFUSAL_ROOT, NULL);
}

/* Who asks is not changed by asking. */
static void
changes_nothing_but_the_decision(void **state)
{
	static struct allow before;
	struct policy policy_before;
	struct caller caller_before = caller;

	(void)state;
	before = *add_alice(ALICE "entitlements = security.confined\n");
	policy_before = policy;
	assert_allowed("security.confined");
	assert_refused("network.host", REFUSAL_NOT_GRANTED, NULL);
	assert_memory_equal(&before, policy.files[0], sizeof(before));
	assert_memory_equal(&policy_before, &policy, sizeof(policy));
	assert_memory_equal(&caller_before, &caller, sizeof(caller));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(allows_what_the_user_was_granted),
		TEST(allows_what_always_is),
		TEST(allows_the_union_of_user_and_groups),
		TEST(takes_root_and_ids_from_the_user_then_from_the_lowest_group),
		TEST(ends_with_the_first_file_that_was_needed),
		TEST(does_not_end_before_another_file_that_allows_it),
		TEST(a_live_file_replaces_one_that_ended),
		TEST(takes_the_first_rule_that_covers),
		TEST(derives_ids_from_the_uid),
		TEST(refuses_root),
		TEST(refuses_a_gid_that_is_none_or_roots),
		TEST(refuses_no_grant),
		TEST(refuses_excluded),
		TEST(refuses_what_only_an_excluding_file_has),
		TEST(an_excluding_file_gives_no_ids),
		TEST(refuses_not_granted),
		TEST(refuses_all_for_one_that_is_not_granted),
		TEST(refuses_a_request_for_nothing),
		TEST(refuses_expired),
		TEST(refuses_expired_for_one_of_two_files),
		TEST(refuses_what_always_is_when_all_has_expired),
		TEST(refuses_unavailable),
		TEST(refuses_entitlements_that_are_none),
		TEST(refuses_engine),
		TEST(a_mode_bars_only_its_own_file),
		TEST(refuses_revoked),
		TEST(what_is_revoked_counts_for_nothing),
		TEST(a_file_without_ids_hides_none),
		TEST(ids_come_from_the_first_file_that_has_them),
		TEST(refuses_no_ids),
		TEST(refuses_no_ids_outside_of_the_pool),
		TEST(refuses_bad_ids),
		TEST(refuses_bad_ids_that_were_derived),
		TEST(refuses_bad_ids_out_of_the_pool),
		TEST(refuses_bad_ids_that_are_users),
		TEST(allows_maps_of_what_was_granted),
		TEST(refuses_maps_with_ids_of_others),
		TEST(refuses_maps_that_wrap),
		TEST(refuses_maps_without_root_or_caller),
		TEST(refuses_maps_in_which_the_caller_is_nobody),
		TEST(maps_are_the_last_question),
		TEST(a_verdict_is_many_bits_away_from_another),
		TEST(every_refusal_has_a_name),
		TEST(changes_nothing_but_the_decision),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
