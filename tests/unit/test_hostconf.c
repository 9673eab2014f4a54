/* SPDX-License-Identifier: ISC */
/*
 * berth.conf.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that an empty file is good, and that a pool is whole and lies where it may
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/policy.h"

static struct hostconf conf;
static struct err err;

static int
parse(const char *text)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	memset(&conf, 0xff, sizeof(conf));
	return (hostconf_parse("berth.conf", copy, strlen(copy), &conf, &err));
}

static void
assert_refused(const char *text, const char *what)
{
	if (parse(text) == 0)
		fail_msg("read without an error: %s", text);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strncmp(err.what, what, strlen(what)) != 0)
		fail_msg("\"%s\" is not \"%s...\"", err.what, what);
}

static void
accepts_an_empty_file(void **state)
{
	static const char *const texts[] = { "", "\n", "; nothing here\n", "[ids]\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(parse(texts[i]), 0);
		assert_int_equal(conf.pool.start, 0);
		assert_int_equal(conf.pool.count, 0);
		assert_int_equal(conf.first_uid, 0);
	}
}

static void
accepts_a_pool(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("[ids]\nbase = 1000000000\ncount = 655360000\nfirst-uid = 1000\n"), 0);
	assert_int_equal(conf.pool.start, 1000000000);
	assert_int_equal(conf.pool.count, 655360000);
	assert_int_equal(conf.first_uid, 1000);
	assert_int_equal(parse("[ids]\nfirst-uid = 1\ncount = 2147334464\nbase = 65536\n"), 0);
}

static void
refuses_half_a_pool(void **state)
{
	static const char whole[] = "berth.conf: [ids] needs base, count and first-uid";

	(void)state;
	assert_refused("[ids]\nbase = 1000000000\n", whole);
	assert_refused("[ids]\ncount = 65536\n", whole);
	assert_refused("[ids]\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 1000000000\ncount = 65536\n", whole);
	assert_refused("[ids]\nbase = 1000000000\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\ncount = 65536\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 1000000000\ncount = 65536\nfirst-uid = 0\n", whole);
}

static void
refuses_a_pool_in_the_wrong_place(void **state)
{
	static const char whole[] = "berth.conf: [ids] needs base, count and first-uid";

	(void)state;
	assert_refused("[ids]\nbase = 65535\ncount = 65536\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 1\ncount = 65536\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 65536\ncount = 2147334465\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 2147400000\ncount = 1\nfirst-uid = 1000\n", whole);
	assert_refused("[ids]\nbase = 65536\ncount = 65536\nfirst-uid = 65536\n", whole);
	assert_string_equal(
	    err.why, "the pool must lie between 65536 and 2147400000 and hold none of its users");
}

static void
refuses_malformed_lines(void **state)
{
	(void)state;
	assert_refused("[ids]\nbase = -1\n", "berth.conf:2: the value is a number");
	assert_refused("[ids]\nbase = 1\ncount = 2147483647\n", "berth.conf:3: the value is");
	assert_refused("[ids]\nbase = 1\nbase = 1\n", "berth.conf:3: this key was");
	assert_refused("[ids]\nowner = 1\n", "berth.conf:2: unknown key");
	assert_refused("\n[grant]\nuid = 1000\n", "berth.conf:2: unknown section");
	assert_refused("[ids]\nbase = 1 ; x\n", "berth.conf:2: a comment");
	assert_refused("[preset x]\n", "berth.conf:1: a section");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_an_empty_file),
		cmocka_unit_test(accepts_a_pool),
		cmocka_unit_test(refuses_half_a_pool),
		cmocka_unit_test(refuses_a_pool_in_the_wrong_place),
		cmocka_unit_test(refuses_malformed_lines),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
