/* SPDX-License-Identifier: ISC */
/*
 * Files of the allow-list that are broken in one way each (attacks.md A19): each is refused as a
 * whole, and the error names the line.
 * TRUST: unprivileged
 * INPUT: tests/data/allow-list: files that libinih reads otherwise than a person does
 * MUST: show that no error of a person or of a disk ends as a grant
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/inistrict.h"
#include "common/policy.h"

#define HEAD "[grant]\nuid = 1000\n"
#define TAIL "entitlements = security.confined network.host\n"
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X200 X50 X50 X50 X50
#define TEXT(text) (text), sizeof(text) - 1

struct malformed {
	const char *name;
	unsigned int line; /* 0: none, the file as a whole is wrong */
	const char *text;
	size_t len;
};

static const struct malformed malformed[] = {
	{ "NUL in a value", 3, TEXT(HEAD "root = /a\0b\n" TAIL) },
	{ "NUL first", 3, TEXT(HEAD "\0\n" TAIL) },
	{ "NUL in a comment", 3, TEXT(HEAD ";\0\n" TAIL) },
	{ "NUL behind a long comment", 3, TEXT(HEAD ";" X200 "\0\0\0\0\n" TAIL) },
	{ "NUL at the end", 4, TEXT(HEAD TAIL "\0") },
	{ "carriage returns only", 1, TEXT("[grant]\ruid = 1000\r" TAIL) },
	{ "carriage returns as well", 1, TEXT("[grant]\r\nuid = 1000\r\n" TAIL) },
	{ "one carriage return", 3, TEXT(HEAD "timeout = 10m\r\n" TAIL) },
	{ "UTF-8 byte order mark", 1, TEXT("\xef\xbb\xbf" HEAD TAIL) },
	{ "UTF-16 little", 1, TEXT("\xff\xfe[\0g\0r\0a\0n\0t\0]\0\n\0") },
	{ "UTF-16 big", 1, TEXT("\xfe\xff\0[\0g\0r\0a\0n\0t\0]\0\n") },
	{ "tab before a key", 3, TEXT(HEAD "\t" TAIL) },
	{ "blank before a key", 3, TEXT(HEAD " " TAIL) },
	{ "tab before the sign", 3, TEXT(HEAD "timeout\t= 10m\n" TAIL) },
	{ "tab behind a value", 3, TEXT(HEAD "timeout = 10m\t\n" TAIL) },
	{ "tab between words", 3, TEXT(HEAD "entitlements = network.host\timage=*\n") },
	{ "blank before a section", 1, TEXT(" " HEAD TAIL) },
	{ "blank before a comment", 3, TEXT(HEAD " ; x\n" TAIL) },
	{ "line of blanks", 3, TEXT(HEAD "  \n" TAIL) },
	{ "continued line", 4, TEXT(HEAD "entitlements = security.confined\n  network.host\n") },
	{ "backslash at the end", 3, TEXT(HEAD "entitlements = security.confined \\\nimage=*\n") },
	{ "escape byte", 3, TEXT(HEAD "root = /a\x1b[2J\n" TAIL) },
	{ "delete byte", 3, TEXT(HEAD "root = /a\x7f\n" TAIL) },
	{ "vertical tab for a newline", 3, TEXT(HEAD "timeout = 1h\x0b" TAIL) },
	{ "form feed", 3, TEXT(HEAD "\x0c\n" TAIL) },
	{ "duplicate key", 5, TEXT(HEAD TAIL "timeout = 1h\ntimeout = 1h\n") },
	{ "duplicate uid", 3, TEXT(HEAD "uid = 1000\n" TAIL) },
	{ "duplicate section", 4, TEXT(HEAD TAIL "[grant]\ntimeout = 1h\n") },
	{ "empty section again", 4, TEXT(HEAD TAIL "[grant]\n") },
	{ "unknown section", 4, TEXT(HEAD TAIL "[grants]\n") },
	{ "section of 50 bytes", 3, TEXT(HEAD "[" X50 "]\n" TAIL) },
	{ "section of 51 bytes", 3, TEXT(HEAD "[" X50 "x]\n" TAIL) },
	{ "section in capitals", 1, TEXT("[Grant]\nuid = 1000\n" TAIL) },
	{ "section not closed", 1, TEXT("[grant\nuid = 1000\n" TAIL) },
	{ "section not closed, later", 4, TEXT(HEAD TAIL "[\ntimeout = 1h\n") },
	{ "text behind a section", 1, TEXT("[grant] uid = 1000\n" TAIL) },
	{ "comment behind a section", 1, TEXT("[grant] ; alice\nuid = 1000\n" TAIL) },
	{ "key before the section", 1, TEXT("uid = 1000\n[grant]\n" TAIL) },
	{ "no section", 1, TEXT("uid = 1000\n" TAIL) },
	{ "unknown key", 3, TEXT(HEAD "users = all\n" TAIL) },
	{ "key of 50 bytes", 3, TEXT(HEAD X50 " = 1\n" TAIL) },
	{ "key of 51 bytes", 3, TEXT(HEAD X50 "x = 1\n" TAIL) },
	{ "key in capitals", 2, TEXT("[grant]\nUID = 1000\n" TAIL) },
	{ "key with a section in it", 2, TEXT("[grant]\ngrant.uid = 1000\n" TAIL) },
	{ "colon", 2, TEXT("[grant]\nuid: 1000\n" TAIL) },
	{ "no sign", 3, TEXT(HEAD "entitlements network.host\n") },
	{ "no value", 3, TEXT(HEAD "root =\n" TAIL) },
	{ "blank value", 3, TEXT(HEAD "root =    \n" TAIL) },
	{ "comment for a value", 3, TEXT(HEAD "root = ; /a\n" TAIL) },
	{ "comment behind a value", 2, TEXT("[grant]\nuid = 1000 ; alice\n" TAIL) },
	{ "comment within quotes", 3, TEXT(HEAD "root = '/a ; b'\n" TAIL) },
	{ "sharp behind a value", 2, TEXT("[grant]\nuid = 1000 # alice\n" TAIL) },
	{ "sharp for a comment", 1, TEXT("# alice\n" HEAD TAIL) },
	{ "quote not closed", 3, TEXT(HEAD "root = \"/a\n" TAIL) },
	{ "cut within the last line", 3, TEXT(HEAD "entitlements = security.confined") },
	{ "cut behind the section", 1, TEXT("[grant]") },
	{ "cut within a comment", 4, TEXT(HEAD TAIL "; by hand") },
	{ "two keys in a line", 2, TEXT("[grant]\nuid = 1000 gid = 1000\n" TAIL) },
	{ "uid that wraps", 2, TEXT("[grant]\nuid = 4294968296\n" TAIL) },
	{ "uid -1", 2, TEXT("[grant]\nuid = -1\n" TAIL) },
	{ "uid by name", 2, TEXT("[grant]\nuid = alice\n" TAIL) },
	{ "entitlement misspelt", 3, TEXT(HEAD "entitlements = network.hosts\n") },
	{ "entitlement twice quoted", 3, TEXT(HEAD "entitlements = \"'network.host'\"\n") },
	{ "mount that goes up", 3, TEXT(HEAD "entitlements = mount=/srv/../etc\n") },
	{ "except-uid of a user", 3, TEXT(HEAD "except-uid = 1001\n" TAIL) },
	{ "limit that would not bind", 5, TEXT(HEAD TAIL "[limits]\nmemory = 8G\n") },
	{ "no uid", 0, TEXT("[grant]\n" TAIL) },
	{ "another uid", 0, TEXT("[grant]\nuid = 1001\n" TAIL) },
	{ "a gid as well", 0, TEXT(HEAD "gid = 1000\n" TAIL) },
	{ "empty", 0, TEXT("") },
	{ "comments only", 0, TEXT("; [grant]\n; uid = 1000\n") },
};

