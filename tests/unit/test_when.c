/* SPDX-License-Identifier: ISC */
/*
 * Dates and durations.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that there is one spelling, that a date means what gmtime(3) says, whatever TZ is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/policy.h"

#define UNTOUCHED 4242

static void
agrees_with_gmtime_on_every_day(void **state)
{
	(void)state;
	setenv("TZ", "America/New_York", 1);
	/* Up to 9999-12-31; a time of day that moves along. */
	for (int64_t day = 0; day < 2932897; day++) {
		int64_t minute = day * 7 % 1440, second = day * 11 % 60;
		int64_t wanted = day * 86400 + minute * 60, when;
		time_t clock = (time_t)wanted;
		struct tm tm;
		char text[32];

		gmtime_r(&clock, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", &tm);
		if (time_parse(text, &when) < 0 || when != wanted)
			fail_msg("%s is not what was read", text);
		tm.tm_sec = (int)second;
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (time_parse(text, &when) < 0 || when != wanted + second)
			fail_msg("%s is not what was read", text);
		/* Every day of five centuries (leap years come again after four), then every 397th. */
		if (day > 200000)
			day += 396;
	}
}

static void
refuses_dates_that_do_not_exist(void **state)
{
	static const char *const texts[] = { "2027-02-29T00:00Z", "2100-02-29T00:00Z",
		"2028-02-30T00:00Z", "2027-04-31T00:00Z", "2027-06-31T00:00Z", "2027-09-31T00:00Z",
		"2027-11-31T00:00Z", "2027-01-32T00:00Z", "2027-00-01T00:00Z", "2027-13-01T00:00Z",
		"2027-01-00T00:00Z", "2028-01-32T00:00Z", "2028-04-31T00:00Z", "2027-01-01T24:00Z",
		"2027-01-01T00:60Z", "2027-01-01T99:00Z", "2027-01-01T00:00:60Z",
		"2027-01-01T23:59:99Z", "2027-01-01T24:00:00Z", "1969-12-31T23:59Z",
		"0000-01-01T00:00Z" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t when = UNTOUCHED;

		if (time_parse(texts[i], &when) == 0)
			fail_msg("%s was read", texts[i]);
		assert_int_equal(when, UNTOUCHED);
	}
}

static void
accepts_leap_days(void **state)
{
	int64_t when;

	(void)state;
	assert_int_equal(time_parse("2000-02-29T00:00Z", &when), 0);
	assert_int_equal(when, 951782400);
	assert_int_equal(time_parse("2028-02-29T23:59Z", &when), 0);
	assert_int_equal(when, 1835481540);
}

static void
refuses_other_spellings_of_a_date(void **state)
{
	static const char *const texts[] = { "", "2027", "2027-01-01", "2027-01-01T00:00",
		"2027-01-01T00:00z", "2027-01-01t00:00Z", "2027-01-01 00:00Z", "2027-01-01T00:00ZZ",
		"2027-01-01T00:00+0", "2027-01-01T00:00:00", "2027-01-01T00:00:0Z",
		"2027-01-01T00:00:Z", "2027-01-01T00:00:00.5Z", "2027-01-01T00:00:00ZZ",
		"2027-01-01T00:00:00+", "2027-01-01T00:00-00Z", "2027-1-1T00:00Z",
		"2027/01/01T00:00Z", "+027-01-01T00:00Z", "-027-01-01T00:00Z", "2027-01-01T-1:00Z",
		"2027-01-01T 1:00Z", "20270-1-01T00:00Z", "tomorrow", "never", "0", "1798761600" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t when = UNTOUCHED;

		if (time_parse(texts[i], &when) == 0)
			fail_msg("\"%s\" was read", texts[i]);
	}
}

static void
refuse_at(const char *right, size_t at)
{
	for (unsigned int byte = 0; byte < 256; byte++) {
		bool digit = byte >= '0' && byte <= '9';
		char text[32];
		int64_t when;

		snprintf(text, sizeof(text), "%s", right);
		text[at] = (char)byte;
		if (right[at] >= '0' && right[at] <= '9' ? digit : (char)byte == right[at])
			continue;
		assert_int_equal(time_parse(text, &when), -1);
	}
}

/* Every byte at every place of a date that is right. */
static void
refuses_any_wrong_byte(void **state)
{
	static const char *const rights[] = { "2023-11-11T11:11Z", "2023-11-11T11:11:11Z" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t at = 0; at < strlen(rights[i]); at++)
			refuse_at(rights[i], at);
	}
}

static void
assert_duration(const char *text, uint32_t wanted)
{
	uint32_t seconds = 0;

	assert_int_equal(duration_parse(text, &seconds), 0);
	assert_int_equal(seconds, wanted);
}

static void
accepts_durations(void **state)
{
	(void)state;
	assert_duration("1", 1);
	assert_duration("90", 90);
	assert_duration("90s", 90);
	assert_duration("10m", 600);
	assert_duration("4h", 14400);
	assert_duration("7d", 604800);
	assert_duration("366d", 31622400);
	assert_duration("8784h", 31622400);
	assert_duration("527040m", 31622400);
	assert_duration("31622400s", 31622400);
	assert_duration("31622400", 31622400);
}

static void
refuses_other_durations(void **state)
{
	static const char *const texts[] = { "", "0", "0s", "0d", "00", "01", "007m", "s", "m",
		"-1", "+1", " 1", "1 ", "1 m", "1M", "1ms", "1mm", "1w", "1y", "1.5h", "1h30m",
		"0x1", "367d", "8785h", "527041m", "31622401", "31622401s", "49710d", "71582789m",
		"4294967297", "4294967296s", "9999999999", "10000000000", "99999999999999999999d",
		"10m\n", "forever" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint32_t seconds = UNTOUCHED;

		if (duration_parse(texts[i], &seconds) == 0)
			fail_msg("\"%s\" was read as %u s", texts[i], seconds);
		assert_int_equal(seconds, UNTOUCHED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_dates_that_do_not_exist),
		cmocka_unit_test(accepts_leap_days),
		cmocka_unit_test(refuses_other_spellings_of_a_date),
		cmocka_unit_test(refuses_any_wrong_byte),
		cmocka_unit_test(accepts_durations),
		cmocka_unit_test(refuses_other_durations),
		cmocka_unit_test(agrees_with_gmtime_on_every_day),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
