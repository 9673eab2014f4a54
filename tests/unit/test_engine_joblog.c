/* SPDX-License-Identifier: ISC */
/*
 * The log of a job: who joins its records has what the job wrote, however that came; the two files are
 * bounded; what stands in their place by a user's doing is not written to.
 * TRUST: unprivileged
 * INPUT: bytes of a job; a directory of a user's
 * MUST: read the files with a reader of its own
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* WRAP: clock_gettime */
#include "client/engine/job/joblog.c"

static char top[64];
static int dir = -1;
static struct timespec now;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (now.tv_sec == 0)
		return __real_clock_gettime(clock, ts);
	*ts = now;
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	now.tv_sec = 0;
	snprintf(top, sizeof(top), "/tmp/test_joblog.XXXXXX");
	assert_non_null(mkdtemp(top));
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { JOBLOG_FILE, JOBLOG_OLD, "other" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (unlinkat(dir, names[i], 0) == -1 && errno == EISDIR)
			unlinkat(dir, names[i], AT_REMOVEDIR);
	close(dir);
	return rmdir(top);
}

static struct joblog *
open_log(void)
{
	struct joblog *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	joblog_open(log, dir);
	return log;
}

static struct joblog_stream *
stream_of(const char *name)
{
	struct joblog_stream *stream = calloc(1, sizeof(*stream));

	assert_non_null(stream);
	stream->name = name;
	return stream;
}

static void
close_log(struct joblog *log)
{
	io_close(&log->fd);
	free(log);
}

/* All of a file, with a NUL behind; "" when it is not there. */
static char *
content(const char *name, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st = { 0 };
	char *text;

	assert_true(fd == -1 || fstat(fd, &st) == 0);
	text = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(text);
	assert_true(fd == -1 || read(fd, text, (size_t)st.st_size) == st.st_size);
	if (fd != -1)
		close(fd);
	*len = (size_t)st.st_size;
	return text;
}

/* What the stream's records of that file say, appended to out. Every line has to be a record. */
static size_t
join(const char *name, const char *stream, char *out, size_t used)
{
	size_t len;
	char *text = content(name, &len);
	const char *at = text;

	while (at < text + len) {
		const char *end = memchr(at, '\n', len - (size_t)(at - text));
		char word[16] = "";
		char tag = '?';
		int head = 0;

		assert_non_null(end);
		assert_int_equal(
		    sscanf(at, "%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*9dZ %15s %c%n", word, &tag, &head),
		    2);
		assert_true(head > 0 && at[head] == ' ' && (tag == 'F' || tag == 'P'));
		at += head + 1;
		assert_true(end - at <= JOBLOG_TEXT_MAX);
		if (strcmp(word, stream) == 0) {
			memcpy(out + used, at, (size_t)(end - at));
			used += (size_t)(end - at);
			if (tag == 'F')
				out[used++] = '\n';
		}
		at = end + 1;
	}
	free(text);
	return used;
}

static void
records_as_they_stand(void **state)
{
	struct joblog *log = open_log();
	struct joblog_stream *out = stream_of("stdout");
	struct joblog_stream *err = stream_of("stderr");
	size_t len;
	char *text;

	(void)state;
	now = (struct timespec){ 1795694400, 123456789 };
	joblog_take(log, out, "whole\nbegin", 11);
	joblog_take(log, err, "x\n", 2);
	now = (struct timespec){ 951782399, 5 };
	joblog_take(log, out, "ning\n\n", 6);
	joblog_take(log, out, "part", 4);
	now = (struct timespec){ 0, 0 };
	text = content(JOBLOG_FILE, &len);
	assert_string_equal(text, "2026-11-26T12:00:00.123456789Z stdout F whole\n"
				  "2026-11-26T12:00:00.123456789Z stderr F x\n"
				  "2000-02-28T23:59:59.000000005Z stdout F beginning\n"
				  "2000-02-28T23:59:59.000000005Z stdout F \n");
	free(text);
	now = (struct timespec){ 951782400, 0 };
	joblog_take_part(log, out);
	joblog_take_part(log, err);
	text = content(JOBLOG_FILE, &len);
	assert_non_null(strstr(text, "\n2000-02-29T00:00:00.000000000Z stdout P part\n"));
	assert_int_equal(strlen(text), len);
	free(text);
	free(out);
	free(err);
	close_log(log);
}

