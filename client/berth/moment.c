/* SPDX-License-Identifier: ISC */
/*
 * Points in time. Contract in moment.h.
 * TRUST: unprivileged
 * INPUT: texts of a log file, which its user can edit, and of the command line
 * MUST: as moment.h says
 */
#include "client/berth/moment.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define YEAR_MAX 2261 /* the last whole one that nanoseconds in 63 bits reach */
#define AGO_MAX (INT64_C(1) << 62)

struct cursor {
	const char *at, *end;
};

static bool
is_digit(const struct cursor *cursor)
{
	return (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9');
}

static bool
skip(struct cursor *cursor, char c)
{
	bool there = cursor->at < cursor->end && *cursor->at == c;

	cursor->at += there;
	return (there);
}

/* Just n digits; the number, or -1. */
static int
digits(struct cursor *cursor, int n)
{
	int value = 0;

	while (n-- > 0) {
		if (!is_digit(cursor))
			return (-1);
		value = value * 10 + (*cursor->at++ - '0');
	}
	return (value);
}

/* ".5" is half a second. Nanoseconds, 0 without a point, or -1. */
static int64_t
fraction(struct cursor *cursor)
{
	int64_t value = 0, unit = MOMENT_SECOND / 10;

	if (!skip(cursor, '.'))
		return (0);
	if (!is_digit(cursor))
		return (-1);
	for (; is_digit(cursor) && unit > 0; unit /= 10)
		value += unit * (*cursor->at++ - '0');
	return (is_digit(cursor) ? -1 : value);
}

/* Days since the epoch, or -1. */
static int64_t
date(struct cursor *cursor)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	int year = digits(cursor, 4), month, day;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1970 || year > YEAR_MAX || !skip(cursor, '-'))
		return (-1);
	month = digits(cursor, 2);
	if (month < 1 || month > 12 || !skip(cursor, '-'))
		return (-1);
	day = digits(cursor, 2);
	if (day < 1 || day > before[month] - before[month - 1] + (month == 2 && leap))
		return (-1);
	/* Leap days of the years before this one. */
	return ((int64_t)(year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 +
		(year - 1601) / 400 + before[month - 1] + (month > 2 && leap) + day - 1);
}

/* "12:00:00.5", or with brief also "12:00" and "12"; -1. A leap second is the one before it. */
static int64_t
clock_time(struct cursor *cursor, bool brief)
{
	int hour = digits(cursor, 2), minute = 0, second = 0;
	int64_t part = 0;

	if (skip(cursor, ':')) {
		minute = digits(cursor, 2);
		if (skip(cursor, ':')) {
			second = digits(cursor, 2);
			part = fraction(cursor);
		} else if (!brief)
			return (-1);
	} else if (!brief)
		return (-1);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
	    part < 0)
		return (-1);
	second -= second == 60;
	return (((hour * 60 + minute) * 60 + second) * MOMENT_SECOND + part);
}

/* Nanoseconds east of Greenwich; -1: there is no zone. A zone has whole minutes. */
static int64_t
zone(struct cursor *cursor)
{
	int64_t sign = 1;
	int hours, minutes;

	if (skip(cursor, 'Z'))
		return (0);
	if (skip(cursor, '-'))
		sign = -1;
	else if (!skip(cursor, '+'))
		return (-1);
	hours = digits(cursor, 2);
	if (hours < 0 || hours > 23 || !skip(cursor, ':'))
		return (-1);
	minutes = digits(cursor, 2);
	if (minutes < 0 || minutes > 59)
		return (-1);
	return (sign * (hours * 60 + minutes) * 60 * MOMENT_SECOND);
}

/* brief: as moment_typed says. */
static int
stamp(struct cursor cursor, bool brief, int64_t *when)
{
	int64_t days = date(&cursor), clock = 0, east = 0;

	if (days < 0)
		return (-1);
	if (skip(&cursor, 'T'))
		clock = clock_time(&cursor, brief);
	else if (!brief)
		return (-1);
	if (clock < 0 || ((cursor.at < cursor.end || !brief) && (east = zone(&cursor)) == -1) ||
	    cursor.at != cursor.end)
		return (-1);
	*when = days * 86400 * MOMENT_SECOND + clock - east;
	return (0);
}

int
moment_stamp(const char *text, size_t len, int64_t *when)
{
	const struct cursor cursor = { text, text + len };

	return (stamp(cursor, false, when));
}

/* A number; -1: there is none, or it is too big for anything. */
static int64_t
number(struct cursor *cursor)
{
	int64_t value = 0;

	if (!is_digit(cursor))
		return (-1);
	while (is_digit(cursor)) {
		if (value > AGO_MAX / MOMENT_SECOND / 10)
			return (-1);
		value = value * 10 + (*cursor->at++ - '0');
	}
	return (value);
}

/* The unit of a duration in nanoseconds; 0: there is none. */
static int64_t
unit(struct cursor *cursor)
{
	if (skip(cursor, 'd'))
		return (86400 * MOMENT_SECOND);
	if (skip(cursor, 'h'))
		return (3600 * MOMENT_SECOND);
	if (skip(cursor, 's'))
		return (MOMENT_SECOND);
	if (skip(cursor, 'm'))
		return (skip(cursor, 's') ? MOMENT_SECOND / 1000 : 60 * MOMENT_SECOND);
	return (0);
}

/* "1h30m", "1.5h" */
static int64_t
duration(struct cursor cursor)
{
	int64_t total = 0;

	while (cursor.at < cursor.end) {
		int64_t count = number(&cursor), part = fraction(&cursor), length = unit(&cursor);

		if (count < 0 || part < 0 || length == 0 || count > AGO_MAX / length)
			return (-1);
		/* In microseconds: the product of two of up to 10^14 nanoseconds would not fit. */
		total += count * length + part / 1000 * (length / 1000) / 1000;
		if (total > AGO_MAX)
			return (-1);
	}
	return (total);
}

int
moment_typed(const char *text, int64_t now, int64_t *when)
{
	const struct cursor whole = { text, text + strlen(text) };
	struct cursor cursor = whole;
	int64_t seconds, part, ago;

	if (whole.at == whole.end)
		return (-1);
	if (stamp(whole, true, when) == 0)
		return (0);
	seconds = number(&cursor);
	part = fraction(&cursor);
	if (seconds >= 0 && part >= 0 && cursor.at == cursor.end) {
		*when = seconds * MOMENT_SECOND + part;
		return (0);
	}
	if ((ago = duration(whole)) < 0)
		return (-1);
	*when = now - ago;
	return (0);
}

int64_t
moment_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * MOMENT_SECOND + now.tv_nsec);
}
