/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: everything that is a number in a policy file or on a command line: ids, ranges, maps,
 * dates, durations. An input is one text.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a text is taken that is not the one spelling of what was read from it, or when
 *       a failed parse changes its output.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNTOUCHED 0xdeadbeefU

static void
must(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_ids: broken: %s: \"%s\"\n", what, text);
	abort();
}

static void
check_id(const char *text)
{
	uint32_t id = UNTOUCHED;
	char again[64];

	if (id_parse(text, &id) < 0) {
		must(id == UNTOUCHED, "a refused id changes nothing", text);
		return;
	}
	snprintf(again, sizeof(again), "%u", id);
	must(strcmp(text, again) == 0, "an id has one spelling", text);
	must(id <= 2147483646, "an id is small enough", text);
}

static void
check_range(const char *text)
{
	struct id_range range = { UNTOUCHED, UNTOUCHED };
	char again[64];

	if (id_range_parse(text, &range) < 0) {
		must(range.start == UNTOUCHED && range.count == UNTOUCHED,
		    "a refused range changes nothing", text);
		return;
	}
	snprintf(again, sizeof(again), "%u:%u", range.start, range.count);
	must(strcmp(text, again) == 0, "a range has one spelling", text);
	must(range.count > 0, "a range is not empty", text);
	must((uint64_t)range.start + range.count - 1 <= 2147483646, "a range ends", text);
	if (id_range_mappable(&range, 70000)) {
		uint64_t end = (uint64_t)range.start + range.count;

		must(range.start >= 65536 && end <= 2147400000, "it may be mapped", text);
		must(range.start > 70000 || end <= 70000, "it does not hold its user", text);
	}
}

/* Does an id of the one line stand in the other, on either side? */
static bool
shares(const struct idmap_line *a, const struct idmap_line *b)
{
	return ((a->inside < (uint64_t)b->inside + b->count &&
		    b->inside < (uint64_t)a->inside + a->count) ||
		(a->outside < (uint64_t)b->outside + b->count &&
		    b->outside < (uint64_t)a->outside + a->count));
}

static void
check_map(const char *text)
{
	static struct idmap_line lines[IDMAP_LINES_MAX];
	struct idmap map = { UNTOUCHED, NULL };
	char again[IDMAP_TEXT_MAX] = "";
	int len;

	if (idmap_parse(text, lines, &map) < 0) {
		must(map.n == UNTOUCHED, "a refused map changes nothing", text);
		return;
	}
	must(map.n >= 1 && map.n <= 340, "a map has lines", text);
	for (size_t i = 0; i < map.n; i++) {
		const struct idmap_line *line = &map.lines[i];

		must(line->count > 0, "a line is not empty", text);
		must((uint64_t)line->inside + line->count <= 2147400000 &&
			 (uint64_t)line->outside + line->count - 1 <= 2147483646,
		    "a line ends", text);
		for (size_t j = 0; j < i; j++)
			must(!shares(&map.lines[j], line), "no id stands in two lines", text);
	}
	len = idmap_format(again, sizeof(again), &map);
	must(len > 0, "what was taken can be written", text);
	/* What the kernel reads is the text, with other marks between the numbers. */
	for (int i = 0; i < len; i++)
		again[i] = again[i] == ' ' ? ':' : again[i] == '\n' ? ',' : again[i];
	again[len - 1] = '\0';
	must(strcmp(again, text) == 0, "a map has one spelling", text);
}

static void
check_time(const char *text)
{
	int64_t when = UNTOUCHED;
	char again[64];
	time_t clock;
	struct tm tm;

	if (time_parse(text, &when) < 0) {
		must(when == UNTOUCHED, "a refused date changes nothing", text);
		return;
	}
	clock = (time_t)when;
	must(gmtime_r(&clock, &tm) != NULL, "a date is a date", text);
	/* With seconds and without: two forms, and one spelling of each. */
	strftime(again, sizeof(again), strlen(text) > 17 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%MZ",
	    &tm);
	must(strcmp(text, again) == 0, "a date has one spelling", text);
}

static void
check_duration(const char *text)
{
	static const struct {
		char unit;
		uint32_t length;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { '\0', 1 } };
	uint32_t seconds = UNTOUCHED;
	char again[64];

	if (duration_parse(text, &seconds) < 0) {
		must(seconds == UNTOUCHED, "a refused duration changes nothing", text);
		return;
	}
	must(seconds >= 1 && seconds <= 366 * 86400, "a duration has its limits", text);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != '\0' && strchr(text, units[i].unit) == NULL)
			continue;
		snprintf(again, sizeof(again), "%u%.1s", seconds / units[i].length, &units[i].unit);
		must(seconds % units[i].length == 0 && strcmp(text, again) == 0,
		    "a duration has one spelling", text);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return (0);
	memcpy(text, data, size);
	text[size] = '\0';
	check_id(text);
	check_range(text);
	check_map(text);
	check_time(text);
	check_duration(text);
	free(text);
	return (0);
}
