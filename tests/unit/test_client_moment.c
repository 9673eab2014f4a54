/* SPDX-License-Identifier: ISC */
/*
 * Units of moment.c: points in time as logs and people write them.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold what is taken and what is not, to the nanosecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/berth/moment.h"

#define S MOMENT_SECOND

static void
stamps(void **state)
{
	static const struct {
		const char *text;
		int64_t when; /* -1: it is none */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "1970-01-01T00:00:00.5Z", S / 2 },
		{ "1970-12-31T23:59:59Z", 31535999 * S },
		{ "1972-02-29T00:00:00Z", 68169600 * S },
		{ "1972-03-01T00:00:00Z", 68256000 * S },
		{ "1973-01-01T00:00:00Z", 94694400 * S },
		{ "2000-02-29T12:00:00Z", 951825600 * S },
		{ "2000-12-31T00:00:00Z", 978220800 * S },
		{ "2001-01-01T00:00:00Z", 978307200 * S },
		{ "2026-11-26T12:00:00.123456789Z", 1795694400 * S + 123456789 },
		{ "2026-11-26T13:00:00+01:00", 1795694400 * S },
		{ "2026-11-26T06:30:00-05:30", 1795694400 * S },
		{ "2100-03-01T00:00:00Z", INT64_C(4107542400) * S },
		{ "2101-01-01T00:00:00Z", INT64_C(4133980800) * S },
		{ "2016-12-31T23:59:60Z", 1483228799 * S },
		{ "2261-12-31T23:59:59.999999999Z", INT64_C(9214646399) * S + S - 1 },
		{ "2262-01-01T00:00:00Z", -1 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2100-02-29T00:00:00Z", -1 },
		{ "2026-13-01T00:00:00Z", -1 },
		{ "2026-00-01T00:00:00Z", -1 },
		{ "2026-01-00T00:00:00Z", -1 },
		{ "2026-04-31T00:00:00Z", -1 },
		{ "2026-01-01T24:00:00Z", -1 },
		{ "2026-01-01T00:60:00Z", -1 },
		{ "2026-01-01T00:00:61Z", -1 },
		{ "2026-01-01T00:00:00", -1 },
		{ "2026-01-01T00:00Z", -1 },
		{ "2026-01-01", -1 },
		{ "2026-01-01T00:00:00.Z", -1 },
		{ "2026-01-01T00:00:00.1234567890Z", -1 },
		{ "2026-01-01T00:00:00ZZ", -1 },
		{ "2026-01-01T00:00:00+1:00", -1 },
		{ "2026-01-01T00:00:00+24:00", -1 },
		{ "2026-01-01T00:00:00+01:60", -1 },
		{ "2026-1-01T00:00:00Z", -1 },
		{ "+026-01-01T00:00:00Z", -1 },
		{ " 2026-01-01T00:00:00Z", -1 },
		{ "", -1 },
		{ "Z", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t when = -1;

		assert_int_equal(moment_stamp(cases[i].text, strlen(cases[i].text), &when),
		    cases[i].when < 0 ? -1 : 0);
		assert_int_equal(when, cases[i].when);
		/* What is cut is none, wherever that is: nothing behind len is read. */
		for (size_t len = 0; cases[i].when >= 0 && len < strlen(cases[i].text); len++)
			assert_int_equal(moment_stamp(cases[i].text, len, &when), -1);
	}
}

static void
typed(void **state)
{
	const int64_t now = 1795694400 * S;
	static const struct {
		const char *text;
		int64_t ago; /* -1: it is none */
	} cases[] = {
		{ "10s", 10 * S },
		{ "10m", 600 * S },
		{ "1h30m", 5400 * S },
		{ "1.5h", 5400 * S },
		{ "2d", 172800 * S },
		{ "500ms", S / 2 },
		{ "0s", 0 },
		{ "2026-11-26T12:00:00Z", 0 },
		{ "2026-11-26T12:00:00", 0 },
		{ "2026-11-26T12:00", 0 },
		{ "2026-11-26T12", 0 },
		{ "2026-11-26", 43200 * S },
		{ "2026-11-26T13:00+01:00", 0 },
		{ "1795694390", 10 * S },
		{ "1795694390.25", 10 * S - S / 4 },
		{ "", -1 },
		{ "10", 1795694390 * S },
		{ "s", -1 },
		{ "10x", -1 },
		{ "10s5", -1 },
		{ "-10s", -1 },
		{ "1e3s", -1 },
		{ "10 s", -1 },
		{ "yesterday", -1 },
		{ "99999999999999999999", -1 },
		{ "9999999999999s", -1 },
		{ "999999999d", -1 },
		{ "2026-11-26Tx", -1 },
		{ "2026-11-2", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t when = now + 1;

		assert_int_equal(
		    moment_typed(cases[i].text, now, &when), cases[i].ago < 0 ? -1 : 0);
		assert_int_equal(now - when, cases[i].ago);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps),
		cmocka_unit_test(typed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
