/* SPDX-License-Identifier: ISC */
/*
 * What json-c changes silently is refused: a key behind whose NUL there is more, and integers that
 * are kept as the largest or the smallest one.
 * TRUST: unprivileged
 * INPUT: messages from the other end of a socket
 * MUST: show that a message means what its bytes say, or is none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "client/lib/json.h"
#include "client/lib/varlink.h"

/* The message, or NULL; it is the caller's. */
static struct json_object *
receive(const char *text)
{
	struct json_object *message = NULL;
	struct varlink conn;
	int ends[2];
	int ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text) + 1), (ssize_t)strlen(text) + 1);
	close(ends[1]);
	varlink_init(&conn, ends[0]);
	ret = varlink_read(&conn, &message);
	varlink_close(&conn);
	assert_int_equal(ret, message == NULL ? -1 : 1);
	return message;
}

static void
test_nul(void **state)
{
	static const char *const wrong[] = {
		"{\"method\\u0000zz\":\"x\"}",
		"{\"\\u0000\":1}",
		"{\"a\":{\"b\\u0000c\":1}}",
		"{\"a\":\"b\\u0000c\"}",
		"{\"a\":\"\\\\\\u0000\"}",
		"{\"a\":\"\\\"\\u0000\"}",
	};
	static const char *const right[] = {
		"{\"method\":\"x\"}",
		"{\"a\":\"\\\\u0000\"}",
		"{\"a\":\"\\\\\\\\u0000\"}",
		"{\"a\":\"\\u0001\"}",
		"{\"a\":\"u0000\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(receive(wrong[i]));
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct json_object *message = receive(right[i]);

		assert_non_null(message);
		json_object_put(message);
	}
}

static int
number_of(const char *text, int64_t *number)
{
	struct json_object *message = receive(text);
	int ret;

	assert_non_null(message);
	ret = json_integer(json_object_object_get(message, "n"), INT64_MIN, INT64_MAX, number);
	json_object_put(message);
	return ret;
}

static void
test_integers(void **state)
{
	static const char *const wrong[] = {
		"{\"n\":9223372036854775808}",
		"{\"n\":18446744073709551615}",
		"{\"n\":18446744073709551616}",
		"{\"n\":99999999999999999999999999}",
		"{\"n\":-9223372036854775809}",
		"{\"n\":-99999999999999999999999999}",
		"{\"n\":1.0}",
		"{\"n\":\"1\"}",
	};
	int64_t number = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(number_of(wrong[i], &number), -1);
	assert_int_equal(number_of("{\"n\":9223372036854775807}", &number), 0);
	assert_true(number == INT64_MAX);
	assert_int_equal(number_of("{\"n\":-9223372036854775807}", &number), 0);
	assert_true(number == -INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
