/* SPDX-License-Identifier: ISC */
/*
 * The set of files that a copy remembers.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that it finds what it has, and stays within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/archive/seen.h"

static struct stat
file(dev_t dev, ino_t ino)
{
	struct stat st = { .st_ino = ino };

	st.st_dev = dev;
	return st;
}

static void
finds(void **state)
{
	struct seen seen = { .cap = 0 };
	struct stat st = file(1, 1);

	(void)state;
	assert_null(seen_find(&seen, &st));
	for (ino_t i = 0; i < 5000; i++) {
		st = file(1 + i % 3, i);
		assert_int_equal(seen_add(&seen, &st, i % 2 == 0 ? "even" : NULL), 0);
	}
	for (ino_t i = 0; i < 5000; i++) {
		st = file(1 + i % 3, i);
		assert_non_null(seen_find(&seen, &st));
		assert_int_equal(seen_find(&seen, &st)->text != NULL, i % 2 == 0);
		st = file(1 + (i + 1) % 3, i);
		assert_null(seen_find(&seen, &st));
	}
	assert_int_equal(seen.n, 5000);
	seen_free(&seen);
	assert_null(seen_find(&seen, &st));
}

static void
replaces(void **state)
{
	struct seen seen = { .cap = 0 };
	const struct stat st = file(1, 7);

	(void)state;
	assert_int_equal(seen_add(&seen, &st, "first"), 0);
	assert_int_equal(seen_add(&seen, &st, "2"), 0);
	assert_string_equal(seen_find(&seen, &st)->text, "2");
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.bytes, 2);
	seen_free(&seen);
}

static void
is_bounded(void **state)
{
	struct seen seen = { .cap = 0 };
	char *text = calloc(1, SEEN_TEXT_MAX / 4 + 1);
	struct stat st;

	(void)state;
	assert_non_null(text);
	memset(text, 't', SEEN_TEXT_MAX / 4);
	for (ino_t i = 0; i < 3; i++) {
		st = file(1, i);
		assert_int_equal(seen_add(&seen, &st, text), 0);
	}
	st = file(1, 3);
	assert_int_equal(seen_add(&seen, &st, text), -1);
	assert_null(seen_find(&seen, &st));
	assert_int_equal(seen_add(&seen, &st, "short"), 0);
	for (ino_t i = 4; i < SEEN_MAX; i++) {
		st = file(1, i);
		assert_int_equal(seen_add(&seen, &st, NULL), 0);
	}
	st = file(2, 0);
	assert_int_equal(seen_add(&seen, &st, NULL), -1);
	seen_free(&seen);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(replaces),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
