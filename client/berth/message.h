/* SPDX-License-Identifier: ISC */
/*
 * What berth prints: results on standard output, everything else on standard error.
 * TRUST: unprivileged
 * INPUT: texts of the engine, of the launcher, of file names and arguments (hostile)
 * MUST: let no byte outside printable ASCII reach a terminal (CVE-2023-28486, CVE-2024-28085),
 *       of JSON neither (ascii.h).
 */
#ifndef CLIENT_BERTH_MESSAGE_H
#define CLIENT_BERTH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "client/berth/cli.h"

/* The error that ends the program: three lines, or one JSON object with --format=json. */
void message_error(const struct cli *cli, const struct err *err);

/*
 * One line for people, at the level that the name says: a warning tells of something that is not as
 * it should be, a note of what is nice to know, debug of each step and when it was taken. With
 * --format=json a note is not printed, the others are objects with a member of that name.
 */
void message_warning(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void message_note(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void message_debug(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Says what takes its time, for as long as it does: only where a person looks, on a terminal that
 * can erase it again. message_progress_end, or any other message, does that.
 */
void message_progress(const struct cli *cli, const char *text);
void message_progress_end(void);

/*
 * Copies a line that another program of berth has escaped already: the backslash stays, other
 * bytes outside printable ASCII become \xNN all the same. The first newline ends it.
 */
void message_foreign(char line[ERR_LINE], const char *text);

/* Appends text as one word of a shell command to buf, after a blank if buf is not empty. */
void message_shell(char *buf, size_t len, const char *text);

/* A JSON string of bytes that need not be UTF-8: what is not becomes \xNN. */
struct json_object *message_json_text(const char *text);

/* Prints the object to standard output and frees it. 0 or -1 with err. */
int message_json(struct json_object *object, struct err *err) __attribute__((warn_unused_result));

/* Flushes standard output. 0, or -1 with err when not everything was written. */
int message_done(struct err *err) __attribute__((warn_unused_result));

#endif
