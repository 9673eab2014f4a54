/* SPDX-License-Identifier: ISC */
/*
 * One file of the allow-list: what each key takes and what it refuses.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that a value that is not understood refuses the file, with its line
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/inistrict.h"
#include "common/policy.h"

static struct allow allow;
static struct err err;

static int
parse_as(enum principal kind, uint32_t id, const char *text)
{
	static char copy[INI_FILE_MAX];

	snprintf(copy, sizeof(copy), "%s", text);
	allow_init(&allow, kind, id);
	return (allow_parse(&allow, copy, strlen(copy), &err));
}

/* line stands in the third line of uid-1000.conf. */
static int
parse_line(const char *line)
{
	static char text[INI_FILE_MAX];

	snprintf(text, sizeof(text), "[grant]\nuid = 1000\n%s\n", line);
	return (parse_as(PRINCIPAL_UID, 1000, text));
}

static void
assert_taken(const char *line)
{
	if (parse_line(line) < 0)
		fail_msg("\"%s\": %s", line, err.what);
}

static void
assert_refused_line(const char *line, const char *why)
{
	static const char where[] = "/etc/berth/allow/uid-1000.conf:3: ";

	if (parse_line(line) == 0)
		fail_msg("\"%s\" was taken", line);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strncmp(err.what, where, strlen(where)) != 0 || strstr(err.what, why) == NULL)
		fail_msg("\"%s\" is not \"%s...%s...\"", err.what, where, why);
}

/* key with each of values, which end with NULL. */
static void
assert_refused_values(const char *key, const char *const *values, const char *why)
{
	char line[128];

	for (; *values != NULL; values++) {
		snprintf(line, sizeof(line), "%s = %s", key, *values);
		assert_refused_line(line, why);
	}
}

static void
begins_with_the_defaults(void **state)
{
	(void)state;
	memset(&allow, 0xff, sizeof(allow));
	allow_init(&allow, PRINCIPAL_UID, 2147483646);
	assert_string_equal(allow.file, "/etc/berth/allow/uid-2147483646.conf");
	assert_int_equal(allow.kind, PRINCIPAL_UID);
	assert_int_equal(allow.engine, ENGINE_SHARED);
	assert_int_equal(allow.nrules, 0);
	assert_int_equal(allow.nexcept, 0);
	assert_int_equal(allow.until, 0);
	assert_int_equal(allow.subuid.count, 0);
	assert_int_equal(allow.subgid.count, 0);
	assert_int_equal(allow.owner_id, 0);
	assert_false(allow.subids_auto);
	assert_null(allow.root);
	allow_init(&allow, PRINCIPAL_GID, 2000);
	assert_string_equal(allow.file, "/etc/berth/allow/gid-2000.conf");
}

/* The example of entitlements.md, without what this version refuses. */
static void
accepts_a_whole_file(void **state)
{
	(void)state;
	assert_int_equal(parse_as(PRINCIPAL_UID, 1000,
			     "; by hand\n[grant]\nuid = 1000\nname = alice\n"
			     "root = /home/alice/state\n"
			     "entitlements = security.confined network.user device=/dev/kvm\n"
			     "subuid = 100000:65536\nsubgid = 200000:65536\n"
			     "owner-id = 2147480001\nwatch-id = 2147480002\nengine = once\n"
			     "until = 2027-01-01T00:00Z\ntimeout = 10m\n"),
	    0);
	assert_string_equal(allow.name, "alice");
	assert_string_equal(allow.root, "/home/alice/state");
	assert_int_equal(allow.nrules, 3);
	assert_int_equal(allow.rules[0].ent.id, ENT_SECURITY_CONFINED);
	assert_null(allow.rules[0].ent.value);
	assert_int_equal(allow.rules[2].ent.id, ENT_DEVICE);
	assert_string_equal(allow.rules[2].ent.value, "/dev/kvm");
	assert_int_equal(allow.rules[2].line, 6);
	assert_int_equal(allow.subuid.start, 100000);
	assert_int_equal(allow.subuid.count, 65536);
	assert_int_equal(allow.subgid.start, 200000);
	assert_int_equal(allow.owner_id, 2147480001);
	assert_int_equal(allow.watch_id, 2147480002);
	assert_int_equal(allow.engine, ENGINE_ONCE);
	assert_int_equal(allow.until, 1798761600);
	assert_int_equal(allow.timeout, 600);
}

