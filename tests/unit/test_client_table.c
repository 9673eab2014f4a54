/* SPDX-License-Identifier: ISC */
/*
 * Units of table.c: what a table looks like, whatever is in it.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold the widths, and that no byte reaches a terminal that it would obey.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/berth/table.h"

static char printed[256 * 1024];

/* What the table prints. */
static const char *
print(struct table *table)
{
	int saved = dup(STDOUT_FILENO), file = memfd_create("stdout", MFD_CLOEXEC);
	ssize_t len;

	assert_true(saved >= 0 && file >= 0);
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	assert_true(table_print(table));
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	len = pread(file, printed, sizeof(printed) - 1, 0);
	assert_true(len >= 0);
	printed[len] = '\0';
	close(saved);
	close(file);
	return (printed);
}

static const char *const heads[] = { "ID", "COMMAND", "NAMES", NULL };

static void
layout(void **state)
{
	struct table table;

	(void)state;
	table_begin(&table, heads);
	assert_string_equal(print(&table), "ID   COMMAND   NAMES\n");
	table_begin(&table, heads);
	table_add(&table, "0123456789ab");
	table_quote(&table, "sh", 20);
	table_add(&table, "web");
	table_add(&table, "");
	table_quote(&table, "12345678901234567890", 20);
	table_add(&table, "a longer name");
	assert_string_equal(print(&table),
	    "ID             COMMAND                  NAMES\n"
	    "0123456789ab   \"sh\"                     web\n"
	    "               \"12345678901234567890\"   a longer name\n");
}

static void
cuts(void **state)
{
	static const char *const one[] = { "C", NULL };
	struct table table;

	(void)state;
	table_begin(&table, one);
	table_quote(&table, "123456789012345678901", 20);
	table_quote(&table, "123456789012345678901", SIZE_MAX);
	table_quote(&table, "1234", 3);
	table_quote(&table, "1234", 0);
	table_quote(&table, "", 0);
	assert_string_equal(print(&table),
	    "C\n\"12345678901234567...\"\n\"123456789012345678901\"\n\"...\"\n\"...\"\n\"\"\n");
}

static void
hostile(void **state)
{
	struct table table;

	(void)state;
	table_begin(&table, heads);
	table_add(&table, "\033]0;x\a\r\n\t");
	table_quote(&table, "a\nb\302\2332J", 20);
	table_add(&table, "\\x41\177\377");
	print(&table);
	for (const char *at = printed; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	assert_string_equal(strchr(printed, '\n') + 1,
	    "\\x1b]0;x\\x07\\x0d\\x0a\\x09   \"a\\x0ab\\xc2\\x9b2J\"   \\x5cx41\\x7f\\xff\n");
}

static void
many(void **state)
{
	struct table table;

	(void)state;
	table_begin(&table, heads);
	for (int i = 0; i < 3 * 1000; i++)
		table_add(&table, "x");
	print(&table);
	assert_int_equal(strlen(printed), 21 + 1000 * (5 + 10 + 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(cuts),
		cmocka_unit_test(hostile),
		cmocka_unit_test(many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
