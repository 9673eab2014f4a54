/* SPDX-License-Identifier: ISC */
/*
 * How long a grant lasts. Contract in period.h.
 * TRUST: privileged
 * INPUT: words of the administrator's; the wall clock
 * MUST: as period.h says
 */
#include "helper/admin/period.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

void
period_date(int64_t when, char text[PERIOD_TEXT])
{
	time_t seconds = (time_t)when;
	struct tm tm;

	text[0] = '\0';
	if (when != 0 && gmtime_r(&seconds, &tm) != NULL)
		strftime(text, PERIOD_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void
period_left(int64_t until, int64_t now, char text[PERIOD_TEXT])
{
	long long left = until - now;

	if (until == 0)
		text[0] = '\0';
	else if (left <= 0)
		snprintf(text, PERIOD_TEXT, "ended");
	else if (left < MINUTE)
		snprintf(text, PERIOD_TEXT, "%lld s", left);
	else if (left < HOUR)
		snprintf(text, PERIOD_TEXT, "%lld min", left / MINUTE);
	else if (left < DAY)
		snprintf(text, PERIOD_TEXT, "%lld h %lld min", left / HOUR, left % HOUR / MINUTE);
	else
		snprintf(text, PERIOD_TEXT, "%lld d %lld h", left / DAY, left % DAY / HOUR);
}

static int
parse_for(const char *text, int64_t now, struct period *period, struct err *err)
{
	uint32_t seconds;

	if (duration_parse(text, &seconds) < 0) {
		err_set(err, ERR_USAGE, "not a duration: %s", text);
		return (err_todo(err, "for example:  --for=4h  (s, m, h or d; at most 366d)"));
	}
	period->end = now + seconds;
	period_date(period->end, period->text);
	return (0);
}

static int
parse_until(const char *text, int64_t now, struct period *period, struct err *err)
{
	char today[PERIOD_TEXT];

	if (strcmp(text, "none") == 0)
		return (0);
	if (time_parse(text, &period->end) < 0 || period->end == 0) {
		err_set(err, ERR_USAGE, "not a date: %s", text);
		return (err_todo(
		    err, "for example:  --until=2027-01-01T00:00Z  (UTC), or --until=none"));
	}
	if (period->end <= now) {
		period_date(now, today);
		err_set(err, ERR_USAGE, "the grant would have ended already: %s", text);
		err_why(err, "it is %s now, in UTC", today);
		return (
		    err_todo(err, "give a later date; to take a grant away:  sudo berth revoke"));
	}
	/* As it was written: it has at most the length of what period_date makes. */
	snprintf(period->text, sizeof(period->text), "%s", text);
	return (0);
}

int
period_parse(const struct args *args, int64_t now, struct period *period, struct err *err)
{
	*period = (struct period){ .asked = args->lasting != NULL || args->until != NULL };
	if (args->lasting != NULL && args->until != NULL) {
		err_set(err, ERR_USAGE, "--for and --until are given");
		err_why(err, "a grant has one end");
		return (err_todo(err, "leave one of them out"));
	}
	if (args->lasting != NULL)
		return (parse_for(args->lasting, now, period, err));
	return (args->until != NULL ? parse_until(args->until, now, period, err) : 0);
}
