/* SPDX-License-Identifier: ISC */
/*
 * Detach keys, and a job with a terminal on the wire.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that the filter takes the keys and nothing else out of what is typed, however it comes
 *       in pieces; that no size, stream or flag of a hostile client is taken that is not one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "client/berth/terminal.h"
#include "client/lib/job.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int
open_with(struct terminal *terminal, const char *keys)
{
	struct job job;
	struct err err;
	int rc;

	job_init(&job);
	rc = terminal_open(terminal, keys, false, &job.run, &err);
	job_free(&job);
	return (rc);
}

static void
keys_are_read_as_docker_reads_them(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;
	} good[] = { { NULL, "\x10\x11" }, { "ctrl-p,ctrl-q", "\x10\x11" }, { "", "" },
		{ "a", "a" }, { "a,b,c", "abc" }, { "ctrl-a", "\x01" }, { "ctrl-z", "\x1a" },
		{ "ctrl-[", "\x1b" }, { "ctrl-\\", "\x1c" }, { "ctrl-]", "\x1d" },
		{ "ctrl-^", "\x1e" }, { "ctrl-_,DEL", "\x1f\x7f" }, { "-,=", "-=" },
		{ "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "aaaaaaaaaaaaaaaa" } };
	static const char *const bad[] = { ",", "a,", ",a", "a,,b", "ab", "ctrl-", "ctrl-P",
		"ctrl-1", "ctrl-ab", "Ctrl-p", "DELL", "del", "a, b", "ctrl-p ctrl-q",
		"a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a" };
	struct terminal terminal;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(open_with(&terminal, good[i].text), 0);
		assert_int_equal(terminal.nkeys, strlen(good[i].bytes));
		assert_memory_equal(terminal.keys, good[i].bytes, terminal.nkeys);
	}
	assert_int_equal(open_with(&terminal, "ctrl-@"), 0);
	assert_int_equal(terminal.nkeys, 1);
	assert_int_equal(terminal.keys[0], 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (open_with(&terminal, bad[i]) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

/* Everything that is typed up to the first time that the keys stand in it whole. */
static void
check_filter(const char *keys, const char *typed, size_t piece)
{
	struct terminal terminal = { .nkeys = strlen(keys) };
	const char *at = strstr(typed, keys);
	size_t len = strlen(typed), wanted = at != NULL ? (size_t)(at - typed) : len, got = 0;
	char out[256];

	memcpy(terminal.keys, keys, terminal.nkeys);
	for (size_t i = 0; i < len; i += piece) {
		char buf[64 + TERMINAL_KEYS_MAX];
		size_t n = len - i < piece ? len - i : piece;

		memcpy(buf, typed + i, n);
		n = terminal_filter(&terminal, buf, n);
		memcpy(out + got, buf, n);
		got += n;
		if (terminal.detach)
			break;
	}
	assert_int_equal(terminal.detach, at != NULL);
	/* what is held back is a beginning of the keys, and comes with the next byte */
	if (at == NULL)
		assert_true(got + terminal.nheld == wanted);
	else
		assert_int_equal(got, wanted);
	assert_memory_equal(out, typed, got);
	if (at == NULL)
		assert_memory_equal(keys, typed + got, terminal.nheld);
}

static void
the_filter_takes_out_the_keys_and_nothing_else(void **state)
{
	static const char *const keys[] = { "a", "ab", "aa", "aab", "aba", "abab", "abaab",
		"bbbb" };

	(void)state;
	/* all texts of a, b and c with up to eight characters, in all pieces */
	for (unsigned int number = 0; number < 6561; number++) {
		char typed[9] = "";
		unsigned int rest = number;

		for (size_t i = 0; i < 8; i++, rest /= 3)
			typed[i] = (char)('a' + rest % 3);
		for (size_t i = 0; i < COUNT(keys); i++)
			for (size_t piece = 1; piece <= 8; piece++)
				check_filter(keys[i], typed, piece);
	}
}

