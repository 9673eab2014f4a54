/* SPDX-License-Identifier: ISC */
/*
 * Names of entries in an archive.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that no name leads upwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/archive/name.h"

static void
clean_names(void **state)
{
	static const struct {
		const char *raw;
		const char *clean;
	} names[] = {
		{ "a", "a" },
		{ "a/b", "a/b" },
		{ "/a", "a" },
		{ "///a//b///", "a/b" },
		{ "./a/./b/.", "a/b" },
		{ ".", "" },
		{ "./", "" },
		{ "/", "" },
		{ "", "" },
		{ "...", "..." },
		{ "..a/a..", "..a/a.." },
		{ ".a", ".a" },
		{ "a\\b", "a\\b" },
	};
	char clean[PATH_MAX];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(name_clean(names[i].raw, clean, &why), 0);
		assert_string_equal(clean, names[i].clean);
	}
}

static void
refused_names(void **state)
{
	static const char *const names[] = { "..", "../a", "a/..", "a/../b", "/..", "./..",
		"a//..//b", ".././" };
	char clean[PATH_MAX];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		why = NULL;
		assert_int_equal(name_clean(names[i], clean, &why), -1);
		assert_string_equal(why, "it has \"..\" in its name");
	}
}

/* What fits is exactly what the buffer holds. */
static void
long_names(void **state)
{
	static char raw[2 * PATH_MAX];
	char clean[PATH_MAX];
	const char *why;

	(void)state;
	memset(raw, 'n', NAME_MAX);
	assert_int_equal(name_clean(raw, clean, &why), 0);
	raw[NAME_MAX] = 'n';
	assert_int_equal(name_clean(raw, clean, &why), -1);
	assert_string_equal(why, "its name is too long");
	for (size_t len = PATH_MAX - 4; len < PATH_MAX + 4; len++) {
		for (size_t i = 0; i < len; i++)
			raw[i] = i % 2 == 0 ? 'd' : '/';
		raw[len] = '\0';
		/* a slash at the end is none of it */
		assert_int_equal(
		    name_clean(raw, clean, &why), len - (len % 2 == 0) < PATH_MAX ? 0 : -1);
	}
}

static void
parts(void **state)
{
	(void)state;
	assert_int_equal(name_first("a/b"), 1);
	assert_int_equal(name_first("abc"), 3);
	assert_int_equal(name_first(""), 0);
	assert_string_equal(name_last("a/b/c"), "c");
	assert_string_equal(name_last("abc"), "abc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_names),
		cmocka_unit_test(refused_names),
		cmocka_unit_test(long_names),
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
