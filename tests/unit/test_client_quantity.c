/* SPDX-License-Identifier: ISC */
/*
 * Units of quantity.c: the words of docker(1) for times and sizes, at each of their borders.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold one text for each number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/berth/quantity.h"

#define S INT64_C(1000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

static void
times(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ INT64_MIN, "Less than a second" },
		{ 0, "Less than a second" },
		{ S - 1, "Less than a second" },
		{ S, "1 second" },
		{ 2 * S, "2 seconds" },
		{ M - 1, "59 seconds" },
		{ M, "About a minute" },
		{ 2 * M - 1, "About a minute" },
		{ 2 * M, "2 minutes" },
		{ H - 1, "59 minutes" },
		{ H, "About an hour" },
		{ H + 30 * M - 1, "About an hour" },
		{ H + 30 * M, "2 hours" },
		{ 47 * H, "47 hours" },
		{ 2 * D, "2 days" },
		{ 14 * D - H, "13 days" },
		{ 14 * D, "2 weeks" },
		{ 60 * D - H, "8 weeks" },
		{ 60 * D, "2 months" },
		{ 730 * D - H, "24 months" },
		{ 730 * D, "2 years" },
		{ INT64_MAX, "292471208 years" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		quantity_time(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void
sizes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *three, *memory;
	} cases[] = {
		{ -1, "0B", "0B" },
		{ 0, "0B", "0B" },
		{ 1, "1B", "1B" },
		{ 999, "999B", "999B" },
		{ 1000, "1kB", "1000B" },
		{ 1023, "1.02kB", "1023B" },
		{ 1024, "1.02kB", "1KiB" },
		{ 1536, "1.54kB", "1.5KiB" },
		{ 10500, "10.5kB", "10.25KiB" },
		{ 999999, "1000kB", "976.6KiB" },
		{ 1000000, "1MB", "976.6KiB" },
		{ 5 << 20, "5.24MB", "5MiB" },
		{ INT64_C(8) << 30, "8.59GB", "8GiB" },
		{ INT64_MAX, "9.22EB", "8EiB" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		quantity_size(cases[i].bytes, 3, text, sizeof(text));
		assert_string_equal(text, cases[i].three);
		quantity_memory(cases[i].bytes, text, sizeof(text));
		assert_string_equal(text, cases[i].memory);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(sizes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
