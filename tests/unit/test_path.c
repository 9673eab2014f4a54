/* SPDX-License-Identifier: ISC */
/*
 * Questions about path names (attacks.md A21).
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that paths are compared by whole components
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <string.h>

#include <cmocka.h>

#include "common/path.h"

static const char *const canonical[] = { "/", "/a", "/ab", "/a/b", "/a/b/c", "/.a", "/..a", "/...",
	"/a.", "/a..", "/a/.b", "/a/..b", "/a b", "/a\nb", "/\xc2\x80", "/a:ro", "/*" };

static const char *const other[] = { "", "a", "a/b", ".", "..", "./a", "../a", "~", "//", "/.",
	"/..", "/a/", "/a//", "/a//b", "//a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/../a", "/./a",
	"///", "/a/b/", "*", " /a" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
accepts_canonical_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(canonical); i++) {
		if (!path_is_canonical(canonical[i]))
			fail_msg("\"%s\" is canonical", canonical[i]);
	}
}

static void
refuses_other_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(other); i++) {
		if (path_is_canonical(other[i]))
			fail_msg("\"%s\" is not canonical", other[i]);
	}
}

static void
refuses_a_path_that_the_kernel_would_not_take(void **state)
{
	char path[PATH_MAX + 1];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[PATH_MAX] = '\0';
	assert_false(path_is_canonical(path));
	path[PATH_MAX - 1] = '\0';
	assert_true(path_is_canonical(path));
}

/* Every pair of the lists above; what is true stands here, all else is false. */
static void
knows_what_is_beneath(void **state)
{
	static const char *const true_pairs[][2] = { { "/a", "/a/b" }, { "/a", "/a/b/c" },
		{ "/a", "/a/.b" }, { "/a", "/a/..b" }, { "/a/b", "/a/b/c" } };

	(void)state;
	for (size_t i = 0; i < COUNT(canonical); i++) {
		for (size_t j = 0; j < COUNT(canonical); j++) {
			const char *parent = canonical[i], *path = canonical[j];
			bool wanted = i == 0 || i == j;

			for (size_t k = 0; k < COUNT(true_pairs); k++) {
				wanted = wanted || (strcmp(parent, true_pairs[k][0]) == 0 &&
						       strcmp(path, true_pairs[k][1]) == 0);
			}
			if (path_is_beneath(parent, path) != wanted)
				fail_msg("\"%s\" is %sbeneath \"%s\"", path, wanted ? "" : "not ",
				    parent);
		}
	}
}

static void
refuses_a_name_that_only_begins_alike(void **state)
{
	(void)state;
	assert_false(path_is_beneath("/data/safe", "/data/safe-but-unsafe"));
	assert_false(path_is_beneath("/data/safe", "/data/safe-but-unsafe/x"));
	assert_false(path_is_beneath("/data/safe", "/data/saf"));
	assert_false(path_is_beneath("/data/safe", "/data"));
	assert_true(path_is_beneath("/data/safe", "/data/safe/but/unsafe"));
}

static void
refuses_to_compare_other_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(other); i++) {
		for (size_t j = 0; j < COUNT(canonical); j++) {
			assert_false(path_is_beneath(other[i], canonical[j]));
			assert_false(path_is_beneath(canonical[j], other[i]));
		}
		for (size_t j = 0; j < COUNT(other); j++)
			assert_false(path_is_beneath(other[i], other[j]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_canonical_paths),
		cmocka_unit_test(refuses_other_paths),
		cmocka_unit_test(refuses_a_path_that_the_kernel_would_not_take),
		cmocka_unit_test(knows_what_is_beneath),
		cmocka_unit_test(refuses_a_name_that_only_begins_alike),
		cmocka_unit_test(refuses_to_compare_other_paths),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
