/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a file, all of it at once. Contract in problems.h.
 * TRUST: unprivileged
 * INPUT: fixed formats of ours; their arguments are texts of files (hostile)
 * MUST: as problems.h says
 */
#include "client/berth/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void format_line(char line[PROBLEM_TEXT], const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
format_line(char line[PROBLEM_TEXT], const char *fmt, va_list args)
{
	char raw[PROBLEM_TEXT];

	if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		raw[0] = '\0';
	err_escape(line, PROBLEM_TEXT, raw);
}

/* A new row with its place, or NULL: it is only counted. */
static struct problem *
add(struct problems *problems, const struct spot *spot)
{
	struct problem *row;
	char raw[PROBLEM_TEXT];

	if (problems->v == NULL)
		problems->v = calloc(PROBLEMS_MAX, sizeof(*problems->v));
	if (problems->v == NULL || problems->n == PROBLEMS_MAX || problems->more > 0) {
		problems->more++;
		return (NULL);
	}
	row = &problems->v[problems->n++];
	row->line = spot->line;
	if (spot->line > 0)
		snprintf(raw, sizeof(raw), "%.200s:%u", spot->file, spot->line);
	else
		snprintf(raw, sizeof(raw), "%.200s", spot->file);
	err_escape(row->where, sizeof(row->where), raw);
	return (row);
}

void
problems_add(struct problems *problems, const struct spot *spot, const char *fmt, ...)
{
	struct problem *row = add(problems, spot);
	va_list args;

	if (row == NULL)
		return;
	va_start(args, fmt);
	format_line(row->what, fmt, args);
	va_end(args);
}

void
problems_todo(struct problems *problems, const char *fmt, ...)
{
	va_list args;

	/* What was only counted has no row to say it in. */
	if (problems->n == 0 || problems->more > 0)
		return;
	va_start(args, fmt);
	format_line(problems->v[problems->n - 1].todo, fmt, args);
	va_end(args);
}

void
problems_err(struct problems *problems, const struct spot *spot, const struct err *err)
{
	struct problem *row = add(problems, spot);

	if (row == NULL)
		return;
	/* These lines have been escaped once already. */
	snprintf(row->what, sizeof(row->what), "%.200s%s%.100s", err->what,
	    err->why[0] != '\0' ? ": " : "", err->why);
	snprintf(row->todo, sizeof(row->todo), "%.*s", PROBLEM_TEXT - 1, err->todo);
}

size_t
problems_count(const struct problems *problems)
{
	return (problems->n + problems->more);
}

void
problems_free(struct problems *problems)
{
	free(problems->v);
	*problems = (struct problems){ .n = 0 };
}
