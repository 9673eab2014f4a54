/* SPDX-License-Identifier: ISC */
/*
 * The strict INI dialect, with a grammar of the test's own. Malformed files of the allow-list are
 * in test_malformed.c, generated ones in test_dialect.c.
 * TRUST: unprivileged
 * INPUT: tests/data/allow-list: files that libinih reads otherwise than a person does
 * MUST: show that each rule of the dialect stops at the line that breaks it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/inistrict.h"

#define FILE_NAME "/etc/berth/x"

/* All that the files of tests/data/allow-list could mean: only the dialect can refuse them. */
enum field {
	A,
	B,
	C,
	Q,
	Z,
	DENY,
	LONG,
	ALLOW,
	OK,
	EVIL,
	ROOT_ALLOW,
	FIELDS
};

#define N60 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

struct values {
	char text[FIELDS][INI_LINE_MAX];
};

static const char *
keep(void *field, char *value)
{
	snprintf(field, INI_LINE_MAX, "%s", value);
	return (strcmp(value, "wrong") == 0 ? "this value is wrong" : NULL);
}

#define AT(field) (offsetof(struct values, text) + (field)*INI_LINE_MAX)

static const struct ini_key keys[] = {
	{ "s", "a", keep, AT(A) },
	{ "s", "b", keep, AT(B) },
	{ "s", "c", keep, AT(C) },
	{ "s", "q", keep, AT(Q) },
	{ "s", "z", keep, AT(Z) },
	{ "s", "deny", keep, AT(DENY) },
	{ "s", N60, keep, AT(LONG) },
	{ "users", "allow", keep, AT(ALLOW) },
	{ "users", "ok", keep, AT(OK) },
	{ "users", "evil", keep, AT(EVIL) },
	{ "root", "allow", keep, AT(ROOT_ALLOW) },
};

static struct values values;
static unsigned int line;
static struct err err;

static int
parse_bytes(const char *text, size_t len)
{
	static char copy[2 * INI_FILE_MAX];
	const struct ini_format format = { keys, sizeof(keys) / sizeof(keys[0]), &values, &line };

	assert_true(len <= sizeof(copy));
	memset(&values, 0, sizeof(values));
	line = 4242;
	memcpy(copy, text, len);
	return (ini_strict(FILE_NAME, copy, len, &format, &err));
}

static int
parse(const char *text)
{
	return (parse_bytes(text, strlen(text)));
}

static void
assert_refused_bytes(const char *text, size_t len, unsigned int wanted_line, const char *why)
{
	char where[64];

	if (parse_bytes(text, len) == 0)
		fail_msg("read without an error: %s", text);
	assert_int_equal(err.code, ERR_CONFIG);
	snprintf(where, sizeof(where), "%s:%u: ", FILE_NAME, wanted_line);
	if (strncmp(err.what, where, strlen(where)) != 0 || strstr(err.what, why) == NULL)
		fail_msg("\"%s\" is not \"%s...%s...\"", err.what, where, why);
	assert_int_equal(line, wanted_line);
	assert_string_not_equal(err.why, "");
	assert_string_not_equal(err.todo, "");
}

static void
assert_refused(const char *text, unsigned int wanted_line, const char *why)
{
	assert_refused_bytes(text, strlen(text), wanted_line, why);
}

static void
accepts_the_dialect(void **state)
{
	(void)state;
	assert_int_equal(parse("; a comment; # with \"all\" = kinds ; of [things] \xc3\xa4\n"
			       "[s]\n"
			       "a=1\n"
			       ";\n"
			       "b   =   2 and  more   \n"
			       "c = no;comment#here=there [x]\n"
			       "[users]\n"
			       "\n"
			       "ok = 'x'\n"),
	    0);
	assert_string_equal(values.text[A], "1");
	assert_string_equal(values.text[B], "2 and  more");
	assert_string_equal(values.text[C], "no;comment#here=there [x]");
	assert_string_equal(values.text[OK], "'x'");
	assert_string_equal(values.text[Z], "");
	assert_int_equal(line, 9);
}

static void
accepts_nothing_at_all(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(line, 0);
	assert_int_equal(parse("\n"), 0);
	assert_int_equal(line, 1);
	assert_int_equal(parse("; only a comment\n[s]\n"), 0);
}