static void
accepts_a_groups_file(void **state)
{
	(void)state;
	assert_int_equal(parse_as(PRINCIPAL_GID, 2000,
			     "[grant]\ngid = 2000\nsubids = auto\nengine = any\n"
			     "except-uid = 1002 1003\n"),
	    0);
	assert_true(allow.subids_auto);
	assert_int_equal(allow.engine, ENGINE_ANY);
	assert_int_equal(allow.nexcept, 2);
	assert_int_equal(allow.except[0], 1002);
	assert_int_equal(allow.except[1], 1003);
}

static void
assert_somebody_else(enum principal kind, uint32_t id, const char *text)
{
	if (parse_as(kind, id, text) == 0)
		fail_msg("taken for %u: %s", id, text);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.what, "[grant] must say whose it is"));
	assert_int_equal(
	    strncmp(err.why, kind == PRINCIPAL_UID ? "uid = 1000 " : "gid = 1000 ", 11), 0);
}

static void
refuses_a_file_of_somebody_else(void **state)
{
	(void)state;
	assert_somebody_else(PRINCIPAL_UID, 1000, "");
	assert_somebody_else(PRINCIPAL_UID, 1000, "[grant]\n");
	assert_somebody_else(PRINCIPAL_UID, 1000, "[grant]\nuid = 1001\n");
	assert_somebody_else(PRINCIPAL_UID, 1000, "[grant]\ngid = 1000\n");
	assert_somebody_else(PRINCIPAL_UID, 1000, "[grant]\nuid = 1000\ngid = 1000\n");
	assert_somebody_else(PRINCIPAL_GID, 1000, "[grant]\n");
	assert_somebody_else(PRINCIPAL_GID, 1000, "[grant]\ngid = 1001\n");
	assert_somebody_else(PRINCIPAL_GID, 1000, "[grant]\nuid = 1000\n");
	assert_somebody_else(PRINCIPAL_GID, 1000, "[grant]\nuid = 1000\ngid = 1000\n");
	/* name is for people: it makes a file nobody's. */
	assert_somebody_else(PRINCIPAL_UID, 1000, "[grant]\nname = alice\n");
}

static void
refuses_bad_ids(void **state)
{
	static const char *const values[] = { "-1", "+1", "0x3e8", "01000", "1e3", "1000 1001",
		"'1000'", "4294967295", "4294967296", "4294968296", "2147483647", "alice", NULL };

	(void)state;
	assert_refused_values("gid", values, "an id is");
	assert_refused_line("uid = 1000", "was there before");
}

