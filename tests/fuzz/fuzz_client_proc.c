/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the texts of a job's procfs, which may be none. An input is a text, read as each of them.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a number is taken that is out of its bounds, or an id that the map does not have.
 */
#define FUZZ_NAME "fuzz_client_proc"
#include "tests/fuzz/fuzz.h"

#include "client/berth/procread.h"
#include "client/berth/usage.h"

static void
check_stat(const char *text)
{
	struct proc proc;
	struct usage usage;

	if (proc_parse_stat(text, &proc) != 0)
		return;
	must(proc.pid > 0 && proc.parent >= 0 && proc.tty >= 0, "ids are not negative");
	must(strlen(proc.name) < sizeof(proc.name), "a name ends");
	must(strstr(text, proc.name) != NULL, "a name is part of the text");
	usage_sum(&proc, 1, &usage);
	must(usage.memory == (proc.pid == 1 ? 0 : proc.memory), "memory is what it has");
}

static void
check_map(const char *text)
{
	struct proc_map map;

	proc_parse_map(text, &map);
	must(map.lines <= PROC_MAPS, "so many lines");
	for (size_t i = 0; i < map.lines; i++) {
		uint32_t inside = proc_map_inside(&map, map.line[i].outside);

		must(map.line[i].count == 0 || inside != PROC_UNKNOWN ||
			 map.line[i].inside == PROC_UNKNOWN,
		    "the first id of a line is known");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t value = 0, other = 0;
	char *text = malloc(size + 1);

	if (text == NULL)
		return (0);
	memcpy(text, data, size);
	text[size] = '\0';
	check_stat(text);
	check_map(text);
	proc_parse_net(text, &value, &other);
	if (proc_parse_line(text, "RssAnon", &value) == 0)
		must(value < UINT64_C(1) << 62, "two of them can be added");
	free(text);
	return (0);
}
