/* SPDX-License-Identifier: ISC */
/*
 * One quoting for the two places where a word of somebody's is written down to be read again: a
 * value of an allow-list file, and a command that a person shall paste.
 * TRUST: privileged
 * INPUT: entitlements, paths, arguments (hostile)
 * MUST: be undone by ini_word() and by sh(1) alike.
 */
#ifndef HELPER_ADMIN_QUOTE_H
#define HELPER_ADMIN_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/* Has text no control byte? One in a value would be a line of its own in a file. */
bool quote_possible(const char *text);

/* A line being made. Begin with buf, cap (at least 1) and shell set and the rest 0. */
struct quote {
	char *buf;
	size_t cap;
	bool shell; /* for sh(1), which sees a pattern in '*'; else for a file */
	size_t used;
};

/*
 * Appends word, a blank before it unless it is the first, quoted if the reader could see something
 * else in it. 0, or -1 when it does not fit; then the line is as it was.
 */
int quote_append(struct quote *quote, const char *word) __attribute__((warn_unused_result));

#endif
