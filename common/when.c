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
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool exact = has_form(text, "0000-00-00T00:00:00Z");
	int year, month, day, hour, minute, second;
	int64_t total;

	if (!exact && !has_form(text, "0000-00-00T00:00Z"))
		return (-1);
	year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
	hour = number(text + 11, 2), minute = number(text + 14, 2);
	second = exact ? number(text + 17, 2) : 0;
	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return (-1);
	if (hour > 23 || minute > 59 || second > 59)
		return (-1);
	if (day > days[month - 1] + (month == 2 && is_leap(year)))
		return (-1);
	total = day - 1 + (month > 2 && is_leap(year));
	for (int i = 0; i < month - 1; i++)
		total += days[i];
	for (int i = 1970; i < year; i++)
		total += is_leap(i) ? 366 : 365;
	*when = ((total * 24 + hour) * 60 + minute) * 60 + second;
	return (0);
}

int
duration_parse(const char *text, uint32_t *seconds)
{
	static const char units[] = "smhd";
	static const uint32_t lengths[] = { 1, 60, 3600, 86400 }, limit = 366U * 86400;
	size_t len = strspn(text, "0123456789");
	const char *unit = units;
	char digits[11] = "";
	uint32_t value = 0, length;

	if (len >= sizeof(digits))
		return (-1);
	if (text[len] != '\0') {
		unit = strchr(units, text[len]);
		if (unit == NULL || text[len + 1] != '\0')
			return (-1);
	}
	memcpy(digits, text, len);
	length = lengths[unit - units];
	if (id_parse(digits, &value) < 0 || value == 0 || value > limit / length)
		return (-1);
	*seconds = value * length;
	return (0);
}
