/* SPDX-License-Identifier: ISC */
/*
 * Ids as numbers: one spelling each (attacks.md A20), ranges, and what may be mapped.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that no text but ^(0|[1-9][0-9]*)$ up to ID_MAX is an id
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <regex.h>

#include <cmocka.h>

#include "common/idmap.h"

/* WRAP: snprintf */
int __wrap_snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool snprintf_fails;

int
__wrap_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int put;

	if (snprintf_fails)
		return (-1);
	va_start(args, fmt);
	put = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return (put);
}

#define UNTOUCHED 4242U

static void
assert_no_id(const char *text)
{
	uint32_t id = UNTOUCHED;

	if (id_parse(text, &id) == 0)
		fail_msg("\"%s\" was read as %u", text, id);
	assert_int_equal(id, UNTOUCHED);
}

static void
assert_id(const char *text, uint32_t wanted)
{
	uint32_t id = UNTOUCHED;

	assert_int_equal(id_parse(text, &id), 0);
	assert_int_equal(id, wanted);
}

static void
refuses_other_spellings(void **state)
{
	static const char *const texts[] = { "", "-1", "-0", "+0", "+1", " 0", "0 ", "\t0", "0\n",
		"0x0", "0X1", "00", "01", "007", "#0", "0day", "root", "1e3", "1.0", "1,000",
		"1_000", "1u", "1:1", "--1", "\xd9\xa1", "\xef\xbc\x91", "1\x80" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_id(texts[i]);
}

static void
refuses_ids_that_wrap(void **state)
{
	static const char *const texts[] = { "2147483647", "2147483648", "4294967294", "4294967295",
		"4294967296", "4294967297", "9999999999", "18446744073709551615",
		"18446744073709551616", "18446744073709552616",
		"340282366920938463463374607431768211456", "99999999999999999999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_id(texts[i]);
}

static void
accepts_the_one_spelling(void **state)
{
	static const uint32_t ids[] = { 0, 1, 9, 10, 99, 100, 999, 1000, 65533, 65534, 65535, 65536,
		100000, 999999999, 1000000000, 2147399999, 2147400000, 2147483645, 2147483646 };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", ids[i]);
		assert_id(text, ids[i]);
	}
	assert_int_equal(ID_MAX, 2147483646);
}

/* Every text of up to three bytes whose middle may be any byte, against a regular expression. */
static void
agrees_with_the_regular_expression(void **state)
{
	static const char alphabet[] = "0123456789+-. x\n";
	char text[4] = "";
	regex_t form;

	(void)state;
	assert_int_equal(regcomp(&form, "^(0|[1-9][0-9]*)$", REG_EXTENDED | REG_NOSUB), 0);
	for (size_t a = 0; a < sizeof(alphabet); a++) {
		for (unsigned int b = 0; b < 256; b++) {
			for (size_t c = 0; c < sizeof(alphabet); c++) {
				uint32_t id = UNTOUCHED;

				text[0] = alphabet[a];
				text[1] = (char)b;
				text[2] = alphabet[c];
				if (regexec(&form, text, 0, NULL, 0) != 0)
					assert_no_id(text);
				else if (id_parse(text, &id) < 0 || id != strtoul(text, NULL, 10))
					fail_msg("\"%s\" was read as %u", text, id);
			}
		}
	}
	regfree(&form);
}

static void
agrees_around_every_power(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < 64; bits++) {
		for (uint64_t off = 0; off <= 4; off++) {
			uint64_t number = ((uint64_t)1 << bits) - 2 + off;
			char text[32];

			snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
			if (number > 2147483646)
				assert_no_id(text);
			else
				assert_id(text, (uint32_t)number);
		}
	}
}

static void
assert_no_range(const char *text)
{
	struct id_range range = { UNTOUCHED, UNTOUCHED };

	if (id_range_parse(text, &range) == 0)
		fail_msg("\"%s\" was read as %u:%u", text, range.start, range.count);
	assert_int_equal(range.start, UNTOUCHED);
	assert_int_equal(range.count, UNTOUCHED);
}

