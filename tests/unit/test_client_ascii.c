/* SPDX-License-Identifier: ISC */
/*
 * Units of ascii.c: JSON that a terminal can be shown.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that nothing but printable ASCII comes out of any text, and that a reader of the JSON
 *       has the same text again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "client/berth/ascii.h"

/* What becomes of the text; freed by the caller. */
static char *
written(const char *text)
{
	struct json_object *object = json_object_new_string(text);
	char *line = ascii_json(object, JSON_C_TO_STRING_NOSLASHESCAPE);

	json_object_put(object);
	assert_non_null(line);
	return (line);
}

static void
characters(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain ~/\"\\", "\"plain ~/\\\"\\\\\"" },
		{ "\033[31m", "\"\\u001b[31m\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "\xc2\x80", "\"\\u0080\"" },
		{ "\xc2\x9b"
		  "31m",
		    "\"\\u009b31m\"" },
		{ "\xdf\xbf", "\"\\u07ff\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" },
		{ "\xef\xbf\xbd", "\"\\ufffd\"" },
		{ "\xf0\x90\x80\x80", "\"\\ud800\\udc00\"" },
		{ "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"" },
		/* no UTF-8: alone, cut, overlong, a surrogate, too large */
		{ "\x9b", "\"\\ufffd\"" },
		{ "\xe2\x80", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\x9b", "\"\\ufffd\\ufffd\"" },
		{ "\xe0\x82\x9b", "\"\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\"" },
		{ "\xff", "\"\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *line = written(cases[i].text);

		assert_string_equal(line, cases[i].json);
		free(line);
	}
}

static void
any_bytes(void **state)
{
	char text[4] = "";

	(void)state;
	for (unsigned int a = 1; a < 256; a++) {
		for (unsigned int b = 0; b < 256; b++) {
			char *line;

			text[0] = (char)a;
			text[1] = (char)b;
			line = written(text);
			for (const char *at = line; *at != '\0'; at++)
				assert_in_range(*at, 0x20, 0x7e);
			free(line);
		}
	}
}

static void
is_read_again(void **state)
{
	static const char text[] = "\xc2\x9b gr\xc3\xbc\xc3\x9f \xe2\x80\xae \xf0\x9f\x9a\xa2";
	struct json_object *object = json_object_new_object(), *again, *value;
	char *line;

	(void)state;
	json_object_object_add(object, text, json_object_new_string(text));
	line = ascii_json(object, JSON_C_TO_STRING_PRETTY);
	assert_non_null(line);
	again = json_tokener_parse(line);
	assert_true(json_object_object_get_ex(again, text, &value));
	assert_string_equal(json_object_get_string(value), text);
	json_object_put(again);
	json_object_put(object);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(is_read_again),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
