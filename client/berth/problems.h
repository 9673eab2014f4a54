/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a file, all of it at once: each problem with its place and what to do about it.
 * TRUST: unprivileged
 * INPUT: fixed formats of ours; their arguments are texts of files (hostile)
 * MUST: hold printable ASCII alone; have a bound, and count what is beyond it.
 */
#ifndef CLIENT_BERTH_PROBLEMS_H
#define CLIENT_BERTH_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define PROBLEMS_MAX 50U
#define PROBLEM_TEXT 320 /* bytes with the NUL */

/* Where something stands. */
struct spot {
	const char *file; /* or the words of the command line, with line 0 */
	unsigned int line;
};

struct problem {
	char where[PROBLEM_TEXT]; /* "web.job:3" */
	unsigned int line;
	char what[PROBLEM_TEXT];
	char todo[PROBLEM_TEXT]; /* may be empty */
};

/* Begins with all zero; owns v. */
struct problems {
	size_t n;
	size_t more; /* that were not kept */
	size_t refused; /* so many of all are the policy's */
	struct problem *v;
};

/* One more; and what to do about the one that was added last. What is too long is cut. */
void problems_add(struct problems *problems, const struct spot *spot, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void problems_todo(struct problems *problems, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* An error of somebody else's: what and why, and what to do. */
void problems_err(struct problems *problems, const struct spot *spot, const struct err *err);

/* How many were there? */
size_t problems_count(const struct problems *problems);

void problems_free(struct problems *problems);

#endif
