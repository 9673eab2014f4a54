/* SPDX-License-Identifier: ISC */
/*
 * The log of a job. Contract in logread.h.
 * TRUST: shared, reads hostile input
 * INPUT: files that the caller can edit, and other programs of the caller's
 * MUST: as logread.h says
 */
#include "client/berth/logread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/moment.h"

#define LOG "log"
#define LOG_OLD "log.1"
#define LOOK_MS 200 /* from look to look, where nothing tells of a change */
#define PAIR_TRIES 8

static bool
same_file(int a, int b)
{
	struct stat sa, sb;

	return (a >= 0 && b >= 0 && fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
		sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev);
}

/* fd, if it is a plain file; else it is closed: -1. */
static int
plain_file(int fd)
{
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		io_close(&fd), fd = -1;
	return (fd);
}

/* A plain file, or -1: there is none. */
static int
open_file(int dir, const char *name)
{
	return (plain_file(
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)));
}

static int
copy_of(int fd)
{
	return (fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/* The two files as they were at one moment; -1 for one that is not there. */
static void
open_pair(const struct logread *log, int *old, int *new)
{
	int dir = log->dir;

	*old = log->ended ? copy_of(log->last[0]) : -1;
	*new = log->ended ? copy_of(log->last[1]) : -1;
	for (int i = 0; i < PAIR_TRIES && !log->ended; i++) {
		int again AUTO_CLOSE = -1;

		io_close(old);
		io_close(new);
		*new = open_file(dir, LOG);
		*old = open_file(dir, LOG_OLD);
		again = open_file(dir, LOG);
		if (same_file(*new, again) || (*new < 0 && again < 0))
			break;
	}
	if (same_file(*old, *new))
		io_close(old), *old = -1;
}

int
logread_open(struct logread *log, int dir, struct err *err)
{
	*log =
	    (struct logread){ .dir = dir, .fd = -1, .next = -1, .notify = -1, .last = { -1, -1 } };
	log->buf = malloc(LOGREAD_LINE_MAX);
	if (log->buf == NULL)
		return (err_sys(err, "cannot read the job's log"));
	open_pair(log, &log->fd, &log->next);
	if (log->fd < 0)
		log->fd = log->next, log->next = -1;
	return (0);
}

void
logread_close(struct logread *log)
{
	io_close(&log->fd);
	io_close(&log->next);
	io_close(&log->notify);
	io_close(&log->last[0]);
	io_close(&log->last[1]);
	log->fd = log->next = log->notify = log->last[0] = log->last[1] = -1;
	free(log->buf);
	log->buf = NULL;
}

void
logread_ended(struct logread *log, int old, int new)
{
	io_close(&log->last[0]);
	io_close(&log->last[1]);
	log->last[0] = plain_file(old);
	log->last[1] = plain_file(new);
	log->ended = log->last[0] >= 0 || log->last[1] >= 0;
}

/* What was read of the file before is no part of this one. */
static void
go_on_with(struct logread *log, int fd)
{
	io_close(&log->fd);
	log->fd = fd;
	log->at = log->len = 0;
	log->skipping = false;
}

void
logread_end(struct logread *log)
{
	off_t size;
	char last;

	if (log->next >= 0) {
		go_on_with(log, log->next);
		log->next = -1;
	}
	log->at = log->len = 0;
	size = log->fd < 0 ? 0 : lseek(log->fd, 0, SEEK_END);
	/* In the middle of a record: its rest is left out as well. */
	log->skipping = size > 0 && (pread(log->fd, &last, 1, size - 1) != 1 || last != '\n');
}

void
logread_bound(struct logread *log)
{
	int last = log->next >= 0 ? log->next : log->fd;
	struct stat st;

	log->bounded = true;
	log->bound = last >= 0 && fstat(last, &st) == 0 ? st.st_size : 0;
}

void
logread_follow(struct logread *log)
{
	char path[32];

	if (log->notify >= 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", log->dir);
	log->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (log->notify >= 0 &&
	    inotify_add_watch(log->notify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		io_close(&log->notify), log->notify = -1;
}

int
logread_patience(const struct logread *log)
{
	return (log->notify >= 0 ? -1 : LOOK_MS);
}

/* What was told so far is looked at now. */
static void
forget_events(const struct logread *log)
{
	char events[2048];

	while (log->notify >= 0 && read(log->notify, events, sizeof(events)) > 0)
		continue;
}

/* A file that became shorter than what was read of it was emptied: it begins anew. */
static bool
begins_anew(struct logread *log)
{
	off_t at = lseek(log->fd, 0, SEEK_CUR);
	struct stat st;

	if (log->bounded || fstat(log->fd, &st) != 0 || at <= st.st_size ||
	    lseek(log->fd, 0, SEEK_SET) != 0)
		return (false);
	log->at = log->len = 0;
	log->skipping = false;
	return (true);
}

/*
 * The file behind this one is opened as soon as it is seen: a job that leaves nothing behind is removed
 * at its end, with names that a slow reader has not come to.
 */
static void
look_ahead(struct logread *log)
{
	struct stat here, named;
	int old, new;

	if (log->next >= 0 || log->ended || log->bounded || fstat(log->fd, &here) != 0 ||
	    fstatat(log->dir, LOG, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    (here.st_ino == named.st_ino && here.st_dev == named.st_dev))
		return;
	open_pair(log, &old, &new);
	if (same_file(log->fd, old))
		log->next = new;
	else
		io_close(&new);
	io_close(&old);
}

/* How much of the file may be read now. */
static size_t
room(const struct logread *log)
{
	size_t len = LOGREAD_LINE_MAX - log->len;
	off_t left;

	if (!log->bounded || log->next >= 0)
		return (len);
	left = log->bound - lseek(log->fd, 0, SEEK_CUR);
	return (left >= (off_t)len ? len : (size_t)(left > 0 ? left : 0));
}

/* 1: there is more to take or to read; 0: the file ends here; -1 with errno. */
static int
fill(struct logread *log)
{
	ssize_t got;

	if (log->fd < 0)
		return (0);
	look_ahead(log);
	memmove(log->buf, log->buf + log->at, log->len - log->at);
	log->len -= log->at;
	log->at = 0;
	if (log->len == LOGREAD_LINE_MAX) {
		log->len = 0;
		log->skipping = true;
	}
	do
		got = read(log->fd, log->buf + log->len, room(log));
	while (got < 0 && errno == EINTR);
	log->len += got > 0 ? (size_t)got : 0;
	if (got == 0)
		return (begins_anew(log));
	return (got > 0 ? 1 : -1);
}

/*
 * At the end of the file: is there one behind it? What is known to be behind is read when this one
 * was seen to end after that was known: nobody writes to it any more.
 */
static bool
turn(struct logread *log)
{
	int old, new;

	if (log->next >= 0) {
		go_on_with(log, log->next);
		log->next = -1;
		return (true);
	}
	if (log->bounded)
		return (false);
	open_pair(log, &old, &new);
	if (same_file(log->fd, new) || new < 0) {
		/* Nothing new, or nothing yet. */
		io_close(&old);
		io_close(&new);
		return (false);
	}
	if (old < 0 || same_file(log->fd, old)) {
		log->next = new;
		io_close(&old);
		return (true);
	}
	/* One came and went: what is left of it, and then we are here again. */
	log->next = old;
	io_close(&new);
	return (true);
}

/* The first blank from text on, before end; NULL: there is none. */
static const char *
next_blank(const char *text, const char *end)
{
	return (memchr(text, ' ', (size_t)(end - text)));
}

static enum log_stream
stream_named(const char *word, size_t len)
{
	if (len == 6 && memcmp(word, "stdout", 6) == 0)
		return (LOG_STDOUT);
	if (len == 6 && memcmp(word, "stderr", 6) == 0)
		return (LOG_STDERR);
	return (LOG_INVALID);
}

/* A line, which ends with the newline before end. False: it is no record. */
static bool
parse(const char *line, const char *end, struct log_record *record)
{
	const char *stream = next_blank(line, end), *tag, *text;

	if (stream == NULL || moment_stamp(line, (size_t)(stream - line), &record->time) != 0)
		return (false);
	record->stamp = line;
	record->stamp_len = (size_t)(stream - line);
	stream++;
	if ((tag = next_blank(stream, end)) == NULL)
		return (false);
	record->stream = stream_named(stream, (size_t)(tag - stream));
	tag++;
	if (record->stream == LOG_INVALID || (text = next_blank(tag, end)) == NULL ||
	    text != tag + 1 || (*tag != 'F' && *tag != 'P'))
		return (false);
	record->whole = *tag == 'F';
	record->text = text + 1;
	record->len = (size_t)(end - record->text) - !record->whole;
	return (true);
}

/* The next record of what is in buf. */
static bool
take(struct logread *log, struct log_record *record)
{
	const char *end;

	while ((end = memchr(log->buf + log->at, '\n', log->len - log->at)) != NULL) {
		const char *line = log->buf + log->at;
		bool skip = log->skipping;

		end++;
		log->at = (size_t)(end - log->buf);
		log->skipping = false;
		if (!skip && parse(line, end, record))
			return (true);
	}
	return (false);
}

int
logread_next(struct logread *log, struct log_record *record)
{
	int rc;

	if (take(log, record))
		return (1);
	/* Before the look: what changes after it is told again. */
	forget_events(log);
	while ((rc = fill(log)) >= 0) {
		if (rc > 0 && take(log, record))
			return (1);
		if (rc == 0 && !turn(log))
			return (0);
	}
	return (-1);
}