_Static_assert(sizeof(malformed) / sizeof(malformed[0]) >= 40, "a wide choice");

static struct allow allow;
static struct err err;

static int
parse(const char *text, size_t len)
{
	static char copy[1 << 20];

	assert_true(len <= sizeof(copy));
	memcpy(copy, text, len);
	allow_init(&allow, PRINCIPAL_UID, 1000);
	return (allow_parse(&allow, copy, len, &err));
}

static void
assert_refused(const char *name, unsigned int line, const char *text, size_t len)
{
	char where[64] = "/etc/berth/allow/uid-1000.conf: ";

	if (line > 0)
		snprintf(where, sizeof(where), "/etc/berth/allow/uid-1000.conf:%u: ", line);
	if (parse(text, len) == 0)
		fail_msg("%s: the file was taken", name);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strncmp(err.what, where, strlen(where)) != 0)
		fail_msg("%s: \"%s\" is not \"%s...\"", name, err.what, where);
}

/* Without this the rest would say nothing. */
static void
the_same_file_without_the_error_is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse(TEXT(HEAD TAIL)), 0);
	assert_int_equal(allow.nrules, 2);
}

static void
refuses_each_malformed_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		const struct malformed *m = &malformed[i];

		assert_refused(m->name, m->line, m->text, m->len);
	}
}

