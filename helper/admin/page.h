/* SPDX-License-Identifier: ISC */
/*
 * What check found out about one file: what it means, what is odd, what is wrong.
 * TRUST: privileged
 * INPUT: texts of ours with arguments from files
 * MUST: print one line for each note, escaped.
 */
#ifndef HELPER_ADMIN_PAGE_H
#define HELPER_ADMIN_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum page_note {
	NOTE_INVALID = 0,
	NOTE_MEANING,
	NOTE_WARNING,
	NOTE_ERROR
};

struct page_line {
	enum page_note note;
	char text[1024];
};

struct page {
	const char *file;
	size_t n;
	struct page_line *lines;
	bool failed; /* has an error, or could not be written */
};

void page_add(struct page *page, enum page_note note, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* An error with its reason. */
void page_err(struct page *page, const struct err *err);

/* Prints the page, first is for JSON; frees its lines. */
void page_print(struct page *page, bool json, bool first);

#endif
