/* SPDX-License-Identifier: ISC */
/*
 * Dates and durations as policy files write them. Contract in policy.h.
 * TRUST: privileged, pure
 * INPUT: values of policy files and of command lines (hostile)
 * MUST: know one spelling, UTC only: no locale, no time zone file (CVE-2014-9680: TZ).
 */
#include <string.h>

#include "common/policy.h"

/* The number at text[0..n-1], which time_parse has seen to be digits. */
static int
number(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	return (value);
}

static bool
is_leap(int year)
{
	return ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
}

static bool
has_form(const char *text, const char *form)
{
	if (strlen(text) != strlen(form))
		return (false);
	for (; *form != '\0'; text++, form++) {
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return (false);
	}
	return (true);
}

int
time_parse(const char *text, int64_t *when)
{
	/* Days of a common year before each month. */
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	bool exact = has_form(text, "0000-00-00T00:00:00Z");
	int year, month, day, hour, minute, second, days;

	if (!exact && !has_form(text, "0000-00-00T00:00Z"))
		return (-1);
	year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
	hour = number(text + 11, 2), minute = number(text + 14, 2);
	second = exact ? number(text + 17, 2) : 0;
	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return (-1);
	if (hour > 23 || minute > 59 || second > 59)
		return (-1);
	if (day > before[month] - before[month - 1] + (month == 2 && is_leap(year)))
		return (-1);
	/* The leap days are those of the years from 1970 to the one before. */
	days = (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400 +
	       before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
	*when = (((int64_t)days * 24 + hour) * 60 + minute) * 60 + second;
	return (0);
}

int
duration_parse(const char *text, uint32_t *seconds)
{
	static const char units[] = "smhd";
	static const uint32_t lengths[] = { 1, 60, 3600, 86400 }, limit = 366U * 86400;
	size_t len = strspn(text, "0123456789");
	const char *unit = units;
	uint32_t value = 0, length;

	if (text[len] != '\0') {
		unit = strchr(units, text[len]);
		if (unit == NULL || text[len + 1] != '\0')
			return (-1);
	}
	length = lengths[unit - units];
	if (id_digits_parse(text, text + len, &value) < 0 || value == 0 || value > limit / length)
		return (-1);
	*seconds = value * length;
	return (0);
}