static void
refuses_bad_ranges(void **state)
{
	static const char *const texts[] = { "", ":", "1", "1:", ":1", "1:0", "1::1", "1:1:1",
		"1:1 ", " 1:1", "1: 1", "1 :1", "+1:1", "1:-1", "01:1", "1:01", "0x1:1", "1:0x1",
		"1-2", "a:b", "2147483647:1", "4294967296:1", "1:4294967296", "1:2147483647",
		"2147483646:2", "2147483645:3", "65536:2147483646" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_range(texts[i]);
}

static void
accepts_ranges_up_to_the_last_id(void **state)
{
	struct id_range range;

	(void)state;
	assert_int_equal(id_range_parse("100000:65536", &range), 0);
	assert_int_equal(range.start, 100000);
	assert_int_equal(range.count, 65536);
	assert_int_equal(id_range_parse("2147483646:1", &range), 0);
	assert_int_equal(id_range_parse("1:2147483646", &range), 0);
	assert_int_equal(id_range_parse("0:1", &range), 0);
}

static void
knows_what_is_in_a_range(void **state)
{
	const struct id_range range = { 100, 10 }, none = { 100, 0 }, last = { UINT32_MAX, 1 };

	(void)state;
	assert_false(id_range_contains(&range, 99));
	assert_true(id_range_contains(&range, 100));
	assert_true(id_range_contains(&range, 109));
	assert_false(id_range_contains(&range, 110));
	assert_false(id_range_contains(&range, 0));
	assert_false(id_range_contains(&range, UINT32_MAX));
	assert_false(id_range_contains(&none, 100));
	assert_true(id_range_contains(&last, UINT32_MAX));
	assert_false(id_range_contains(&last, 0));
	/* One that no parser lets through: what lies before it does not count from the other end. */
	assert_false(id_range_contains(&(struct id_range){ 4000000000, 4000000000 }, 1));
}

static void
what_is_empty_overlaps_nothing(void **state)
{
	const struct id_range range = { 100, 10 }, none = { 105, 0 }, next = { 110, 1 },
			      last = { 109, 5 };

	(void)state;
	assert_false(id_range_overlaps(&range, &none));
	assert_false(id_range_overlaps(&none, &range));
	assert_false(id_range_overlaps(&none, &none));
	assert_false(id_range_overlaps(&range, &next));
	assert_false(id_range_overlaps(&next, &range));
	assert_true(id_range_overlaps(&range, &last));
	assert_true(id_range_overlaps(&last, &range));
}

/* Against a count of the ids that are in both. */
static bool
mappable(uint32_t start, uint32_t count, uint32_t own)
{
	const struct id_range range = { start, count };

	return (id_range_mappable(&range, own));
}

static void
maps_what_is_safe(void **state)
{
	(void)state;
	assert_true(mappable(100000, 65536, 1000));
	assert_true(mappable(65536, 1, 1000));
	assert_true(mappable(2147399999, 1, 1000));
	assert_true(mappable(65536, 2147400000 - 65536, 1000));
}

static void
refuses_to_map_nothing(void **state)
{
	(void)state;
	assert_false(mappable(100000, 0, 1000));
}

static void
refuses_to_map_system_ids(void **state)
{
	(void)state;
	assert_false(mappable(0, 1, 1000));
	assert_false(mappable(0, 65536, 1000));
	assert_false(mappable(1, 1, 1000));
	assert_false(mappable(65534, 1, 1000));
	assert_false(mappable(65535, 1, 1000));
	assert_false(mappable(65535, 65536, 1000));
}

static void
refuses_to_map_reserved_ids(void **state)
{
	(void)state;
	assert_false(mappable(2147400000, 1, 1000));
	assert_false(mappable(2147399999, 2, 1000));
	assert_false(mappable(65536, 2147400000 - 65536 + 1, 1000));
	assert_false(mappable(2147483646, 1, 1000));
	assert_false(mappable(4294967295, 1, 1000));
	assert_false(mappable(100000, 4294967295, 1000));
	assert_false(mappable(100000, 4294967295 - 99999, 1000));
}

static void
refuses_to_map_the_callers_own_id(void **state)
{
	(void)state;
	assert_false(mappable(100000, 65536, 100000));
	assert_false(mappable(100000, 65536, 165535));
	assert_true(mappable(100000, 65536, 99999));
	assert_true(mappable(100000, 65536, 165536));
}

#define UNCHANGED ((const struct idmap_line *)0x4242)

static struct idmap_line room[IDMAP_LINES_MAX];

static void
assert_no_map(const char *text)
{
	struct idmap map = { UNTOUCHED, UNCHANGED };

	if (idmap_parse(text, room, &map) == 0)
		fail_msg("\"%s\" was taken as a map", text);
	assert_int_equal(map.n, UNTOUCHED);
	assert_ptr_equal(map.lines, UNCHANGED);
}

/* Taken, and what the kernel would read of it. */
static void
assert_map(const char *text, const char *kernel)
{
	char buf[IDMAP_TEXT_MAX];
	struct idmap map = { 0 };

	if (idmap_parse(text, room, &map) < 0)
		fail_msg("\"%s\" was refused", text);
	assert_ptr_equal(map.lines, room);
	assert_int_equal(idmap_format(buf, sizeof(buf), &map), strlen(kernel));
	assert_string_equal(buf, kernel);
}

static void
accepts_maps(void **state)
{
	(void)state;
	assert_map("0:1000:1", "0 1000 1\n");
	assert_map("0:1000:1,1:100000:65536", "0 1000 1\n1 100000 65536\n");
	/* In any order, next to each other on both sides, with holes. */
	assert_map("1000:1000:1,0:100000:1000,1001:101000:9",
	    "1000 1000 1\n0 100000 1000\n1001 101000 9\n");
	assert_map("5:7:2,7:5:2,9:1:1", "5 7 2\n7 5 2\n9 1 1\n");
	/* Whose ids they are is decided elsewhere. */
	assert_map("0:0:1", "0 0 1\n");
}

static void
refuses_what_is_no_map(void **state)
{
	static const char *const texts[] = { "", ",", ":", "::", ":::", "0", "0:1", "0:1:", "0::1",
		":1:1", "0:1:1:", "0:1:1:1", "0:1:1,", ",0:1:1", "0:1:1,,1:2:1", "0:1:1;1:2:1",
		"0:1:1 ", " 0:1:1", "0: 1:1", "0 1 1", "0,1,1", "0:1,1", "0,1:1", "0:1:1\n",
		"00:1:1", "0:01:1", "0:1:01", "+0:1:1", "0:-1:1", "0:1:-1", "0x0:1:1", "a:b:c",
		"0:1:1,a:2:1", "0:1:1,1:2", "0:1:1,1", "0:1:0", "0:1:1,1:2:0" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_map(texts[i]);
}

/* A sum that wraps would be a small id, and that of the host's root the smallest. */
static void
refuses_maps_that_wrap(void **state)
{
	static const char *const texts[] = { "0:2147483647:1", "2147483647:1:1", "0:4294967295:1",
		"4294967295:1:1", "0:4294967296:1", "0:1:4294967296", "0:1:4294967295",
		"0:1:2147483648", "0:1:2147483647", "1:0:2147483647", "0:2147483646:2",
		"2147483646:1:1", "1:1:2147483647", "2147400000:1:1", "2147400000:1:4294967295",
		"2147399999:1:2", "1:0:2147400000", "0:1000:2147483646", "1000:0:2147483646" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_map(texts[i]);
	assert_map("0:2147483646:1", "0 2147483646 1\n");
	assert_map("2147399999:1:1", "2147399999 1 1\n");
	assert_map("1:0:2147399999", "1 0 2147399999\n");
}

static void
refuses_ids_in_two_lines(void **state)
{
	static const char *const texts[] = { "0:1:1,0:2:1", "0:1:1,1:1:1", "0:10:5,4:20:1",
		"0:10:5,5:14:1", "4:20:1,0:10:5", "5:14:1,0:10:5", "0:10:5,2:30:1", "0:10:5,9:12:1",
		"0:1:1,1:2:1,0:3:1", "0:1:1,1:2:1,2:1:1", "0:1:1,1:2:1,1:3:1",
		"0:1:1,1:2:1,2:2:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_map(texts[i]);
}

/* As many lines as the kernel takes; and a text that it takes. */
static void
knows_the_kernels_limits(void **state)
{
	static char text[16 * (IDMAP_LINES_MAX + 1)];
	char buf[IDMAP_TEXT_MAX];
	struct idmap map;
	size_t len = 0;

	(void)state;
	for (unsigned int i = 0; i < IDMAP_LINES_MAX; i++)
		len += (size_t)sprintf(text + len, "%s%u:%u:1", i == 0 ? "" : ",", i, i);
	assert_int_equal(idmap_parse(text, room, &map), 0);
	assert_int_equal(map.n, 340);
	assert_int_equal(idmap_format(buf, sizeof(buf), &map), len + 1);
	assert_int_equal(map.lines[339].outside, 339);
	sprintf(text + len, ",340:340:1");
	assert_no_map(text);
	/* 248 lines of 16 characters, the first of 15; then one character more. */
	len = 0;
	for (unsigned int i = 0; i < IDMAP_TEXT_MAX / 16; i++)
		len += (size_t)sprintf(
		    text + len, "%s%u:%u:1", i == 0 ? "" : ",", 99999 + i, 100000 + i);
	assert_int_equal(len, IDMAP_TEXT_MAX - 2);
	assert_int_equal(idmap_parse(text, room, &map), 0);
	assert_int_equal(idmap_format(buf, sizeof(buf), &map), IDMAP_TEXT_MAX - 1);
	text[len++] = '0';
	assert_no_map(text);
}

static void
knows_the_usual_map(void **state)
{
	const struct id_range range = { 100000, 65536 };
	struct idmap_line lines[2];
	struct idmap map = idmap_usual(lines, 1000, &range);
	char buf[64];

	(void)state;
	assert_int_equal(idmap_format(buf, 25, &map), 24);
	assert_string_equal(buf, "0 1000 1\n1 100000 65536\n");
	assert_int_equal(idmap_format(buf, 24, &map), -1);
	assert_int_equal(idmap_format(buf, 9, &map), -1);
	assert_int_equal(idmap_format(buf, 0, &map), -1);
	snprintf_fails = true;
	assert_int_equal(idmap_format(buf, sizeof(buf), &map), -1);
	snprintf_fails = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_other_spellings),
		cmocka_unit_test(refuses_ids_that_wrap),
		cmocka_unit_test(accepts_the_one_spelling),
		cmocka_unit_test(agrees_with_the_regular_expression),
		cmocka_unit_test(agrees_around_every_power),
		cmocka_unit_test(refuses_bad_ranges),
		cmocka_unit_test(accepts_ranges_up_to_the_last_id),
		cmocka_unit_test(knows_what_is_in_a_range),
		cmocka_unit_test(what_is_empty_overlaps_nothing),
		cmocka_unit_test(maps_what_is_safe),
		cmocka_unit_test(refuses_to_map_nothing),
		cmocka_unit_test(refuses_to_map_system_ids),
		cmocka_unit_test(refuses_to_map_reserved_ids),
		cmocka_unit_test(refuses_to_map_the_callers_own_id),
		cmocka_unit_test(accepts_maps),
		cmocka_unit_test(refuses_what_is_no_map),
		cmocka_unit_test(refuses_maps_that_wrap),
		cmocka_unit_test(refuses_ids_in_two_lines),
		cmocka_unit_test(knows_the_kernels_limits),
		cmocka_unit_test(knows_the_usual_map),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