static void
accepts_a_line_as_long_as_may_be(void **state)
{
	static char text[INI_LINE_MAX + 8];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "[s]\na=", 6);
	text[4 + INI_LINE_MAX] = '\n';
	assert_int_equal(parse_bytes(text, 4 + INI_LINE_MAX + 1), 0);
	assert_int_equal(strlen(values.text[A]), INI_LINE_MAX - 2);
}

static void
refuses_a_long_line(void **state)
{
	static char text[INI_LINE_MAX + 8];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "[s]\na=", 6);
	text[4 + INI_LINE_MAX + 1] = '\n';
	assert_refused_bytes(text, 4 + INI_LINE_MAX + 2, 2, "longer than 4096");
	/* A comment as well: what others would read behind byte 4096 must not matter. */
	text[4] = ';';
	assert_refused_bytes(text, 4 + INI_LINE_MAX + 2, 2, "longer than 4096");
}

static void
refuses_a_large_file(void **state)
{
	static char text[INI_FILE_MAX + 1];

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(parse_bytes(text, INI_FILE_MAX), 0);
	assert_int_equal(line, INI_FILE_MAX);
	assert_refused_bytes(text, INI_FILE_MAX + 1, 0, "larger than 64 KiB");
}

static void
refuses_control_characters(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		char text[] = "[s]\na = 1?2\nb = 3\n", comment[] = "\n;?\n";

		if (byte == '\n' || (byte >= 0x20 && byte != 0x7f))
			continue;
		text[9] = comment[2] = (char)byte;
		assert_refused_bytes(text, sizeof(text) - 1, 2, "control character");
		assert_refused_bytes(comment, sizeof(comment) - 1, 2, "control character");
	}
}

static void
refuses_leading_blanks(void **state)
{
	(void)state;
	assert_refused("[s]\n a = 1\n", 2, "begins with a blank");
	assert_refused("[s]\n\ta = 1\n", 2, "begins with a blank");
	assert_refused(" [s]\n", 1, "begins with a blank");
	assert_refused("\n ; comment\n", 2, "begins with a blank");
	assert_refused("\n \n", 2, "begins with a blank");
	assert_refused("\n\t\n", 2, "begins with a blank");
}

static void
refuses_a_cut_file(void **state)
{
	(void)state;
	assert_refused("[s]", 1, "newline");
	assert_refused("[s]\na = 1", 2, "newline");
	assert_refused("[s]\na = 1\n; comment", 3, "newline");
	/* A NUL is no end either. */
	assert_refused_bytes("[s]\na = 1\0\n", 11, 2, "control character");
	assert_refused_bytes("[s]\na = 1\n\0", 11, 3, "newline");
}

static void
refuses_a_byte_order_mark(void **state)
{
	(void)state;
	assert_refused("\xef\xbb\xbf[s]\n", 1, "");
	assert_refused("\xef\xbb\xbf; comment\n", 1, "");
	assert_refused_bytes("\xff\xfe[\0s\0]\0\n\0", 10, 1, "");
	assert_refused_bytes("\xfe\xff\0[\0s\0]\0\n", 10, 1, "");
}

static void
refuses_odd_sections(void **state)
{
	static const char *const sections[] = { "[", "[]", "[s", "[s]x", "[s] ", "[s];", "[s] ; x",
		"[ s]", "[s ]", "[[s]", "[s]]", "[S]", "[s/users]", "[\"s\"]", "[s_]", "[s.t]",
		"[\xc3\xa4]" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		snprintf(text, sizeof(text), ";\n%s\n", sections[i]);
		assert_refused(text, 2, "a section is");
	}
}

static void
refuses_unknown_sections(void **state)
{
	(void)state;
	assert_refused("[t]\n", 1, "unknown section");
	assert_refused("[ss]\n", 1, "unknown section");
	assert_refused("[user]\n", 1, "unknown section");
	assert_refused("[s]\na = 1\n[sssssssssssssssssssssssssssssssssssssssssssssssssssssssss]\n",
	    3, "unknown section");
}

static void
refuses_duplicate_sections(void **state)
{
	(void)state;
	assert_refused("[s]\na = 1\n[users]\n[s]\nb = 1\n", 4, "was there before");
	assert_refused("[s]\n[s]\n", 2, "was there before");
}

