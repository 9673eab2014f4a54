/* SPDX-License-Identifier: ISC */
/*
 * Errors: what they hold and how they are printed (attacks.md A25).
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that only printable ASCII comes out, one record one line, whatever goes in
 */
/* WRAP: snprintf write */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/err.h"

static struct err err;
static bool snprintf_fails;
static int writes;

int __wrap_snprintf(char *buf, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	writes++;
	return (__real_write(fd, buf, len));
}

int
__wrap_snprintf(char *buf, size_t len, const char *fmt, ...)
{
	va_list args;
	int put;

	if (snprintf_fails)
		return (-1);
	va_start(args, fmt);
	put = vsnprintf(buf, len, fmt, args);
	va_end(args);
	return (put);
}

static void
assert_printable(const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(*text >= 0x20 && *text <= 0x7e);
}

static void
every_byte_is_printed_or_escaped(void **state)
{
	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		const char text[] = { (char)byte, '\0' };
		char out[8], wanted[8];

		if (byte >= 0x20 && byte <= 0x7e && byte != '\\')
			snprintf(wanted, sizeof(wanted), "%c", (int)byte);
		else
			snprintf(wanted, sizeof(wanted), "\\x%02x", byte);
		err_escape(out, sizeof(out), text);
		assert_string_equal(out, wanted);
		err_set(&err, ERR_USAGE, "%s", text);
		assert_string_equal(err.what, wanted);
		err_why(&err, "%s", text);
		assert_string_equal(err.why, wanted);
		err_todo(&err, "%s", text);
		assert_string_equal(err.todo, wanted);
	}
}

static void
terminal_sequences_lose_their_power(void **state)
{
	char out[64];

	(void)state;
	err_escape(out, sizeof(out), "\x1b]0;x\a\n\r");
	assert_string_equal(out, "\\x1b]0;x\\x07\\x0a\\x0d");
	/* C1 in UTF-8: U+0080 to U+009F are C2 80 to C2 9F. */
	err_escape(out, sizeof(out), "\xc2\x80\xc2\x9b");
	assert_string_equal(out, "\\xc2\\x80\\xc2\\x9b");
	/* U+202E turns the rest of the line round. */
	err_escape(out, sizeof(out), "a\xe2\x80\xae.b");
	assert_string_equal(out, "a\\xe2\\x80\\xae.b");
	/* A text cannot pretend to be an escape. */
	err_escape(out, sizeof(out), "\\x1b");
	assert_string_equal(out, "\\x5cx1b");
}

static void
a_long_text_is_cut_at_a_whole_escape(void **state)
{
	(void)state;
	for (size_t len = 1; len < 12; len++) {
		char out[16];
		size_t fits = len < 3 ? len - 1 : 2 + (len - 3) / 4 * 4;

		memset(out, '#', sizeof(out));
		err_escape(out, len, "ab\x1b\x1b\x1b\x1b");
		assert_int_equal(strlen(out), fits);
		assert_memory_equal(out, "ab\\x1b\\x1b\\x1b", fits);
		/* Not a byte behind the end. */
		assert_int_equal(out[len], '#');
	}
}

static void
a_line_is_never_longer_than_its_room(void **state)
{
	char text[4 * ERR_LINE];

	(void)state;
	memset(text, '\x1b', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_USAGE, "%s", text);
	assert_int_equal(strlen(err.what), (ERR_LINE - 1) / 4 * 4);
	memset(text, 'a', sizeof(text) - 1);
	err_why(&err, "%s", text);
	assert_int_equal(strlen(err.why), ERR_LINE - 1);
}

