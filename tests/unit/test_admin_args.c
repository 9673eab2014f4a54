/* SPDX-License-Identifier: ISC */
/*
 * The command line of berth-admin: both spellings of a flag, every wrong one by its name.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave no verb and no flag untried
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "helper/admin/args.h"
#include "helper/admin/period.h"

#define WORDS_MAX 24
#define NOW 1800000000 /* 2027-01-15T08:00Z */

static char text[1024];
static struct args args;
static struct err err;

/* Cuts line at blanks; '_' stands for a blank within a word. */
static int
parse(const char *line)
{
	char *argv[WORDS_MAX] = { (char[]){ "berth-admin" } };
	char *save = NULL;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		for (char *at = word; *at != '\0'; at++)
			*at = *at == '_' ? ' ' : *at;
		argv[argc++] = word;
	}
	err = (struct err){ 0 };
	return (args_parse(argc, argv, &args, &err));
}

static void
assert_usage(const char *line, const char *what)
{
	assert_int_equal(parse(line), -1);
	assert_int_equal(err.code, ERR_USAGE);
	if (strstr(err.what, what) == NULL)
		fail_msg("'%s' says: %s", line, err.what);
}

static void
test_start(void **state)
{
	(void)state;
	assert_int_equal(parse("daemon start --root=/home/a/state/// --allow-user alice "
			       "--entitlements security.confined,network.host_mount=/x "
			       "--timeout=5m"),
	    0);
	assert_int_equal(args.verb, VERB_START);
	assert_string_equal(args.root, "/home/a/state");
	assert_string_equal(args.principal, "alice");
	assert_string_equal(args.timeout, "5m");
	assert_int_equal(args.nwords, 3);
	assert_string_equal(args.words[1], "network.host");
	assert_string_equal(args.words[2], "mount=/x");
}

static void
assert_period(const char *line, int64_t end, const char *in_file)
{
	struct period period;

	assert_int_equal(parse(line), 0);
	if (period_parse(&args, NOW, &period, &err) < 0)
		fail_msg("%s: %s", line, err.what);
	assert_int_equal(period.asked, strcmp(line, "grant alice") != 0);
	assert_int_equal(period.end, end);
	assert_string_equal(period.text, in_file);
}