static void
refuses_the_inih_files(void **state)
{
	static const struct {
		const char *name;
		unsigned int line;
	} files[] = { { "t1_longcomment", 0 }, { "t3_nul", 1 }, { "t4_section", 1 },
		{ "t5_name", 1 }, { "t6_multi", 1 }, { "t8_sep", 1 }, { "t11_cr", 1 },
		{ "t16_longnul", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128], text[1024];
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), "tests/data/allow-list/inih-%s.ini", files[i].name);
		file = fopen(path, "re");
		assert_non_null(file);
		len = fread(text, 1, sizeof(text), file);
		fclose(file);
		assert_refused(path, files[i].line, text, len);
	}
}

/* name: begin, then fill up to len bytes, then TAIL. */
static void
assert_long(const char *name, const char *begin, int fill, size_t len, unsigned int line)
{
	static char text[INI_FILE_MAX * 2];
	size_t head = strlen(HEAD), tail = strlen(TAIL);

	memcpy(text, HEAD, head);
	memset(text + head, fill, len);
	memcpy(text + head, begin, strlen(begin));
	text[head + len] = '\n';
	memcpy(text + head + len + 1, TAIL, tail);
	if (line > 0)
		assert_refused(name, line, text, head + len + 1 + tail);
	else if (parse(text, head + len + 1 + tail) < 0)
		fail_msg("%s: %s", name, err.what);
	else
		assert_int_equal(allow.nrules, 2);
}

static void
refuses_long_lines(void **state)
{
	(void)state;
	assert_long("comment of 4096 bytes", ";", 'x', 4096, 0);
	assert_long("comment of 4097 bytes", ";", 'x', 4097, 3);
	assert_long("pair of 4096 bytes", "root = /", 'x', 4096, 0);
	assert_long("pair of 4097 bytes", "root = /", 'x', 4097, 3);
	assert_long("pair of 60000 bytes", "root = /", 'x', 60000, 3);
	assert_long("blanks behind a value", "timeout = 10m", ' ', 4096, 0);
	assert_long("more blanks behind a value", "timeout = 10m", ' ', 4097, 3);
}

static void
refuses_large_files(void **state)
{
	static char text[1 << 20];
	const char where[] = "/etc/berth/allow/uid-1000.conf:0: the file is larger than 64 KiB";

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, TEXT(HEAD TAIL));
	assert_int_equal(parse(text, INI_FILE_MAX), 0);
	assert_int_equal(parse(text, INI_FILE_MAX + 1), -1);
	assert_string_equal(err.what, where);
	/* A million lines. */
	assert_int_equal(parse(text, sizeof(text)), -1);
	assert_string_equal(err.what, where);
}

/* Each byte of a good file in turn becomes each control byte. */
static void
refuses_a_control_byte_anywhere(void **state)
{
	char text[] = HEAD TAIL "; end\n";

	(void)state;
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		char was = text[at];

		for (unsigned int byte = 0; byte < 128; byte++) {
			if ((byte >= 0x20 && byte != 0x7f) || byte == '\n')
				continue;
			text[at] = (char)byte;
			if (parse(text, sizeof(text) - 1) == 0)
				fail_msg("byte %#x at %zu was taken", byte, at);
		}
		text[at] = was;
	}
}

/* A disk that was full: every length but that of whole lines that still name the user. */
static void
refuses_a_file_that_was_cut(void **state)
{
	static const char text[] = HEAD TAIL;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		bool whole = len == strlen(HEAD);

		assert_int_equal(parse(text, len), whole ? 0 : -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_file_without_the_error_is_taken),
		cmocka_unit_test(refuses_each_malformed_file),
		cmocka_unit_test(refuses_the_inih_files),
		cmocka_unit_test(refuses_long_lines),
		cmocka_unit_test(refuses_large_files),
		cmocka_unit_test(refuses_a_control_byte_anywhere),
		cmocka_unit_test(refuses_a_file_that_was_cut),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
