/* SPDX-License-Identifier: ISC */
/*
 * An error: what failed, why, what to do. Carried outward, printed once.
 * TRUST: privileged, pure
 * INPUT: fixed formats of ours; their arguments may be hostile text
 * MUST: never allocate, never consult locale or environment, never emit a byte that is not
 *       printable ASCII (CVE-2023-28486, CVE-2024-28085: escape sequences in messages and logs).
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stddef.h>

/* The exit statuses of every program of berth; sysexits.h is where the numbers come from. */
enum err_code {
	ERR_INVALID = 0,
	ERR_FAILED = 1,
	ERR_USAGE = 64,
	ERR_UNAVAILABLE = 69,
	ERR_BUG = 70,
	ERR_SYSTEM = 71,
	ERR_REFUSED = 77,
	ERR_CONFIG = 78
};

/* A number that another program gave as its exit status: otherwise when it is none of them that says why. */
enum err_code err_code_of(int status, enum err_code otherwise);

#define ERR_LINE 640

struct err {
	enum err_code code;
	int errnum; /* errno at the time, or 0 */
	char what[ERR_LINE]; /* what failed, with the object's name */
	char why[ERR_LINE]; /* why; may be empty */
	char todo[ERR_LINE]; /* what to do; may be empty */
};

/*
 * Sets what failed and forgets why and todo. Always returns -1, so that a function can end with
 * it. A text that does not fit is cut.
 */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with ERR_SYSTEM; errno is kept in errnum and explained in why. Returns -1. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Add the second and the third line. Both return -1. */
int err_why(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_todo(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes the one to three lines of err to fd, "berth: " before the first, two blanks before the
 * others, with one write(2). Errors of the write are ignored: there is nobody left to tell.
 */
void err_print(int fd, const struct err *err);

/*
 * Copies text to dst (dstlen bytes with the NUL, at least 1), every byte outside 0x20..0x7e and
 * the backslash written as \xNN, so that one record stays one line. Cuts at a whole escape.
 */
void err_escape(char *dst, size_t dstlen, const char *text);

#endif
