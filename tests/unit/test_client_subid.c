/* SPDX-License-Identifier: ISC */
/*
 * The parser of /etc/subuid: which line gives which range, and what gives none.
 * TRUST: unprivileged
 * INPUT: texts of the test's own
 * MUST: have a row for each way in which a line can be wrong
 */
#include "client/lib/subid.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct subid_owner dave = { "dave", 1003, 1003 };

/* What is found in text, as START:COUNT; "" for nothing. The buffer is exactly as long as it may
 * be, so that a sanitizer sees every byte too far. */
static const char *
find(const char *bytes, size_t len, const struct subid_owner *owner)
{
	static char shown[32];
	struct id_range range = { 7, 7 };
	char *text = malloc(len + 1);

	assert_non_null(text);
	memcpy(text, bytes, len);
	text[len] = 'X';
	shown[0] = '\0';
	if (subid_find(text, len, owner, &range))
		snprintf(shown, sizeof(shown), "%u:%u", range.start, range.count);
	else
		assert_true(range.start == 7 && range.count == 7);
	free(text);
	return (shown);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} rows[] = {
		{ "dave:296608:65536\n", "296608:65536" },
		{ "dave:296608:65536", "296608:65536" },
		{ "1003:296608:65536\n", "296608:65536" },
		{ "alice:100000:65536\ndave:296608:65536\nbob:5:5\n", "296608:65536" },
		{ "dave:296608:1\ndave:396608:2\n", "296608:1" },
		{ "# dave\n\n\n:::\ndave\ndave:\ndave::\n1003:296608:65536\n", "296608:65536" },
		{ "", "" },
		{ "\n\n\n", "" },
		{ "dav:296608:65536\ndaveX:296608:65536\nDave:296608:65536\n", "" },
		{ " dave:296608:65536\n", "" },
		{ "dave :296608:65536\n", "" },
		{ "dave: 296608:65536\n", "" },
		{ "dave:296608:65536 \n", "" },
		{ "dave:296608:65536\r\n", "" },
		{ "dave:296608:65536:\n", "" },
		{ "dave:296608:65536:1\n", "" },
		{ "dave:296608:0\n", "" },
		{ "dave:296608:-1\n", "" },
		{ "dave:-1:65536\n", "" },
		{ "dave:+296608:65536\n", "" },
		{ "dave:0x48a20:65536\n", "" },
		{ "dave:0296608:65536\n", "" },
		{ "dave:296608:4294967296\n", "" },
		{ "dave:4294967295:1\n", "" },
		{ "dave:4294967294:2\n", "" },
		{ "dave:18446744073709551615:1\n", "" },
		{ "dave:2147483646:2\n", "" },
		/* Numbers that are not this user's, however they are written. */
		{ "01003:296608:65536\n", "" },
		{ "1004:296608:65536\n", "" },
		{ "4294968299:296608:65536\n", "" },
		{ "-4294966293:296608:65536\n", "" },
		/* Ranges that must not be mapped: root, system accounts, the user's own id, ids that
		 * own namespaces. A later line may be right. */
		{ "dave:0:65536\n", "" },
		{ "dave:1:10\n", "" },
		{ "dave:1000:65536\n", "" },
		{ "dave:65534:2\n", "" },
		{ "dave:2147400000:1\n", "" },
		{ "dave:100000:2147300001\n", "" },
		{ "dave:0:65536\ndave:296608:65536\n", "296608:65536" },
		{ NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; rows[i].text != NULL; i++)
		assert_string_equal(
		    find(rows[i].text, strlen(rows[i].text), &dave), rows[i].wanted);
}

static void
test_nul(void **state)
{
	static const char hidden[] = "dave:296608:1\0:65536\ndave\0x:296608:1\n\0dave:1:1\n";

	(void)state;
	assert_string_equal(find(hidden, sizeof(hidden) - 1, &dave), "");
	assert_string_equal(find("\0\0\0", 3, &dave), "");
}

static void
test_owners(void **state)
{
	const struct subid_owner nameless = { "", 1003, 1003 }, high = { "dave", 300000, 300000 };
	/* An account whose name is a number is not the user of that number. */
	const struct subid_owner digits = { "1000", 1003, 1003 };

	(void)state;
	assert_string_equal(find(":296608:1\n", 10, &nameless), "");
	assert_string_equal(find("1003:296608:1\n", 14, &nameless), "296608:1");
	assert_string_equal(find("1000:296608:1\n", 14, &digits), "");
	/* The user's own id lies in the range. */
	assert_string_equal(find("dave:296608:65536\n", 18, &high), "");
	assert_string_equal(find("300000:400000:1\n", 16, &high), "400000:1");
}

static void
test_long(void **state)
{
	size_t len = 1 << 20;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'd', len);
	assert_string_equal(find(text, len, &dave), "");
	memset(text, ':', len);
	assert_string_equal(find(text, len, &dave), "");
	memset(text, '\n', len);
	memcpy(text + len - 18, "\ndave:296608:65536", 18);
	assert_string_equal(find(text, len, &dave), "296608:65536");
	free(text);
}

static void
test_files(void **state)
{
	char path[] = "/tmp/test_subid.XXXXXX";
	struct id_range range = { 7, 7 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "dave:296608:65536\n", 18), 18);
	assert_true(subid_load(path, &dave, &range));
	assert_int_equal(range.start, 296608);
	/* Too large to be true. */
	assert_int_equal(ftruncate(fd, (off_t)SUBID_FILE_MAX + 1), 0);
	assert_false(subid_load(path, &dave, &range));
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_false(subid_load(path, &dave, &range));
	/* Would be waited for. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(subid_load(path, &dave, &range));
	assert_int_equal(unlink(path), 0);
	assert_false(subid_load("/dev/zero", &dave, &range));
	assert_false(subid_load("/tmp", &dave, &range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_files),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
