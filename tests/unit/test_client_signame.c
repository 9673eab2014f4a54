/* SPDX-License-Identifier: ISC */
/*
 * Signals by number and by name.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that every signal is found by its own name, and nothing by another's
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/berth/signame.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
names_and_numbers_are_signals(void **state)
{
	static const struct {
		const char *text;
		int number;
	} good[] = { { "1", 1 }, { "9", 9 }, { "15", 15 }, { "015", 15 }, { "64", 64 },
		{ "TERM", 15 }, { "SIGTERM", 15 }, { "term", 15 }, { "sigKill", 9 },
		{ "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "IO", SIGIO }, { "POLL", SIGIO },
		{ "STKFLT", SIGSTKFLT }, { "RTMIN", 34 }, { "RTMIN+0", -1 }, { "SIGRTMIN+1", 35 },
		{ "RTMIN+29", 63 }, { "RTMAX", 64 }, { "RTMAX-1", 63 }, { "RTMAX-30", 34 } };
	static const char *const bad[] = { "", "0", "-1", "32", "33", "65", "1000", "99999999999",
		"1 ", " 1", "0x9", "SIG", "SIGSIGTERM", "NOSUCH", "TER", "TERMS", "RTMIN+31",
		"RTMIN-1", "RTMAX-31", "RTMAX-", "RTMAX+1", "RTMAX-x" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(signame_parse(good[i].text), good[i].number);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(signame_parse(bad[i]), -1);
}

static void
every_signal_has_a_name_of_its_own(void **state)
{
	char name[16];

	(void)state;
	for (int number = 1; number <= 64; number++) {
		if (number == 32 || number == 33) {
			assert_false(signame_format(number, name, sizeof(name)));
			continue;
		}
		assert_true(signame_format(number, name, sizeof(name)));
		assert_int_equal(signame_parse(name), number);
	}
	assert_false(signame_format(0, name, sizeof(name)));
	assert_false(signame_format(-1, name, sizeof(name)));
	assert_false(signame_format(65, name, sizeof(name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_signals),
		cmocka_unit_test(every_signal_has_a_name_of_its_own),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
