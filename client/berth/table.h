/* SPDX-License-Identifier: ISC */
/*
 * Tables as docker(1) prints them: a heading, columns as wide as what is in them, three blanks
 * between.
 * TRUST: unprivileged
 * INPUT: texts of jobs, of their processes and of the engine (hostile)
 * MUST: print printable ASCII alone, and each row on one line.
 */
#ifndef CLIENT_BERTH_TABLE_H
#define CLIENT_BERTH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 16

/* Owns its cells. */
struct table {
	size_t columns;
	size_t cells; /* so many of text are set */
	size_t room;
	char **text; /* escaped */
	size_t width[TABLE_COLUMNS_MAX];
	bool failed; /* memory was short */
};

/* heads: of the columns, ends with NULL; at most TABLE_COLUMNS_MAX. */
void table_begin(struct table *table, const char *const *heads);

/* The next cell, row by row. */
void table_add(struct table *table, const char *text);

/* The same, at most max bytes of text (with "..." for what is left out) between double quotes. */
void table_quote(struct table *table, const char *text, size_t max);

/* Prints what is there to standard output, and frees it. False: memory was short. */
bool table_print(struct table *table) __attribute__((warn_unused_result));

#endif
