/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: /etc/subuid as the client reads it. An input is one file.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a range is given that no line gives to this user, by name or by number, in the
 *       one spelling of it; that must not be mapped; or when nothing is found and the range changed.
 */
#define FUZZ_NAME "fuzz_client_subid"
#include "tests/fuzz/fuzz.h"

#include "client/lib/subid.h"

#define UNTOUCHED 0xdeadbeefU

/* Is "WHO:START:COUNT" a whole line of the file? */
static bool
has_line(const uint8_t *data, size_t size, const char *who, const struct id_range *range)
{
	char line[80];
	size_t len =
	    (size_t)snprintf(line, sizeof(line), "%s:%u:%u", who, range->start, range->count);

	for (size_t at = 0; at + len <= size; at++) {
		if (memcmp(data + at, line, len) == 0 && (at == 0 || data[at - 1] == '\n') &&
		    (at + len == size || data[at + len] == '\n'))
			return (true);
	}
	return (false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct subid_owner owner = { "dave", 1003, 70000 };
	struct id_range range = { UNTOUCHED, UNTOUCHED };
	char *text = malloc(size + 1);

	if (text == NULL)
		return (0);
	memcpy(text, data, size);
	if (!subid_find(text, size, &owner, &range)) {
		must(range.start == UNTOUCHED && range.count == UNTOUCHED, "nothing is nothing");
	} else {
		must(has_line(data, size, "dave", &range) || has_line(data, size, "1003", &range),
		    "a range is of a line of this user's");
		must(range.start >= 65536 && range.count > 0 &&
			 (uint64_t)range.start + range.count <= 2147400000,
		    "it may be mapped");
		must(range.start > 70000 || range.start + range.count <= 70000,
		    "it does not hold its user");
	}
	free(text);
	return (0);
}