static void
refuses_keys_before_a_section(void **state)
{
	(void)state;
	assert_refused("a = 1\n[s]\n", 1, "before the first section");
	/* After a section that is none there is nothing to go on with. */
	assert_refused("[t]\na = 1\n", 1, "unknown section");
}

static void
refuses_unknown_keys(void **state)
{
	(void)state;
	assert_refused("[s]\nx = 1\n", 2, "unknown key");
	assert_refused("[s]\naa = 1\n", 2, "unknown key");
	/* Known, but in another section. */
	assert_refused("[s]\nok = 1\n", 2, "unknown key");
	assert_refused("[users]\na = 1\n", 2, "unknown key");
}

static void
refuses_duplicate_keys(void **state)
{
	(void)state;
	assert_refused("[s]\na = 1\nb = 2\na = 1\n", 4, "was there before");
	/* The same name in two sections is two keys. */
	assert_int_equal(parse("[users]\nallow = 1\n[root]\nallow = 2\n"), 0);
	assert_string_equal(values.text[ALLOW], "1");
	assert_string_equal(values.text[ROOT_ALLOW], "2");
}

static void
refuses_other_lines(void **state)
{
	static const char *const lines[] = { "a", "a 1", "a: 1", "a:1", "a : 1", "= 1", "=",
		"A = 1", "a_b = 1", "a.b = 1", "a b = 1", "\"a\" = 1", "# comment", "#", "a[0] = 1",
		"a += 1", "]", "\xc3\xa4 = 1", "a\xc2\xa0= 1" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "[s]\n%s\n", lines[i]);
		assert_refused(text, 2, "a line is");
	}
}

static void
refuses_comments_behind_values(void **state)
{
	static const char *const lines[] = { "a = 1 ; x", "a = 1 ;", "a = 1 # x", "a = 1 #x",
		"a = ; x", "a = ;", "a =;", "a=;x", "a = #x", "a=#", "a = ' ; '", "a = 1 2  ; x" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "[s]\n%s\n", lines[i]);
		assert_refused(text, 2, "a comment stands");
	}
}

static void
refuses_empty_values(void **state)
{
	(void)state;
	assert_refused("[s]\na =\n", 2, "empty");
	assert_refused("[s]\na=\n", 2, "empty");
	assert_refused("[s]\na =    \n", 2, "empty");
}

static void
refuses_what_the_key_refuses(void **state)
{
	(void)state;
	assert_refused("[s]\nb = 1\na = wrong\n", 3, "this value is wrong");
}

static void
the_first_error_is_the_last(void **state)
{
	(void)state;
	assert_refused("[s]\na = 1\nb\nc = 3\nd\n", 3, "a line is");
	assert_string_equal(values.text[A], "1");
	assert_string_equal(values.text[C], "");
}

static void
error_texts_hold_no_byte_of_the_file(void **state)
{
	(void)state;
	assert_refused("[s]\n\x1b[2Jevil = 1\n", 2, "control character");
	assert_null(strstr(err.what, "evil"));
	assert_refused("[s]\n\xc2\x9b"
		       "evil = 1\n",
	    2, "a line is");
	assert_null(strstr(err.what, "evil"));
}

/* line 0: the file is well-formed, and nothing of it is a value. */
static void
inih_files_mean_one_thing(void **state)
{
	static const struct {
		const char *name;
		unsigned int line;
	} files[] = { { "t1_longcomment", 0 }, { "t3_nul", 2 }, { "t4_section", 1 },
		{ "t5_name", 3 }, { "t6_multi", 3 }, { "t8_sep", 2 }, { "t11_cr", 1 },
		{ "t16_longnul", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		static const struct values empty;
		char path[128], text[1024];
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), "tests/data/allow-list/inih-%s.ini", files[i].name);
		file = fopen(path, "re");
		assert_non_null(file);
		len = fread(text, 1, sizeof(text), file);
		fclose(file);
		assert_in_range(len, 1, sizeof(text) - 1);
		if (files[i].line > 0) {
			assert_refused_bytes(text, len, files[i].line, "");
			continue;
		}
		assert_int_equal(parse_bytes(text, len), 0);
		assert_memory_equal(&values, &empty, sizeof(empty));
	}
}

/* --- words ------------------------------------------------------------------------------------- */

