/* SPDX-License-Identifier: ISC */
/*
 * Units of colour.c: when there is colour, and that there is none of it otherwise.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold NO_COLOR and dumb terminals to be honoured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/berth/colour.h"

static void
wanted(void **state)
{
	static const struct {
		bool terminal;
		const char *no_color, *term;
		bool wanted;
	} cases[] = {
		{ true, NULL, "xterm-256color", true },
		{ true, NULL, "linux", true },
		{ false, NULL, "xterm", false },
		/* no-color.org: present and not empty, whatever it is. */
		{ true, "1", "xterm", false },
		{ true, "0", "xterm", false },
		{ true, "", "xterm", true },
		{ false, "", "xterm", false },
		{ true, NULL, "dumb", false },
		{ true, NULL, "", false },
		{ true, NULL, NULL, false },
		{ true, NULL, "dumber", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(colour_wanted(cases[i].terminal, cases[i].no_color, cases[i].term),
		    cases[i].wanted);
}

static void
of_a_descriptor(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_false(colour_for(fds[1]));
	assert_false(colour_for(-1));
	close(fds[0]);
	close(fds[1]);
}

static void
sequences(void **state)
{
	(void)state;
	for (unsigned int look = LOOK_INVALID; look <= LOOK_END; look++) {
		assert_string_equal(colour(false, (enum look)look), "");
		if (look != LOOK_INVALID)
			assert_int_equal(colour(true, (enum look)look)[0], '\033');
	}
	assert_string_equal(colour(true, LOOK_INVALID), "");
	assert_string_equal(colour(true, LOOK_END), "\033[0m");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted),
		cmocka_unit_test(of_a_descriptor),
		cmocka_unit_test(sequences),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