/* Against gmtime(3), which the log must not call. */
static void
dates(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 60000; day++) {
		time_t second = (time_t)day * DAY;
		struct tm utc;
		char want[64];
		char got[16];

		assert_non_null(gmtime_r(&second, &utc));
		strftime(want, sizeof(want), "%Y-%m-%d", &utc);
		date_of(day, got);
		assert_string_equal(got, want);
	}
}

/* In pieces of all sizes, with pauses, bytes of all kinds, lines of all lengths. */
static void
every_byte_once(void **state)
{
	static char bytes[400000];
	static char back[400100];
	struct joblog *log = open_log();
	struct joblog_stream *out = stream_of("stdout");
	struct joblog_stream *err = stream_of("stderr");
	size_t used = 0;

	(void)state;
	srandom(7);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)random();
	/* without newlines for longer than a record takes; exactly as long; one more */
	memset(bytes + 1000, 'a', 50000);
	memset(bytes + 60000, 'b', 3 * (JOBLOG_TEXT_MAX + 1));
	bytes[60000 - 1] = bytes[60000 + JOBLOG_TEXT_MAX] = '\n';
	bytes[60000 + 2 * JOBLOG_TEXT_MAX + 2] = '\n';
	for (size_t at = 0; at < sizeof(bytes);) {
		size_t piece = (size_t)random() % (random() % 4 == 0 ? 40000 : 300) + 1;

		if (piece > sizeof(bytes) - at)
			piece = sizeof(bytes) - at;
		joblog_take(log, out, bytes + at, piece);
		at += piece;
		if (random() % 16 == 0)
			joblog_take_part(log, out);
		joblog_take(log, err, "e\n", 2);
	}
	joblog_take_part(log, out);
	used = join(JOBLOG_FILE, "stdout", back, 0);
	assert_int_equal(used, sizeof(bytes));
	assert_memory_equal(back, bytes, sizeof(bytes));
	free(out);
	free(err);
	close_log(log);
}

static off_t
size_of(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size : -1;
}

/* The last of it, whole records, in files below the bound. */
static void
bounded(void **state)
{
	struct joblog *log = open_log();
	struct joblog_stream *out = stream_of("stdout");
	static char back[200000];
	char line[128];
	size_t used;

	(void)state;
	assert_int_equal(log->max, 8 << 20);
	log->max = 20000;
	for (int i = 0; i < 3000; i++) {
		int len = snprintf(line, sizeof(line), "%d %.*s\n", i, i % 90,
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxx"
		    "xxxx");

		joblog_take(log, out, line, (size_t)len);
		assert_true(size_of(JOBLOG_FILE) <= 20000);
		assert_true(size_of(JOBLOG_OLD) <= 20000);
	}
	assert_true(size_of(JOBLOG_OLD) > 19000);
	used = join(JOBLOG_OLD, "stdout", back, 0);
	used = join(JOBLOG_FILE, "stdout", back, used);
	back[used] = '\0';
	/* nothing is missing between the first that is there and the last */
	for (int i = atoi(back); i < 3000; i++) {
		snprintf(line, sizeof(line), "%d ", i);
		assert_non_null(strstr(back, line));
	}
	free(out);
	close_log(log);
}

