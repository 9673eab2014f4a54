/* SPDX-License-Identifier: ISC */
/*
 * The log of a job: see joblog.h.
 * TRUST: unprivileged
 * INPUT: whatever a job writes; a directory that its user can change at any time
 * MUST: as in joblog.h
 */
#include "client/engine/job/joblog.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#define HEAD_MAX 64 /* bytes before the text */
#define DAY 86400

_Static_assert(
    HEAD_MAX + JOBLOG_TEXT_MAX < sizeof(((struct joblog *)NULL)->out), "a record fits the buffer");

static int
open_file(int dir, int flags)
{
	return openat(dir, JOBLOG_FILE,
	    flags | O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0600);
}

/* A plain file with one name that is the user's; its size. */
static bool
is_log(int fd, off_t *size)
{
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_nlink != 1)
		return false;
	*size = st.st_size;
	return true;
}

static int
open_to_read(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	off_t size;

	if (!is_log(fd, &size)) {
		io_close(&fd);
		fd = -1;
	}
	return fd;
}

void
joblog_files(int dir, int *older, int *present)
{
	*older = open_to_read(dir, JOBLOG_OLD);
	*present = open_to_read(dir, JOBLOG_FILE);
}

static void
give_up(struct joblog *log)
{
	io_close(&log->fd);
	log->fd = -1;
	log->len = 0;
}

/* In place of the file that is full, or that is none. */
static void
begin_file(struct joblog *log)
{
	io_close(&log->fd);
	log->fd = -1;
	if (renameat(log->dir, JOBLOG_FILE, log->dir, JOBLOG_OLD) == 0)
		log->fd = open_file(log->dir, O_EXCL);
	if (!is_log(log->fd, &log->size))
		give_up(log);
}

void
joblog_open(struct joblog *log, int dir)
{
	char last = '\n';

	log->dir = dir;
	log->len = 0;
	log->size = 0;
	log->max = JOBLOG_MAX;
	log->fd = open_file(dir, 0);
	if (!is_log(log->fd, &log->size)) {
		begin_file(log);
		return;
	}
	/* its writer was killed */
	if (log->size > 0 && pread(log->fd, &last, 1, log->size - 1) == 1 && last != '\n')
		log->out[log->len++] = '\n';
}

/* What cannot be written is lost as a whole: the next record begins a line. */
static void
flush(struct joblog *log)
{
	if (log->len > 0 && log->fd != -1) {
		if (io_write_all(log->fd, log->out, log->len) == 0)
			log->size += (off_t)log->len;
		else
			(void)!ftruncate(log->fd, log->size);
	}
	log->len = 0;
}

/* Year, month and day of a day since 1970-01-01. Not gmtime(3), which may look for the time zone in a
 * file: that would be the job's. */
static void
date_of(int64_t day, char out[16])
{
	/* in years that begin with March, so that a leap day is the last one: 400 of them are an era */
	int64_t shifted = day + 719468;
	int64_t era = shifted / 146097;
	int64_t in_era = shifted % 146097;
	int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;

	snprintf(out, 16, "%04d-%02d-%02d", (int)(year + era * 400 + (month >= 10)) % 10000,
	    (int)(month < 10 ? month + 3 : month - 9) % 100,
	    (int)(in_year - (153 * month + 2) / 5 + 1) % 100);
}

static size_t
put_head(char *out, const char *stream, char tag)
{
	struct timespec now = { 0 };
	char date[16];
	int64_t second;

	(void)!clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec < 0)
		now.tv_sec = 0;
	date_of(now.tv_sec / DAY, date);
	second = now.tv_sec % DAY;
	return (size_t)snprintf(out, HEAD_MAX, "%sT%02d:%02d:%02d.%09ldZ %s %c ", date,
	    (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), now.tv_nsec, stream,
	    tag);
}

static void
put_record(
    struct joblog *log, const struct joblog_stream *stream, char tag, const char *text, size_t len)
{
	size_t most = HEAD_MAX + len + 1;

	if (log->len + most > sizeof(log->out))
		flush(log);
	if (log->size + (off_t)(log->len + most) > log->max) {
		flush(log);
		if (log->fd != -1)
			begin_file(log);
	}
	log->len += put_head(log->out + log->len, stream->name, tag);
	memcpy(log->out + log->len, text, len);
	log->len += len;
	log->out[log->len++] = '\n';
}

/* There was no room for a new file; there may be now. */
static void
try_again(struct joblog *log)
{
	if (log->fd == -1)
		joblog_open(log, log->dir);
}

/* What belongs to the line that has begun, at most as much as has room. */
static size_t
keep(struct joblog_stream *stream, const char *bytes, size_t len)
{
	size_t room = sizeof(stream->text) - stream->len;

	if (len > room)
		len = room;
	memcpy(stream->text + stream->len, bytes, len);
	stream->len += len;
	return len;
}

void
joblog_take(struct joblog *log, struct joblog_stream *stream, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	try_again(log);
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline != NULL ? newline : end;

		bytes += keep(stream, bytes, (size_t)(stop - bytes));
		if (bytes < stop) {
			put_record(log, stream, 'P', stream->text, stream->len);
			stream->len = 0;
		} else if (newline != NULL) {
			put_record(log, stream, 'F', stream->text, stream->len);
			stream->len = 0;
			bytes++;
		}
	}
	flush(log);
}

void
joblog_take_part(struct joblog *log, struct joblog_stream *stream)
{
	if (stream->len > 0)
		put_record(log, stream, 'P', stream->text, stream->len);
	stream->len = 0;
	flush(log);
}
