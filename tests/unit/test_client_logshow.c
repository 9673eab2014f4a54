/* SPDX-License-Identifier: ISC */
/*
 * Units of logshow.c: which records are printed, where, and how.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold the bytes of both streams, and that the last lines are the last lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/berth/logshow.h"

static char printed[2][65536];
static int saved[2];

static void
capture(void)
{
	for (int i = 0; i < 2; i++) {
		int file = memfd_create("captured", MFD_CLOEXEC);

		fflush(i == 0 ? stdout : stderr);
		saved[i] = dup(i + 1);
		dup2(file, i + 1);
		close(file);
	}
}

/* How many bytes each stream has got. */
static void
release(ssize_t len[2])
{
	for (int i = 0; i < 2; i++) {
		fflush(i == 0 ? stdout : stderr);
		len[i] = pread(i + 1, printed[i], sizeof(printed[i]) - 1, 0);
		dup2(saved[i], i + 1);
		close(saved[i]);
		printed[i][len[i] > 0 ? len[i] : 0] = '\0';
	}
}

/* "o" stdout, "e" stderr; a text that ends with a newline is whole. */
static void
take(struct logshow *show, int64_t time, char stream, const char *text)
{
	char stamp[16];
	struct log_record record = { .stream = stream == 'o' ? LOG_STDOUT : LOG_STDERR,
		.time = time,
		.stamp = stamp,
		.text = text,
		.len = strlen(text) };

	record.stamp_len = (size_t)snprintf(stamp, sizeof(stamp), "T%d", (int)time);
	record.whole = record.len > 0 && text[record.len - 1] == '\n';
	assert_int_equal(logshow_take(show, &record), 0);
}

static void
take_all(struct logshow *show)
{
	take(show, 1, 'o', "one\n");
	take(show, 2, 'e', "err ");
	take(show, 3, 'o', "t");
	take(show, 4, 'o', "wo");
	take(show, 5, 'e', "or\n");
	take(show, 6, 'o', "\n");
	take(show, 7, 'o', "three\n");
	take(show, 8, 'o', "end");
	logshow_flush(show);
}

static void
assert_shown(struct logshow show, const char *out, const char *err)
{
	ssize_t len[2];

	capture();
	take_all(&show);
	logshow_free(&show);
	release(len);
	assert_string_equal(printed[0], out);
	assert_string_equal(printed[1], err);
}

#define ALL .since = INT64_MIN, .until = INT64_MAX

static void
whole(void **state)
{
	(void)state;
	assert_shown((struct logshow){ ALL, .tail = -1 }, "one\ntwo\nthree\nend", "err or\n");
	assert_shown((struct logshow){ ALL, .tail = 100 }, "one\ntwo\nthree\nend", "err or\n");
	assert_shown((struct logshow){ ALL, .tail = -1, .stamps = true },
	    "T1 one\nT3 two\nT7 three\nT8 end", "T2 err or\n");
}

static void
tails(void **state)
{
	(void)state;
	assert_shown((struct logshow){ ALL, .tail = 0 }, "", "");
	assert_shown((struct logshow){ ALL, .tail = 1 }, "end", "");
	assert_shown((struct logshow){ ALL, .tail = 2 }, "three\nend", "");
	assert_shown((struct logshow){ ALL, .tail = 2, .stamps = true }, "T7 three\nT8 end", "");
	assert_shown((struct logshow){ ALL, .tail = 5 }, "one\ntwo\nthree\nend", "err or\n");
}

static void
moments(void **state)
{
	(void)state;
	assert_shown(
	    (struct logshow){ .since = 3, .until = 7, .tail = -1 }, "two\nthree\n", "or\n");
	assert_shown((struct logshow){ .since = 7, .until = 7, .tail = 5 }, "three\n", "");
	assert_shown((struct logshow){ .since = 9, .until = INT64_MAX, .tail = -1 }, "", "");
}

/* What comes after the flush is no tail any more. */
static void
follows(void **state)
{
	struct logshow show = { ALL, .tail = 1 };
	ssize_t len[2];

	(void)state;
	capture();
	take(&show, 1, 'o', "old\n");
	take(&show, 2, 'o', "last\n");
	logshow_flush(&show);
	take(&show, 3, 'o', "new\n");
	take(&show, 4, 'e', "newer\n");
	release(len);
	assert_string_equal(printed[0], "last\nnew\n");
	assert_string_equal(printed[1], "newer\n");
	logshow_free(&show);
}

static void
objects(void **state)
{
	struct logshow show = { ALL, .tail = -1, .json = true };
	static const char bytes[] = "a\0\377\\\n";
	struct log_record record = { .stream = LOG_STDERR,
		.whole = true,
		.stamp = "T",
		.stamp_len = 1,
		.text = bytes,
		.len = sizeof(bytes) - 1 };
	ssize_t len[2];

	(void)state;
	capture();
	take(&show, 1, 'o', "\033[m \303\244\n");
	take(&show, 2, 'o', "");
	assert_int_equal(logshow_take(&show, &record), 0);
	release(len);
	assert_string_equal(printed[0],
	    "{\"time\":\"T1\",\"stream\":\"stdout\",\"text\":\"\\u001b[m "
	    "\\u00e4\\n\",\"whole\":true}\n"
	    "{\"time\":\"T2\",\"stream\":\"stdout\",\"text\":\"\",\"whole\":false}\n"
	    "{\"time\":\"T\",\"stream\":\"stderr\",\"text\":\"a\\\\x00\\\\xff\\\\x5c\\n\","
	    "\"whole\":"
	    "true}\n");
	assert_int_equal(len[1], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(tails),
		cmocka_unit_test(moments),
		cmocka_unit_test(follows),
		cmocka_unit_test(objects),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