static void
without_keys_every_byte_passes(void **state)
{
	struct terminal terminal = { .nkeys = 0 };
	char buf[256 + TERMINAL_KEYS_MAX], copy[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		buf[i] = copy[i] = (char)i;
	assert_int_equal(terminal_filter(&terminal, buf, 256), 256);
	assert_memory_equal(buf, copy, 256);
}

/* A job as a client sends it, with one thing changed: member NAME is VALUE, a JSON text. */
static int
decode(bool tty, const char *name, const char *value, struct job *out)
{
	struct job_message message;
	struct varlink conn;
	struct job job;
	struct err err;
	int rc;

	job_init(&job);
	assert_int_equal(job_add_word(&job.run.args, "id", &err), 0);
	job.run.tty = tty;
	job.run.rows = tty ? 24 : 0;
	job.run.columns = tty ? 80 : 0;
	for (int i = 0; i < 3 && !tty; i++)
		job.run.stdio[i] = i;
	assert_int_equal(job_encode(&job, &message, &err), 0);
	if (name != NULL) {
		json_object_object_del(message.params, name);
		if (value != NULL)
			json_object_object_add(message.params, name, json_tokener_parse(value));
	}
	varlink_init(&conn, -1);
	conn.nfds = message.nfds;
	memcpy(conn.fds, message.fds, message.nfds * sizeof(int));
	rc = job_decode(message.params, &conn, out, &err);
	if (rc != 0 && name != NULL)
		assert_int_equal(err.code == ERR_USAGE || err.code == ERR_FAILED, 1);
	job_message_free(&message);
	job_free(&job);
	return (rc);
}

static int
decodes(bool tty, const char *name, const char *value)
{
	struct job job;
	int rc = decode(tty, name, value, &job);

	job_free(&job);
	return (rc);
}

static void
a_terminal_survives_the_wire(void **state)
{
	struct job job;

	(void)state;
	assert_int_equal(decode(true, NULL, NULL, &job), 0);
	assert_true(job.run.tty);
	assert_int_equal(job.run.rows, 24);
	assert_int_equal(job.run.columns, 80);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(job.run.stdio[i], -1);
	job_free(&job);
	assert_int_equal(decode(false, NULL, NULL, &job), 0);
	assert_false(job.run.tty);
	for (int i = 0; i < 3; i++)
		assert_int_equal(job.run.stdio[i], i);
	job_free(&job);
}

static void
sizes_are_those_of_a_terminal(void **state)
{
	static const char *const good[] = { "1", "80", "65535" };
	static const char *const bad[] = { "0", "-1", "65536", "4294967297", "18446744073709551617",
		"80.0", "1e2", "\"80\"", "true", "[80]", "{}", "-9223372036854775808" };
	static const char *const names[] = { "rows", "columns" };

	(void)state;
	for (size_t n = 0; n < COUNT(names); n++) {
		for (size_t i = 0; i < COUNT(good); i++)
			assert_int_equal(decodes(true, names[n], good[i]), 0);
		for (size_t i = 0; i < COUNT(bad); i++)
			if (decodes(true, names[n], bad[i]) == 0)
				fail_msg("%s %s was taken", names[n], bad[i]);
		/* not known */
		assert_int_equal(decodes(true, names[n], NULL), 0);
		assert_int_equal(decodes(false, names[n], "80"), -1);
	}
}

static void
streams_or_a_terminal_never_both(void **state)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	static const char *const wrong[] = { "0", "1", "\"true\"", "[]", "{}" };

	(void)state;
	for (size_t n = 0; n < COUNT(names); n++) {
		assert_int_equal(decodes(true, names[n], "0"), -1);
		assert_int_equal(decodes(false, names[n], NULL), -1);
		assert_int_equal(decodes(false, names[n], "4"), -1);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(decodes(true, "tty", wrong[i]), -1);
	/* without the word for it there are neither */
	assert_int_equal(decodes(true, "tty", NULL), -1);
	assert_int_equal(decodes(true, "tty", "false"), -1);
	assert_int_equal(decodes(false, "tty", "true"), -1);
	assert_int_equal(decodes(false, "tty", "false"), 0);
	assert_int_equal(decodes(true, "terminal", "0"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_as_docker_reads_them),
		cmocka_unit_test(the_filter_takes_out_the_keys_and_nothing_else),
		cmocka_unit_test(without_keys_every_byte_passes),
		cmocka_unit_test(a_terminal_survives_the_wire),
		cmocka_unit_test(sizes_are_those_of_a_terminal),
		cmocka_unit_test(streams_or_a_terminal_never_both),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
