/* SPDX-License-Identifier: ISC */
/*
 * The log of a job: the files log.1 and log in its directory, read from the beginning or from their
 * present end, and followed while the job writes them, through every change of the file.
 * One record a line: "2026-11-26T12:00:00.123456789Z stdout F text"; P instead of F: the text does not
 * end its line. The bytes of a stream are the texts of its records, one after the other.
 *
 *	logread_open(&log, dir, &err);             dir: jobs/ID
 *	logread_follow(&log);                      only to wait for more
 *	while ((rc = logread_next(&log, &record)) == 1)
 *		write(..., record.text, record.len);
 *	rc 0: poll(2) log.notify for POLLIN, logread_patience(&log) milliseconds at most, and go on
 *	logread_close(&log);
 *
 * After the job's end was told all of its output is there: what logread_next gives then until it
 * returns 0 is the rest (logread_ended before it, if the files came with that).
 * TRUST: shared, reads hostile input
 * INPUT: files that the caller can edit, and other programs of the caller's
 * MUST: follow no link, wait for no pipe; bound what is kept of a line; skip what is no record; lose
 *       and repeat nothing when log becomes log.1, unless it does so twice between two looks.
 */
#ifndef CLIENT_BERTH_LOGREAD_H
#define CLIENT_BERTH_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

#define LOGREAD_LINE_MAX 65536 /* a longer line is no record: the job's writer makes 16 KiB */

enum log_stream {
	LOG_INVALID = 0,
	LOG_STDOUT,
	LOG_STDERR
};

/* Texts belong to the reader, and hold until the next call. */
struct log_record {
	enum log_stream stream;
	bool whole; /* the line ends with it: the last byte of text is its newline */
	int64_t time; /* nanoseconds since the epoch */
	const char *stamp; /* the time as it stands in the file: digits and "-:.+TZ" alone */
	size_t stamp_len;
	const char *text; /* any bytes */
	size_t len; /* may be 0 */
};

struct logread {
	int dir; /* the caller's: must be open as long as the reader is */
	int fd; /* the file that is read; or -1 */
	int next; /* the one behind it, when that is known; or -1 */
	int notify; /* readable when there may be more; -1: nothing tells */
	bool ended; /* the files are these, whatever has their names: */
	int last[2]; /* log.1 and log, each or -1 */
	bool bounded; /* what comes after logread_bound is left out: */
	off_t bound; /* where the last of the files ends */
	bool skipping; /* the rest of a line that is no record */
	char *buf;
	size_t at; /* of buf, where the next record begins */
	size_t len; /* of buf, where what was read ends */
};

/*
 * Opens the files that are there (none is no error: there was no output yet) to read from their
 * beginning. 0, or -1 with err. logread_close in both cases.
 */
int logread_open(struct logread *log, int dir, struct err *err) __attribute__((warn_unused_result));
void logread_close(struct logread *log);

/*
 * The job is over, and these were log.1 and log at its end, each or -1: takes them over. A reader that
 * has not come to the last one finds it also when its name is gone, as of a job that leaves nothing behind.
 */
void logread_ended(struct logread *log, int old, int new);

/* Leaves out everything that is there now. */
void logread_end(struct logread *log);

/* Right after logread_open: there is no more than what is there now, however fast the job writes. */
void logread_bound(struct logread *log);

/* Begins to watch, so that notify tells of more. Where the kernel does not let us, notify is -1. */
void logread_follow(struct logread *log);

/* For poll(2): -1 when notify will tell, else the milliseconds until one should look again. */
int logread_patience(const struct logread *log);

/* 1 and *record; 0: no more for now; -1: reading failed, errno. Never waits. */
int logread_next(struct logread *log, struct log_record *record)
    __attribute__((warn_unused_result));

#endif
