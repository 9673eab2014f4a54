/* SPDX-License-Identifier: ISC */
/*
 * The log of a job that nobody reads directly: log in its directory, and log.1 before it. A record is
 * a line, as the container runtime interface (CRI) has it:
 *   2026-11-26T12:00:00.123456789Z stdout F text
 * Time in UTC; stdout or stderr; F: text is a whole line of the job's, or the rest of one, and its
 * newline stands for the job's; P: it is a part, behind which nothing of the job's was. Text is the
 * job's bytes as they are. Who joins what stands in F and P, with a newline behind each F, has what
 * the job wrote.
 * TRUST: unprivileged
 * INPUT: whatever a job writes; a directory that its user can change at any time
 * MUST: stay below JOBLOG_MAX in each of the two files; put each record into one of them as a whole;
 *       follow no link, and write to nothing that is not a plain file of the user's with one name; be no
 *       reason for a job to wait or to fail: what cannot be written is lost.
 */
#ifndef CLIENT_ENGINE_JOB_JOBLOG_H
#define CLIENT_ENGINE_JOB_JOBLOG_H

#include <stddef.h>
#include <sys/types.h>

#define JOBLOG_FILE "log"
#define JOBLOG_OLD "log.1"
#define JOBLOG_MAX (8 << 20) /* bytes of each */
#define JOBLOG_TEXT_MAX 16384 /* of one record; longer lines are parts */

/* The files that are there, to read: the older one and the present one; -1: not there. The caller's. */
void joblog_files(int dir, int *older, int *present);

/* One of the job's streams. */
struct joblog_stream {
	const char *name;
	size_t len; /* of text: the beginning of a line whose end has not come */
	char text[JOBLOG_TEXT_MAX];
};

struct joblog {
	int dir; /* borrowed */
	int fd; /* -1: there is none to write to */
	off_t size;
	off_t max; /* JOBLOG_MAX */
	size_t len; /* of what is not written yet */
	char out[65536];
};

/* Opens it in dir, at its end: a record that was cut there stays alone on its line. */
void joblog_open(struct joblog *log, int dir);

/* Takes what came from the stream, and writes all but the beginning of a line. */
void joblog_take(struct joblog *log, struct joblog_stream *stream, const char *bytes, size_t len);

/* Writes that, too: no more has come for a while, or nothing will. */
void joblog_take_part(struct joblog *log, struct joblog_stream *stream);

#endif