static void
put(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* A writer that was killed has left part of a record: the next one begins a line. */
static void
goes_on_behind(void **state)
{
	struct joblog_stream *out = stream_of("stdout");
	struct joblog *log;
	size_t len;
	char *text;

	(void)state;
	put(JOBLOG_FILE, "2026-11-26T12:00:00.000000000Z stdout F a\n2026-11-26T12:0");
	log = open_log();
	joblog_take(log, out, "b\n", 2);
	text = content(JOBLOG_FILE, &len);
	assert_non_null(strstr(text, " F a\n2026-11-26T12:0\n2"));
	assert_non_null(strstr(text, "stdout F b\n"));
	free(text);
	close_log(log);
	log = open_log();
	joblog_take(log, out, "c\n", 2);
	text = content(JOBLOG_FILE, &len);
	assert_null(strstr(text, "\n\n"));
	assert_non_null(strstr(text, "stdout F c\n"));
	free(text);
	close_log(log);
	free(out);
}

/* What is in the way is no log: it is moved, as an old one, and not written to. */
static void
foreign(const char *what)
{
	struct joblog_stream *out = stream_of("stdout");
	struct joblog *log = open_log();
	size_t len;
	char *text;

	joblog_take(log, out, "mine\n", 5);
	text = content(JOBLOG_FILE, &len);
	if (strstr(text, " F mine\n") == NULL)
		fail_msg("%s: nothing was written", what);
	free(text);
	text = content("other", &len);
	assert_string_equal(text, "other");
	free(text);
	free(out);
	close_log(log);
	unlinkat(dir, JOBLOG_FILE, 0);
	if (unlinkat(dir, JOBLOG_OLD, 0) == -1)
		unlinkat(dir, JOBLOG_OLD, AT_REMOVEDIR);
}

static void
nothing_foreign(void **state)
{
	(void)state;
	put("other", "other");
	assert_int_equal(symlinkat("other", dir, JOBLOG_FILE), 0);
	foreign("a link");
	assert_int_equal(linkat(dir, "other", dir, JOBLOG_FILE, 0), 0);
	foreign("a second name");
	assert_int_equal(mkfifoat(dir, JOBLOG_FILE, 0600), 0);
	foreign("a FIFO");
	assert_int_equal(mkdirat(dir, JOBLOG_FILE, 0700), 0);
	foreign("a directory");
}

/* A directory that is gone, or full of what cannot be moved: output is lost, and nothing else, until
 * there is a place for it again. */
static void
lost(void **state)
{
	struct joblog_stream *out = stream_of("stdout");
	struct joblog *log;

	(void)state;
	assert_int_equal(mkdirat(dir, JOBLOG_FILE, 0700), 0);
	assert_int_equal(mkdirat(dir, JOBLOG_OLD, 0700), 0);
	assert_int_equal(mkdirat(dir, JOBLOG_OLD "/x", 0700), 0);
	log = open_log();
	assert_int_equal(log->fd, -1);
	for (int i = 0; i < 100000; i++)
		joblog_take(log, out, "line\nrest", 9);
	joblog_take_part(log, out);
	assert_int_equal(size_of(JOBLOG_FILE) > 0 && log->fd != -1, 0);
	unlinkat(dir, JOBLOG_OLD "/x", AT_REMOVEDIR);
	unlinkat(dir, JOBLOG_OLD, AT_REMOVEDIR);
	unlinkat(dir, JOBLOG_FILE, AT_REMOVEDIR);
	joblog_take(log, out, "after\n", 6);
	assert_true(log->fd != -1 && size_of(JOBLOG_FILE) > 0);
	free(out);
	close_log(log);
}

/* A disk that is full: what did not fit is lost as a whole, and the next record begins a line. */
static void
full_disk(void **state)
{
	struct joblog_stream *out = stream_of("stdout");
	struct joblog *log = open_log();
	int saved = log->fd;
	size_t len;
	char *text;

	(void)state;
	joblog_take(log, out, "before\n", 7);
	log->fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(log->fd >= 0);
	joblog_take(log, out, "lost\n", 5);
	close(log->fd);
	log->fd = saved;
	joblog_take(log, out, "after\n", 6);
	text = content(JOBLOG_FILE, &len);
	assert_null(strstr(text, "lost"));
	assert_non_null(strstr(text, "before\n2"));
	assert_non_null(strstr(text, "after\n"));
	free(text);
	free(out);
	close_log(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_as_they_stand, set_up, tear_down),
		cmocka_unit_test(dates),
		cmocka_unit_test_setup_teardown(every_byte_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(goes_on_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_foreign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_disk, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
