/* SPDX-License-Identifier: ISC */
/*
 * Tables as docker(1) prints them. Contract in table.h.
 * TRUST: unprivileged
 * INPUT: texts of jobs, of their processes and of the engine (hostile)
 * MUST: as table.h says
 */
#include "client/berth/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"

#include "client/berth/colour.h"

#define GAP 3
#define CUT "..."

void
table_begin(struct table *table, const char *const *heads)
{
	*table = (struct table){ .columns = 0 };
	while (heads[table->columns] != NULL && table->columns < TABLE_COLUMNS_MAX)
		table->columns++;
	for (size_t i = 0; i < table->columns; i++)
		table_add(table, heads[i]);
}

/* Takes over text; NULL: memory is short. */
static void
put(struct table *table, char *text)
{
	size_t column = table->cells % table->columns, len;
	char **grown;

	if (table->cells == table->room) {
		table->room = table->room > 0 ? 2 * table->room : 64;
		grown = reallocarray(table->text, table->room, sizeof(*grown));
		if (grown == NULL) {
			table->room = table->cells;
			table->failed = true;
			free(text);
			return;
		}
		table->text = grown;
	}
	table->failed |= text == NULL;
	len = text != NULL ? strlen(text) : 0;
	if (len > table->width[column])
		table->width[column] = len;
	table->text[table->cells++] = text;
}

void
table_add(struct table *table, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *escaped = malloc(size);

	if (escaped != NULL)
		err_escape(escaped, size, text);
	put(table, escaped);
}

void
table_quote(struct table *table, const char *text, size_t max)
{
	size_t len = strlen(text);
	bool cut = len > max;
	char *quoted;

	if (cut)
		len = max > sizeof(CUT) - 1 ? max - (sizeof(CUT) - 1) : 0;
	if (asprintf(&quoted, "\"%.*s%s\"", (int)len, text, cut ? CUT : "") < 0) {
		put(table, NULL);
		return;
	}
	table_add(table, quoted);
	free(quoted);
}

bool
table_print(struct table *table)
{
	bool on = colour_for(STDOUT_FILENO), whole = !table->failed;

	for (size_t i = 0; i < table->cells; i++) {
		size_t column = i % table->columns;
		bool last = column + 1 == table->columns;

		if (whole && i == 0)
			fputs(colour(on, LOOK_HEAD), stdout);
		if (whole)
			printf(
			    "%-*s", last ? 0 : (int)(table->width[column] + GAP), table->text[i]);
		if (whole && last)
			printf("%s\n", i + 1 == table->columns ? colour(on, LOOK_END) : "");
		free(table->text[i]);
	}
	free(table->text);
	*table = (struct table){ .columns = 0 };
	return (whole);
}