static void
refuses_bad_names(void **state)
{
	static const char *const values[] = { "0day", "-x", "Alice", "al ice", "a.b", "a/b", "'a'",
		"$a", "\xc3\xa4", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL };

	(void)state;
	assert_refused_values("name", values, "a name is");
	assert_taken("name = a");
	assert_taken("name = _");
	assert_taken("name = a-b_9");
	assert_taken("name = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(strlen(allow.name), 32);
}

static void
refuses_bad_roots(void **state)
{
	static const char *const values[] = { "/", "state", "./state", "~/state", "/a/", "/a//b",
		"/a/../b", "/a/.", "''", "'/a", "\"/a", "/a\\", "/a b", "/a ''", NULL };

	(void)state;
	assert_refused_values("root", values, "root is one absolute path");
	assert_taken("root = '/a b'");
	assert_string_equal(allow.root, "/a b");
	assert_taken("root = /a");
	assert_string_equal(allow.root, "/a");
}

static void
refuses_bad_entitlements(void **state)
{
	static const char *const unknown[] = { "root", "security", "security.confined,network.host",
		"''", "security.confined root", NULL };
	static const char *const quotes[] = { "'security.confined", "security.confined 'x",
		"security.confined \\", "\"mount=/a", NULL };
	static const char *const paths[] = { "mount=a", "mount=/a/../b", NULL };

	(void)state;
	assert_refused_values("entitlements", unknown, "unknown entitlement");
	assert_refused_values("entitlements", quotes, "a quote is not closed");
	assert_refused_values("entitlements", paths, "the path is not");
}

static void
values_of_entitlements_are_kept(void **state)
{
	(void)state;
	assert_taken("entitlements = mount=/a:ro 'mount=/b c' image=x mount=*");
	assert_int_equal(allow.nrules, 4);
	assert_string_equal(allow.rules[0].ent.value, "/a");
	assert_true(allow.rules[0].ent.readonly);
	assert_string_equal(allow.rules[1].ent.value, "/b c");
	assert_false(allow.rules[1].ent.readonly);
	assert_string_equal(allow.rules[2].ent.value, "x");
	assert_string_equal(allow.rules[3].ent.value, "*");
	/* They are in the file's own text, which outlives what was parsed. */
	for (size_t i = 0; i < allow.nrules; i++) {
		assert_true(allow.rules[i].ent.value >= allow.text);
		assert_true(allow.rules[i].ent.value < allow.text + allow.text_used);
	}
}

static void
refuses_too_many_entitlements(void **state)
{
	char line[INI_LINE_MAX] = "entitlements =";

	(void)state;
	for (size_t i = 0; i < ALLOW_RULES_MAX; i++)
		strcat(line, " image=*");
	assert_taken(line);
	assert_int_equal(allow.nrules, ALLOW_RULES_MAX);
	strcat(line, " image=*");
	assert_refused_line(line, "more than 256");
}

/* No file can be so long that its values do not fit; if one could, it would be refused. */
static void
refuses_values_that_do_not_fit(void **state)
{
	char text[] = "[grant]\nuid = 1000\nroot = /abc\n";

	(void)state;
	allow_init(&allow, PRINCIPAL_UID, 1000);
	allow.text_used = ALLOW_TEXT_MAX - 5;
	assert_int_equal(allow_parse(&allow, text, strlen(text), &err), 0);
	assert_int_equal(allow.text_used, ALLOW_TEXT_MAX);

	char again[] = "[grant]\nuid = 1000\nentitlements = image=*\n";

	allow_init(&allow, PRINCIPAL_UID, 1000);
	allow.text_used = ALLOW_TEXT_MAX - 1;
	assert_int_equal(allow_parse(&allow, again, strlen(again), &err), -1);
	assert_non_null(strstr(err.what, ":3: the values of this file are too long"));
	assert_int_equal(allow.text_used, ALLOW_TEXT_MAX - 1);
}

static void
refuses_bad_ranges(void **state)
{
	static const char *const values[] = { "100000", "100000:0", "100000:", ":65536", "0:65536",
		"65535:1", "100000-165535", "100000:65536 200000:65536", "2147400000:1",
		"2147399999:2", "100000:4294967295", "auto", NULL };

	(void)state;
	assert_refused_values("subuid", values, "a range is");
	assert_refused_values("subgid", values, "a range is");
	assert_taken("subuid = 65536:2147334464");
	assert_taken("subgid = 2147399999:1");
}

static void
refuses_bad_subids(void **state)
{
	static const char *const values[] = { "Auto", "yes", "true", "1", "auto ''", "100000:65536",
		NULL };

	(void)state;
	assert_refused_values("subids", values, "the only value is 'auto'");
	assert_taken("subids = auto");
	assert_true(allow.subids_auto);
}

static void
refuses_bad_reserved_ids(void **state)
{
	static const char *const values[] = { "0", "1000", "65534", "2147399999", "2147483647",
		"4294967295", "-1", "x", NULL };

	(void)state;
	assert_refused_values("owner-id", values, "a reserved id lies");
	assert_refused_values("watch-id", values, "a reserved id lies");
	assert_taken("owner-id = 2147400000");
	assert_taken("watch-id = 2147483646");
}

static void
refuses_bad_engines(void **state)
{
	static const char *const values[] = { "Shared", "share", "none", "1", "once any", "''",
		NULL };

	(void)state;
	assert_refused_values("engine", values, "engine is");
	assert_taken("engine = shared");
	assert_int_equal(allow.engine, ENGINE_SHARED);
	assert_taken("engine = once");
	assert_int_equal(allow.engine, ENGINE_ONCE);
	assert_taken("engine = any");
	assert_int_equal(allow.engine, ENGINE_ANY);
}

static void
refuses_bad_dates(void **state)
{
	static const char *const values[] = { "2027-01-01", "never", "0", "2027-02-29T00:00Z",
		"1969-12-31T23:59Z", NULL };

	(void)state;
	assert_refused_values("until", values, "a date is");
	assert_refused_values("revoked", values, "a date is");
	assert_refused_line("revoked = 1970-01-01T00:00Z", "a date is");
	assert_refused_line("revoked = yes", "a date is");
	assert_taken("until = 2027-01-01T00:00:01Z");
	assert_int_equal(allow.until, 1798761601);
}

static void
a_revoked_grant_grants_nothing(void **state)
{
	(void)state;
	assert_taken("revoked = 2026-11-26T06:00:01Z");
	assert_int_equal(allow.revoked, 1795672801);
	assert_int_equal(allow.nrules, 0);
	assert_int_equal(parse_line("revoked = 2026-11-26T06:00Z\nentitlements = image=*"), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.what, "uid-1000.conf: it is revoked and grants something"));
	assert_int_equal(parse_line("entitlements = image=*\nrevoked = 2026-11-26T06:00Z"), -1);
}