static void
a_new_error_forgets_the_old_one(void **state)
{
	(void)state;
	errno = EPERM;
	assert_int_equal(err_sys(&err, "old"), -1);
	assert_int_equal(err_todo(&err, "old"), -1);
	assert_int_equal(err_set(&err, ERR_CONFIG, "new %d", 1), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(err.errnum, 0);
	assert_string_equal(err.what, "new 1");
	assert_string_equal(err.why, "");
	assert_string_equal(err.todo, "");
}

static void
system_errors_are_explained_without_the_locale(void **state)
{
	(void)state;
	setlocale(LC_ALL, "de_DE.UTF-8");
	errno = ENOENT;
	assert_int_equal(err_sys(&err, "cannot open %s", "x\n"), -1);
	setlocale(LC_ALL, "C");
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(err.errnum, ENOENT);
	assert_string_equal(err.what, "cannot open x\\x0a");
	assert_string_equal(err.why, "No such file or directory");
	errno = 12345;
	err_sys(&err, "odd");
	assert_string_equal(err.why, "unknown error");
}

static void
a_text_that_cannot_be_made_is_empty(void **state)
{
	(void)state;
	/* No locale has been set, so this wide character cannot be written. */
	err_set(&err, ERR_BUG, "before %ls", L"\x202e");
	assert_string_equal(err.what, "");
	assert_int_equal(err.code, ERR_BUG);
}

/* What err_print(fd, &err) writes, and that it is one record: one write(2) to a datagram socket
 * would do as well. */
static void
assert_prints(const char *wanted)
{
	char text[4 * ERR_LINE] = "";
	int fds[2];
	ssize_t len;

	assert_int_equal(pipe(fds), 0);
	err_print(fds[1], &err);
	close(fds[1]);
	len = read(fds[0], text, sizeof(text) - 1);
	assert_true(len >= 0);
	close(fds[0]);
	assert_string_equal(text, wanted);
}

static void
prints_one_to_three_lines(void **state)
{
	(void)state;
	err_set(&err, ERR_REFUSED, "what");
	assert_prints("berth: what\n");
	err_todo(&err, "todo");
	assert_prints("berth: what\n  todo\n");
	err_why(&err, "why");
	assert_prints("berth: what\n  why\n  todo\n");
	err_todo(&err, "%s", "");
	assert_prints("berth: what\n  why\n");
}

static void
prints_the_longest_lines_whole(void **state)
{
	char wanted[3 * ERR_LINE + 32], line[ERR_LINE];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	err_set(&err, ERR_USAGE, "%s", line);
	err_why(&err, "%s", line);
	err_todo(&err, "%s", line);
	snprintf(wanted, sizeof(wanted), "berth: %s\n  %s\n  %s\n", line, line, line);
	assert_prints(wanted);
}

static void
prints_hostile_arguments_as_one_line_each(void **state)
{
	char text[4 * ERR_LINE] = "", *line, *rest = text;
	int fds[2], lines = 0;

	(void)state;
	err_set(&err, ERR_USAGE, "%s", "a\nberth: all is well\x1b[2J");
	err_why(&err, "%s",
	    "b\n\x9b"
	    "31m");
	err_todo(&err, "%s", "c\r\n");
	assert_int_equal(pipe(fds), 0);
	err_print(fds[1], &err);
	close(fds[1]);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	close(fds[0]);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		assert_printable(line);
		lines++;
	}
	assert_int_equal(lines, 3);
}

static void
a_closed_descriptor_is_no_harm(void **state)
{
	(void)state;
	err_set(&err, ERR_USAGE, "nobody reads this");
	err_print(-1, &err);
}

/* Not of what is on the stack. */
static void
a_record_that_cannot_be_made_is_not_written(void **state)
{
	char text[16];
	int fds[2];

	(void)state;
	err_set(&err, ERR_USAGE, "nobody can write this");
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	snprintf_fails = true;
	writes = 0;
	err_print(fds[1], &err);
	assert_int_equal(writes, 0);
	snprintf_fails = false;
	assert_int_equal(read(fds[0], text, sizeof(text)), -1);
	assert_int_equal(errno, EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

/* ERR_FAILED is what a program says whose own failure has no better one: no reason of another's. */
static void
a_foreign_status_is_one_of_ours_or_the_other(void **state)
{
	static const int known[] = { 64, 69, 70, 71, 77, 78 };

	(void)state;
	for (int status = -300, at = 0; status < 600; status++) {
		bool is_known = at < 6 && status == known[at];

		at += is_known;
		assert_int_equal(err_code_of(status, ERR_FAILED), is_known ? status : ERR_FAILED);
		assert_int_equal(err_code_of(status, ERR_SYSTEM), is_known ? status : ERR_SYSTEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_foreign_status_is_one_of_ours_or_the_other),
		cmocka_unit_test(every_byte_is_printed_or_escaped),
		cmocka_unit_test(terminal_sequences_lose_their_power),
		cmocka_unit_test(a_long_text_is_cut_at_a_whole_escape),
		cmocka_unit_test(a_line_is_never_longer_than_its_room),
		cmocka_unit_test(a_new_error_forgets_the_old_one),
		cmocka_unit_test(a_text_that_cannot_be_made_is_empty),
		cmocka_unit_test(system_errors_are_explained_without_the_locale),
		cmocka_unit_test(prints_one_to_three_lines),
		cmocka_unit_test(prints_the_longest_lines_whole),
		cmocka_unit_test(prints_hostile_arguments_as_one_line_each),
		cmocka_unit_test(a_closed_descriptor_is_no_harm),
		cmocka_unit_test(a_record_that_cannot_be_made_is_not_written),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