static void
assert_no_period(const char *line, const char *what)
{
	struct period period;

	assert_int_equal(parse(line), 0);
	assert_int_equal(period_parse(&args, NOW, &period, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	if (strstr(err.what, what) == NULL)
		fail_msg("'%s' says: %s", line, err.what);
}

static void
test_period(void **state)
{
	(void)state;
	assert_period("grant alice", 0, "");
	assert_period("grant alice --for=4h", NOW + 14400, "2027-01-15T12:00:00Z");
	assert_period("daemon start --allow-user=a --root=/r --entitlements=image=* --for 90s",
	    NOW + 90, "2027-01-15T08:01:30Z");
	assert_period("grant alice --until=2027-01-15T08:00:01Z", NOW + 1, "2027-01-15T08:00:01Z");
	assert_period("grant alice --until 2027-02-01T00:00Z", 1801440000, "2027-02-01T00:00Z");
	assert_period("grant alice --until=none", 0, "");
	assert_no_period("grant alice --for=0", "not a duration: 0");
	assert_no_period("grant alice --for=none", "not a duration: none");
	assert_no_period("grant alice --for=367d", "not a duration: 367d");
	assert_no_period("grant alice --until=4h", "not a date: 4h");
	assert_no_period("grant alice --until=2027-02-01", "not a date: 2027-02-01");
	assert_no_period("grant alice --until=1970-01-01T00:00Z", "not a date: 1970");
	assert_no_period("grant alice --until=2027-01-15T08:00Z", "would have ended already");
	assert_no_period("grant alice --until=2027-01-15T07:59:59Z", "would have ended already");
	assert_no_period("grant alice --for=4h --until=none", "--for and --until");
	assert_usage("grant alice --for=", "--for needs a value");
	assert_usage("grant alice --until", "--until needs a value");
	assert_usage("revoke alice --for=4h", "unknown flag: --for");
	assert_usage("grant alice --for=1h --for=1h", "--for is given twice");
}

static void
test_left(void **state)
{
	static const struct {
		int64_t left;
		const char *text;
	} cases[] = { { 0, "ended" }, { -1, "ended" }, { 1, "1 s" }, { 59, "59 s" },
		{ 60, "1 min" }, { 3599, "59 min" }, { 3600, "1 h 0 min" },
		{ 86399, "23 h 59 min" }, { 86400, "1 d 0 h" },
		{ 35 * 86400 + 4 * 3600, "35 d 4 h" } };
	char left[PERIOD_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		period_left(NOW + cases[i].left, NOW, left);
		assert_string_equal(left, cases[i].text);
	}
	period_left(0, NOW, left);
	assert_string_equal(left, "");
	period_date(0, left);
	assert_string_equal(left, "");
}

static void
test_grant(void **state)
{
	(void)state;
	assert_int_equal(parse("grant alice --engine=once"), 0);
	assert_string_equal(args.engine, "once");
	assert_int_equal(parse("grant -q @lab mount=/a,b --timeout 10m -- --odd"), 0);
	assert_int_equal(args.verb, VERB_GRANT);
	assert_true(args.quiet);
	assert_string_equal(args.principal, "@lab");
	assert_int_equal(args.nwords, 2);
	assert_string_equal(args.words[0], "mount=/a,b");
	assert_string_equal(args.words[1], "--odd");
	assert_int_equal(parse("revoke alice network.host"), 0);
	assert_int_equal(args.verb, VERB_REVOKE);
	assert_int_equal(parse("grants --format=json"), 0);
	assert_null(args.principal);
	assert_true(args.json);
	assert_int_equal(parse("grants bob"), 0);
	assert_string_equal(args.principal, "bob");
	assert_int_equal(parse("check /tmp/uid-1.conf"), 0);
	assert_string_equal(args.file, "/tmp/uid-1.conf");
	/* A root that is nothing but slashes stays one. */
	assert_int_equal(parse("grant alice --root=///"), 0);
	assert_string_equal(args.root, "/");
}

static void
test_wrong(void **state)
{
	(void)state;
	assert_usage("", "unknown command: (none)");
	assert_usage("destroy", "unknown command: destroy");
	assert_usage("daemon stop", "unknown command: daemon");
	assert_usage("grant alice --rot=/x", "unknown flag: --rot=/x");
	assert_usage("grant alice --allow-user=bob", "unknown flag: --allow-user");
	assert_usage("revoke alice --root=/x", "unknown flag: --root");
	assert_usage("grant alice --root", "--root needs a value");
	assert_usage("grant alice --root=", "--root needs a value");
	assert_usage("grant alice --root=/a --root=/b", "--root is given twice");
	assert_usage("grant alice --timeout=1m --timeout=2m", "--timeout is given twice");
	assert_usage("grant alice --engine=any --engine=any", "--engine is given twice");
	assert_usage("grant", "whose");
	assert_usage("revoke", "whose");
	assert_usage("daemon start --root=/x --entitlements=a", "whose");
	assert_usage("daemon start --allow-user=a --entitlements=a", "--root is missing");
	assert_usage("daemon start --allow-user=a --root=/x", "--entitlements is missing");
	assert_usage("daemon start --entitlements=,", "--entitlements is empty");
	assert_usage("daemon start --entitlements=a --entitlements=b", "given twice");
	assert_usage("grants alice bob", "one argument too many: bob");
	assert_usage("check a b", "one argument too many: b");
	assert_usage("grants --format=xml", "unknown format: xml");
}

static void
test_later(void **state)
{
	static const char *const later[] = { "--preset=p", "--memory=1G", "--cpus=2", "--pids=3",
		"--jobs=4", "--jobs" };
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		snprintf(line, sizeof(line), "grant alice %s", later[i]);
		assert_usage(line, "is not available in this version");
	}
}

static void
test_too_many(void **state)
{
	static char *argv[ALLOW_RULES_MAX + 8], host[] = "network.host";
	int argc = 0;

	(void)state;
	argv[argc++] = (char[]){ "berth-admin" };
	argv[argc++] = (char[]){ "grant" };
	argv[argc++] = (char[]){ "alice" };
	for (int i = 0; i < ALLOW_RULES_MAX; i++)
		argv[argc++] = host;
	assert_int_equal(args_parse(argc, argv, &args, &err), 0);
	argv[argc++] = host;
	assert_int_equal(args_parse(argc, argv, &args, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_period),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_too_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
