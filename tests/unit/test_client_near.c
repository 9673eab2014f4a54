/* SPDX-License-Identifier: ISC */
/*
 * Units of near.c: how far words are from each other, and which of some names was meant.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold the distance to be what fingers do, and a guess to be near.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/berth/near.h"

static void
distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{ "", "", 0 },
		{ "run", "run", 0 },
		{ "", "run", 3 },
		{ "run", "", 3 },
		{ "rn", "run", 1 },
		{ "runn", "run", 1 },
		{ "rum", "run", 1 },
		/* Neighbours swapped: at the head, in the middle, at the end, and twice. */
		{ "urn", "run", 1 },
		{ "deamon", "daemon", 1 },
		{ "rnu", "run", 1 },
		{ "hlep", "help", 1 },
		{ "eadmno", "daemon", 3 },
		{ "abcd", "badc", 2 },
		/* A swap of letters that are no neighbours is two. */
		{ "nur", "run", 2 },
		/* No letter is moved twice: 3, and not 2 as without that rule. */
		{ "ca", "abc", 3 },
		{ "kitten", "sitting", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(near_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(near_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void
long_words(void **state)
{
	char just[NEAR_LEN_MAX + 1], over[NEAR_LEN_MAX + 2];

	(void)state;
	memset(just, 'x', sizeof(just) - 1);
	just[sizeof(just) - 1] = '\0';
	memset(over, 'x', sizeof(over) - 1);
	over[sizeof(over) - 1] = '\0';
	assert_int_equal(near_distance(just, just), 0);
	assert_int_equal(near_distance(just, "y"), NEAR_LEN_MAX);
	assert_int_equal(near_distance(just, over), NEAR_FAR);
	assert_int_equal(near_distance(over, just), NEAR_FAR);
	assert_int_equal(near_distance(over, over), NEAR_FAR);
}

/* The guess among the verbs that berth has; NULL for none. */
static const char *
guess(const char *word)
{
	static const char *const names[] = { "run", "explain", "daemon", "info", "grants", "grant",
		"rm", "help" };
	struct near near = { .word = word };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		near_try(&near, names[i]);
	return (near.best);
}

static void
guesses(void **state)
{
	(void)state;
	assert_string_equal(guess("deamon"), "daemon");
	assert_string_equal(guess("demon"), "daemon");
	assert_string_equal(guess("rn"), "run");
	assert_string_equal(guess("urn"), "run");
	assert_string_equal(guess("hlep"), "help");
	assert_string_equal(guess("explian"), "explain");
	/* As near as the one before: the first counts; nearer: the nearer one. */
	assert_string_equal(guess("grantt"), "grants");
	assert_string_equal(guess("gran"), "grant");
	/* Nothing is near a word that is nothing, nor is a name of which nothing would be left. */
	assert_null(guess(""));
	assert_null(guess("r"));
	assert_null(guess("x"));
	assert_null(guess("rx"));
	assert_null(guess("docker"));
	assert_null(guess("daemonize-me"));
	assert_null(guess("hpyl"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(long_words),
		cmocka_unit_test(guesses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
