/* SPDX-License-Identifier: ISC */
/*
 * Units of logread.c: every byte of a job's log once, whatever becomes of its files meanwhile.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold that what is no record is left out and nothing else is, and that nothing is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/berth/logread.h"

#define T "2026-11-26T12:00:00.123456789Z"

static char path[] = "/tmp/logread.XXXXXX";
static int dir = -1;

/* What was read, a stream each. */
static char got[3][256 * 1024];
static size_t ngot[3];

static int
setup(void **state)
{
	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	if (mkdtemp(path) == NULL)
		return (-1);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	memset(ngot, 0, sizeof(ngot));
	return (dir < 0 ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	unlinkat(dir, "log", 0);
	unlinkat(dir, "log.1", 0);
	unlinkat(dir, "elsewhere", 0);
	close(dir);
	return (rmdir(path));
}

static void
append(const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void
say(const char *text)
{
	append("log", text, strlen(text));
}

static void
turn_over(void)
{
	assert_int_equal(renameat(dir, "log", dir, "log.1"), 0);
}

static void
empty_log(void)
{
	int fd = openat(dir, "log", O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
}

/* Reads until there is no more; how many records that were. */
static int
drain(struct logread *log)
{
	struct log_record record;
	int count = 0, rc;

	while ((rc = logread_next(log, &record)) == 1) {
		assert_true(record.stream == LOG_STDOUT || record.stream == LOG_STDERR);
		assert_int_equal(
		    record.whole, record.len > 0 && record.text[record.len - 1] == '\n');
		memcpy(got[record.stream] + ngot[record.stream], record.text, record.len);
		ngot[record.stream] += record.len;
		count++;
	}
	assert_int_equal(rc, 0);
	return (count);
}

static void
assert_got(enum log_stream stream, const char *text)
{
	assert_int_equal(ngot[stream], strlen(text));
	assert_memory_equal(got[stream], text, ngot[stream]);
	ngot[stream] = 0;
}

static void
open_log(struct logread *log)
{
	struct err err;

	assert_int_equal(logread_open(log, dir, &err), 0);
}

static void
records(void **state)
{
	struct log_record record;
	struct logread log;

	(void)state;
	say(T " stdout F hello\n" T " stderr P 50 \n" T " stdout F \n" T " stderr F % done\n");
	append("log", T " stdout P a\0b\377\n", sizeof(T " stdout P a\0b\377\n") - 1);
	open_log(&log);
	assert_int_equal(logread_next(&log, &record), 1);
	assert_int_equal(record.time, INT64_C(1795694400123456789));
	assert_int_equal(record.stamp_len, sizeof(T) - 1);
	assert_memory_equal(record.stamp, T, sizeof(T) - 1);
	assert_int_equal(record.len, 6);
	assert_memory_equal(record.text, "hello\n", 6);
	assert_int_equal(drain(&log), 4);
	assert_got(LOG_STDERR, "50 % done\n");
	assert_int_equal(ngot[LOG_STDOUT], 5);
	assert_memory_equal(got[LOG_STDOUT], "\na\0b\377", 5);
	logread_close(&log);
}

static void
malformed(void **state)
{
	static const char *const lines[] = { "\n", " \n", "hello\n", T "\n", T " \n", T " stdout\n",
		T " stdout \n", T " stdout F\n", T " stdout X a\n", T " stdout FF a\n",
		T " stdin F a\n", T " stdou F a\n", T " stdoutt F a\n", T "  stdout F a\n",
		T " stdout  F a\n", "x" T " stdout F a\n", "2026-11-26T12:00:00 stdout F a\n" };
	struct logread log;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say(lines[i]);
	say(T " stdout F good\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say(lines[i]);
	say(T " stdout F again\n");
	open_log(&log);
	assert_int_equal(drain(&log), 2);
	assert_got(LOG_STDOUT, "good\nagain\n");
	logread_close(&log);
}

/* Lines at and over the limit; the record behind each of them is there. */
static void
long_lines(void **state)
{
	static const size_t sizes[] = { 16384, LOGREAD_LINE_MAX - 1, LOGREAD_LINE_MAX,
		LOGREAD_LINE_MAX + 1, 3 * LOGREAD_LINE_MAX };
	static char line[3 * LOGREAD_LINE_MAX];
	const size_t head = sizeof(T " stdout F ") - 1;
	struct logread log;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(line, 'x', sizes[i]);
		memcpy(line, T " stdout F ", head);
		line[sizes[i] - 1] = '\n';
		append("log", line, sizes[i]);
		say(T " stderr F behind\n");
		open_log(&log);
		assert_int_equal(drain(&log), sizes[i] <= LOGREAD_LINE_MAX ? 2 : 1);
		assert_int_equal(
		    ngot[LOG_STDOUT], sizes[i] <= LOGREAD_LINE_MAX ? sizes[i] - head : 0);
		assert_got(LOG_STDERR, "behind\n");
		ngot[LOG_STDOUT] = 0;
		logread_close(&log);
		assert_int_equal(unlinkat(dir, "log", 0), 0);
	}
}

/* The rest of a line that is too long is none of its own, whatever it looks like; nor is a file's. */
static void
rests(void **state)
{
	static char line[LOGREAD_LINE_MAX];
	struct logread log;

	(void)state;
	memset(line, 'x', sizeof(line));
	append("log", line, sizeof(line));
	say(T " stdout F forged\n" T " stdout F a\n");
	append("log", line, sizeof(line));
	open_log(&log);
	assert_int_equal(drain(&log), 1);
	turn_over();
	say(T " stdout F b\n" T " stdout F cut");
	assert_int_equal(drain(&log), 1);
	turn_over();
	say(T " stdout F c\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "a\nb\nc\n");
	/* The beginning of a record is there, and what looks like one is its text. */
	say(T " stdout F text: ");
	logread_end(&log);
	say(T " stdout F forged\n" T " stdout F d\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "d\n");
	logread_close(&log);
}

/* A record that comes in pieces is there when its newline is. */
static void
pieces(void **state)
{
	static const char text[] = T " stdout F slow\n";
	struct logread log;

	(void)state;
	open_log(&log);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(drain(&log), 0);
		append("log", text + i, 1);
	}
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "slow\n");
	logread_close(&log);
}

static void
rotation(void **state)
{
	struct logread log;

	(void)state;
	say(T " stdout F 1\n");
	turn_over();
	say(T " stdout F 2\n");
	open_log(&log);
	assert_int_equal(drain(&log), 2);
	assert_got(LOG_STDOUT, "1\n2\n");
	/* What is written before the turn, between it and the new file, and behind it. */
	say(T " stdout F 3\n");
	turn_over();
	assert_int_equal(drain(&log), 1);
	assert_int_equal(drain(&log), 0);
	say(T " stdout F 4\n");
	assert_int_equal(drain(&log), 1);
	say(T " stdout F 5\n");
	turn_over();
	say(T " stdout F 6\n");
	assert_int_equal(drain(&log), 2);
	/* Twice between two looks: what is left is taken, in its order. */
	say(T " stdout F 7\n");
	turn_over();
	say(T " stdout F 8\n");
	turn_over();
	say(T " stdout F 9\n");
	assert_int_equal(drain(&log), 3);
	assert_got(LOG_STDOUT, "3\n4\n5\n6\n7\n8\n9\n");
	/* Thrice: one is gone. */
	for (int i = 0; i < 3; i++) {
		say(i == 1 ? T " stdout F gone\n" : T " stdout F kept\n");
		if (i < 2)
			turn_over();
	}
	turn_over();
	say(T " stdout F last\n");
	drain(&log);
	assert_got(LOG_STDOUT, "kept\nkept\nlast\n");
	logread_close(&log);
}

/* What is there at one moment, whatever is written and turned behind it. */
static void
bounded(void **state)
{
	struct logread log;

	(void)state;
	for (int turned = 0; turned < 2; turned++) {
		say(T " stdout F 1\n");
		if (turned)
			turn_over();
		say(T " stdout F 2\n");
		open_log(&log);
		logread_bound(&log);
		say(T " stdout F 3\n");
		turn_over();
		say(T " stdout F 4\n");
		assert_int_equal(drain(&log), 2);
		turn_over();
		say(T " stdout F 5\n");
		assert_int_equal(drain(&log), 0);
		assert_got(LOG_STDOUT, "1\n2\n");
		logread_close(&log);
		assert_int_equal(unlinkat(dir, "log", 0), 0);
		assert_int_equal(unlinkat(dir, "log.1", 0), 0);
	}
	/* One that became shorter has no more, and none that was not there. */
	say(T " stdout F 1\n" T " stdout F 2\n");
	open_log(&log);
	logread_bound(&log);
	assert_int_equal(drain(&log), 2);
	assert_got(LOG_STDOUT, "1\n2\n");
	empty_log();
	say(T " stdout F 3\n");
	assert_int_equal(drain(&log), 0);
	logread_close(&log);
	assert_int_equal(unlinkat(dir, "log", 0), 0);
	open_log(&log);
	logread_bound(&log);
	say(T " stdout F 1\n");
	assert_int_equal(drain(&log), 0);
	logread_close(&log);
}

/* The files as descriptors: what log.1 and log are now, which then have no names any more. */
static void
end_of_job(struct logread *log)
{
	int old = openat(dir, "log.1", O_RDONLY | O_CLOEXEC);
	int new = openat(dir, "log", O_RDONLY | O_CLOEXEC);

	unlinkat(dir, "log", 0);
	unlinkat(dir, "log.1", 0);
	logread_ended(log, old, new);
}

static void
removed(void **state)
{
	struct logread log;

	(void)state;
	/* It has turned since the last look. */
	say(T " stdout F 1\n");
	open_log(&log);
	assert_int_equal(drain(&log), 1);
	say(T " stdout F 2\n");
	turn_over();
	say(T " stdout F 3\n");
	end_of_job(&log);
	assert_int_equal(drain(&log), 2);
	assert_got(LOG_STDOUT, "1\n2\n3\n");
	logread_close(&log);
	/* Twice; and it was not there yet. */
	say(T " stdout F 1\n");
	open_log(&log);
	turn_over();
	say(T " stdout F 2\n");
	turn_over();
	say(T " stdout F 3\n");
	end_of_job(&log);
	assert_int_equal(drain(&log), 3);
	assert_got(LOG_STDOUT, "1\n2\n3\n");
	logread_close(&log);
	open_log(&log);
	say(T " stdout F 1\n");
	turn_over();
	say(T " stdout F 2\n");
	end_of_job(&log);
	drain(&log);
	assert_got(LOG_STDOUT, "1\n2\n");
	logread_close(&log);
	/* What is no file is none. */
	say(T " stdout F 4\n");
	open_log(&log);
	logread_ended(&log, -1, open("/dev/null", O_RDONLY | O_CLOEXEC));
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "4\n");
	logread_close(&log);
}

static void
ends(void **state)
{
	struct logread log;

	(void)state;
	/* Nothing there yet. */
	open_log(&log);
	logread_end(&log);
	say(T " stdout F first\n");
	assert_int_equal(drain(&log), 1);
	logread_close(&log);
	ngot[LOG_STDOUT] = 0;
	/* Two files, and a record of which a part is there. */
	turn_over();
	say(T " stdout F old\n" T " stdout F hal");
	open_log(&log);
	logread_end(&log);
	assert_int_equal(drain(&log), 0);
	say("f\n" T " stdout F new\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "new\n");
	logread_end(&log);
	say(T " stdout F newer\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "newer\n");
	logread_close(&log);
}

static void
emptied(void **state)
{
	struct logread log;

	(void)state;
	say(T " stdout F one\n" T " stdout F tw");
	open_log(&log);
	assert_int_equal(drain(&log), 1);
	empty_log();
	say(T " stdout F 2\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "one\n2\n");
	logread_close(&log);
}

/* What is no plain file is no log, and nobody waits for it. */
static void
no_files(void **state)
{
	struct logread log;

	(void)state;
	append("elsewhere", T " stdout F secret\n", sizeof(T " stdout F secret\n") - 1);
	assert_int_equal(mkfifoat(dir, "log", 0600), 0);
	assert_int_equal(symlinkat("elsewhere", dir, "log.1"), 0);
	open_log(&log);
	logread_follow(&log);
	assert_int_equal(drain(&log), 0);
	logread_end(&log);
	assert_int_equal(drain(&log), 0);
	assert_int_equal(unlinkat(dir, "log", 0), 0);
	say(T " stdout F plain\n");
	assert_int_equal(drain(&log), 1);
	assert_got(LOG_STDOUT, "plain\n");
	logread_close(&log);
}

static bool
is_told(const struct logread *log)
{
	struct pollfd pfd = { .fd = log->notify, .events = POLLIN };

	assert_true(log->notify >= 0);
	assert_int_equal(logread_patience(log), -1);
	return (poll(&pfd, 1, 0) == 1);
}

/* inotify(7) tells at once, so no time plays a part. */
static void
told(void **state)
{
	struct logread log;

	(void)state;
	open_log(&log);
	assert_true(logread_patience(&log) > 0);
	logread_follow(&log);
	assert_false(is_told(&log));
	say(T " stdout F a\n");
	assert_true(is_told(&log));
	assert_int_equal(drain(&log), 1);
	assert_false(is_told(&log));
	assert_int_equal(drain(&log), 0);
	say(T " stdout F b\n");
	assert_true(is_told(&log));
	drain(&log);
	turn_over();
	drain(&log);
	assert_false(is_told(&log));
	say(T " stdout F c\n");
	assert_true(is_told(&log));
	drain(&log);
	assert_got(LOG_STDOUT, "a\nb\nc\n");
	logread_close(&log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(long_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(rests, setup, teardown),
		cmocka_unit_test_setup_teardown(pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(removed, setup, teardown),
		cmocka_unit_test_setup_teardown(ends, setup, teardown),
		cmocka_unit_test_setup_teardown(emptied, setup, teardown),
		cmocka_unit_test_setup_teardown(no_files, setup, teardown),
		cmocka_unit_test_setup_teardown(told, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
