/* SPDX-License-Identifier: ISC */
/*
 * Times and sizes in words. Contract in quantity.h.
 * TRUST: unprivileged
 * INPUT: numbers of the engine and of the kernel
 * MUST: as quantity.h says
 */
#include "client/berth/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOUR 3600
#define DAY 24 /* hours */

/* The steps of docker's: from two of a unit on it is counted, and one of it has words of its own. */
static void
long_time(int64_t hours, int64_t whole, char *buf, size_t len)
{
	if (hours < 2 * DAY)
		snprintf(buf, len, "%" PRId64 " hours", hours);
	else if (hours < 14 * DAY)
		snprintf(buf, len, "%" PRId64 " days", hours / DAY);
	else if (hours < 60 * DAY)
		snprintf(buf, len, "%" PRId64 " weeks", hours / DAY / 7);
	else if (hours < 730 * DAY)
		snprintf(buf, len, "%" PRId64 " months", hours / DAY / 30);
	else
		snprintf(buf, len, "%" PRId64 " years", whole / DAY / 365);
}

void
quantity_time(int64_t ms, char *buf, size_t len)
{
	int64_t seconds = ms > 0 ? ms / 1000 : 0;
	int64_t hours = seconds / HOUR + (seconds % HOUR >= HOUR / 2);

	if (seconds < 1)
		snprintf(buf, len, "Less than a second");
	else if (seconds == 1)
		snprintf(buf, len, "1 second");
	else if (seconds < 60)
		snprintf(buf, len, "%" PRId64 " seconds", seconds);
	else if (seconds < 120)
		snprintf(buf, len, "About a minute");
	else if (seconds < HOUR)
		snprintf(buf, len, "%" PRId64 " minutes", seconds / 60);
	else if (hours == 1)
		snprintf(buf, len, "About an hour");
	else
		long_time(hours, seconds / HOUR, buf, len);
}

/* So many digits as make digits of them together, and no zero at the end. */
static void
print_number(double number, int digits, char *buf, size_t len)
{
	int before = number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : 4;
	size_t used;

	snprintf(buf, len, "%.*f", digits > before ? digits - before : 0, number);
	used = strlen(buf);
	if (strchr(buf, '.') == NULL)
		return;
	while (buf[used - 1] == '0')
		used--;
	buf[used - (buf[used - 1] == '.')] = '\0';
}

static void
size(int64_t bytes, int base, int digits, char *buf, size_t len)
{
	static const char *const units[2][7] = { { "B", "kB", "MB", "GB", "TB", "PB", "EB" },
		{ "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" } };
	double number = bytes > 0 ? (double)bytes : 0;
	char text[32];
	size_t unit = 0;

	for (; number >= base && unit < 6; unit++)
		number /= base;
	print_number(number, digits, text, sizeof(text));
	snprintf(buf, len, "%s%s", text, units[base == 1024][unit]);
}

void
quantity_size(int64_t bytes, int digits, char *buf, size_t len)
{
	size(bytes, 1000, digits, buf, len);
}

void
quantity_memory(int64_t bytes, char *buf, size_t len)
{
	size(bytes, 1024, 4, buf, len);
}