/* The words of text, each in brackets; "!" at the end when a quote is not closed. */
static const char *
words(const char *text)
{
	static char out[256];
	char copy[128], *cursor = copy, *word;
	bool bad;

	out[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = ini_word(&cursor, &bad)) != NULL)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "[%s]", word);
	return (bad ? strcat(out, "!") : out);
}

static void
words_are_separated_by_blanks(void **state)
{
	(void)state;
	assert_string_equal(words(""), "");
	assert_string_equal(words("   "), "");
	assert_string_equal(words("a"), "[a]");
	assert_string_equal(words("a b"), "[a][b]");
	assert_string_equal(words("  a   bc  "), "[a][bc]");
}

static void
words_are_quoted_as_in_sh(void **state)
{
	(void)state;
	assert_string_equal(words("'a b'"), "[a b]");
	assert_string_equal(words("\"a b\" c"), "[a b][c]");
	assert_string_equal(words("a' 'b"), "[a b]");
	assert_string_equal(words("'a'\"b\"c"), "[abc]");
	assert_string_equal(words("''"), "[]");
	assert_string_equal(words("a '' b"), "[a][][b]");
	assert_string_equal(words("a\\ b"), "[a b]");
	assert_string_equal(words("\\'a\\\""), "['a\"]");
	assert_string_equal(words("'a\"b'"), "[a\"b]");
	assert_string_equal(words("\"a'b\""), "[a'b]");
	assert_string_equal(words("'a\\b'"), "[a\\b]");
	assert_string_equal(words("'a\\'"), "[a\\]");
	assert_string_equal(words("'a\\\\b'"), "[a\\\\b]");
	assert_string_equal(words("'a\\\"b'"), "[a\\\"b]");
	assert_string_equal(words("\"a\\b\""), "[a\\b]");
	assert_string_equal(words("\"a\\\"b\""), "[a\"b]");
	assert_string_equal(words("\"a\\\\\" b"), "[a\\][b]");
	assert_string_equal(words("\\a\\\\"), "[a\\]");
}

static void
words_are_not_expanded(void **state)
{
	(void)state;
	assert_string_equal(words("$HOME ~ * `id` $(id) \"$HOME\" a{b,c}"),
	    "[$HOME][~][*][`id`][$(id)][$HOME][a{b,c}]");
}

static void
refuses_open_quotes(void **state)
{
	(void)state;
	assert_string_equal(words("'"), "!");
	assert_string_equal(words("\""), "!");
	assert_string_equal(words("a 'b"), "[a]!");
	assert_string_equal(words("a b\"c"), "[a]!");
	assert_string_equal(words("\"a'"), "!");
	assert_string_equal(words("\"a\\\""), "!");
	assert_string_equal(words("\"a\\"), "!");
	assert_string_equal(words("a\\"), "!");
	assert_string_equal(words("a b \\"), "[a][b]!");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_the_dialect),
		cmocka_unit_test(accepts_nothing_at_all),
		cmocka_unit_test(accepts_a_line_as_long_as_may_be),
		cmocka_unit_test(refuses_a_long_line),
		cmocka_unit_test(refuses_a_large_file),
		cmocka_unit_test(refuses_control_characters),
		cmocka_unit_test(refuses_leading_blanks),
		cmocka_unit_test(refuses_a_cut_file),
		cmocka_unit_test(refuses_a_byte_order_mark),
		cmocka_unit_test(refuses_odd_sections),
		cmocka_unit_test(refuses_unknown_sections),
		cmocka_unit_test(refuses_duplicate_sections),
		cmocka_unit_test(refuses_keys_before_a_section),
		cmocka_unit_test(refuses_unknown_keys),
		cmocka_unit_test(refuses_duplicate_keys),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(refuses_comments_behind_values),
		cmocka_unit_test(refuses_empty_values),
		cmocka_unit_test(refuses_what_the_key_refuses),
		cmocka_unit_test(the_first_error_is_the_last),
		cmocka_unit_test(error_texts_hold_no_byte_of_the_file),
		cmocka_unit_test(inih_files_mean_one_thing),
		cmocka_unit_test(words_are_separated_by_blanks),
		cmocka_unit_test(words_are_quoted_as_in_sh),
		cmocka_unit_test(words_are_not_expanded),
		cmocka_unit_test(refuses_open_quotes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