/* 0 stands for "no end" in struct allow: a file with an end must never be read as one without. */
static void
an_end_in_1970_is_an_end(void **state)
{
	(void)state;
	assert_true(parse_line("until = 1970-01-01T00:00Z") < 0 || allow.until != 0);
	assert_true(parse_line("until = 1970-01-01T00:01Z") < 0 || allow.until == 60);
}

static void
refuses_bad_timeouts(void **state)
{
	static const char *const values[] = { "0", "-1", "1w", "10 m", "367d", "never", NULL };

	(void)state;
	assert_refused_values("timeout", values, "a duration is");
}

static void
refuses_except_uid_of_a_user(void **state)
{
	(void)state;
	assert_refused_line("except-uid = 1001", "belongs into a group's file");
}

static void
assert_bad_except(const char *values, const char *why)
{
	char text[1024];

	snprintf(text, sizeof(text), "[grant]\ngid = 2000\nexcept-uid = %s\n", values);
	if (parse_as(PRINCIPAL_GID, 2000, text) == 0)
		fail_msg("taken: %s", values);
	assert_non_null(strstr(err.what, "gid-2000.conf:3: "));
	assert_non_null(strstr(err.what, why));
}

static void
refuses_bad_except_uids(void **state)
{
	char text[1024] = "[grant]\ngid = 2000\nexcept-uid =";
	char *list = text + strlen(text) + 1;

	(void)state;
	assert_bad_except("1001,1002", "a list of at most 64 uids");
	assert_bad_except("1001 bob", "a list of at most 64 uids");
	assert_bad_except("1001 -1", "a list of at most 64 uids");
	assert_bad_except("''", "a list of at most 64 uids");
	assert_bad_except("4294968297", "a list of at most 64 uids");
	assert_bad_except("1001 '1002", "a quote is not closed");
	for (size_t i = 0; i < ALLOW_EXCEPT_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %zu", 1000 + i);
	strcat(text, "\n");
	assert_int_equal(parse_as(PRINCIPAL_GID, 2000, text), 0);
	assert_int_equal(allow.nexcept, ALLOW_EXCEPT_MAX);
	assert_int_equal(allow.except[ALLOW_EXCEPT_MAX - 1], 1063);
	text[strlen(text) - 1] = '\0';
	strcat(text, " 1064");
	assert_bad_except(list, "a list of at most 64 uids");
}

/* Who writes a limit relies on it. */
static void
refuses_limits(void **state)
{
	static const char *const keys[] = { "memory = 8G", "cpus = 4", "pids = 512", "jobs = 32" };
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(line, sizeof(line), "[limits]\n%s", keys[i]);
		assert_int_equal(parse_line(line), -1);
		assert_non_null(strstr(err.what, ".conf:4: limits are not available"));
	}
	assert_taken("[limits]");
}

static void
refuses_keys_that_are_not_in_the_manual(void **state)
{
	static const char *const lines[] = { "uid-2 = 1", "user = alice", "owner = 2147480001",
		"except-gid = 1", "preset = x", "entitlement = security.confined" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_refused_line(lines[i], "unknown key");
	assert_refused_line("[ids]", "unknown section");
	assert_refused_line("[grant]", "was there before");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_the_defaults),
		cmocka_unit_test(accepts_a_whole_file),
		cmocka_unit_test(accepts_a_groups_file),
		cmocka_unit_test(refuses_a_file_of_somebody_else),
		cmocka_unit_test(refuses_bad_ids),
		cmocka_unit_test(refuses_bad_names),
		cmocka_unit_test(refuses_bad_roots),
		cmocka_unit_test(refuses_bad_entitlements),
		cmocka_unit_test(values_of_entitlements_are_kept),
		cmocka_unit_test(refuses_too_many_entitlements),
		cmocka_unit_test(refuses_values_that_do_not_fit),
		cmocka_unit_test(refuses_bad_ranges),
		cmocka_unit_test(refuses_bad_subids),
		cmocka_unit_test(refuses_bad_reserved_ids),
		cmocka_unit_test(refuses_bad_engines),
		cmocka_unit_test(refuses_bad_dates),
		cmocka_unit_test(a_revoked_grant_grants_nothing),
		cmocka_unit_test(an_end_in_1970_is_an_end),
		cmocka_unit_test(refuses_bad_timeouts),
		cmocka_unit_test(refuses_except_uid_of_a_user),
		cmocka_unit_test(refuses_bad_except_uids),
		cmocka_unit_test(refuses_limits),
		cmocka_unit_test(refuses_keys_that_are_not_in_the_manual),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
