/* SPDX-License-Identifier: ISC */
/*
 * The record of a job: what is written is read again, and of what somebody put in its place nothing is
 * taken that is not exactly a record.
 * TRUST: unprivileged
 * INPUT: files that a user wrote
 * MUST: change one thing at a time in a record that is read without it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "client/engine/job/jobfile.h"
#include "client/engine/job/record.h"
#include "client/engine/job/request.h"

#define ID "0123456789ab"

static char top[64];
static int dir = -1;

static int
set_up(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/test_record.XXXXXX");
	assert_non_null(mkdtemp(top));
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { RECORD_FILE, JOBFILE_NEW, REQUEST_FILE, REQUEST_BLOB,
		"other" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (unlinkat(dir, names[i], 0) == -1 && errno == EISDIR)
			unlinkat(dir, names[i], AT_REMOVEDIR);
	close(dir);
	return rmdir(top);
}

static void
put(const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

/* Reads what is there: 0 or errno. */
static int
read_errno(void)
{
	struct record record;
	int ret = record_read(dir, &record) == 0 ? 0 : errno;

	record_free(&record);
	return ret;
}

static void
make_job(struct job *job)
{
	struct err err;

	job_init(job);
	assert_int_equal(job_add_word(&job->run.args, "echo", &err), 0);
	assert_int_equal(job_add_word(&job->run.args, "a\xff\xc3\xa4", &err), 0);
	assert_int_equal(job_add_word(&job->run.env, "A=\xff", &err), 0);
	assert_int_equal(job_add_word(&job->labels, "who=me=you", &err), 0);
	assert_int_equal(job_add_word(&job->labels, "empty=", &err), 0);
	job->restart = JOB_RESTART_ON_FAILURE;
	job->restart_max = 5;
	job->stop_signal = SIGINT;
	job->detach = job->keep = job->interactive = true;
}

/* A record as the engine writes it, as text; free(3) it. */
static char *
written(void)
{
	struct record record;
	struct job job;
	char *text;
	size_t len;

	make_job(&job);
	assert_int_equal(record_begin(&record, ID, "web", &job), 0);
	job_free(&job);
	assert_int_equal(record_write(dir, &record), 0);
	record_free(&record);
	text = jobfile_read(dir, RECORD_FILE, RECORD_MAX, &len);
	assert_non_null(text);
	return text;
}

static void
test_again(void **state)
{
	struct record record;
	struct record again;

	(void)state;
	free(written());
	assert_int_equal(record_read(dir, &record), 0);
	assert_string_equal(record.id, ID);
	assert_string_equal(record.name, "web");
	assert_string_equal(record.image, "host");
	assert_int_equal(record.command.n, 2);
	assert_string_equal(record.command.v[1], "a\xef\xbf\xbd\xc3\xa4");
	assert_int_equal(record.labels.n, 2);
	assert_string_equal(record.labels.v[0], "who=me=you");
	assert_string_equal(record.labels.v[1], "empty=");
	assert_int_equal(record.state, RECORD_CREATED);
	assert_true(record.created > 0 && record.started == 0 && record.finished == 0);
	assert_true(record.detached && record.kept && record.interactive);
	assert_false(record.tty || record.stopped || record.once);
	assert_int_equal(record.restart, JOB_RESTART_ON_FAILURE);
	assert_int_equal(record.restart_max, 5);
	assert_int_equal(record.stop_signal, SIGINT);
	record.restarts = 3;
	record.stopped = record.once = true;
	record.started = record.created + 1;
	record_end(&record, RECORD_REASON_NOT_FOUND, 127, "no such file");
	assert_int_equal(record_write(dir, &record), 0);
	assert_int_equal(record_read(dir, &again), 0);
	assert_int_equal(again.state, RECORD_EXITED);
	assert_int_equal(again.reason, RECORD_REASON_NOT_FOUND);
	assert_int_equal(again.status, 127);
	assert_string_equal(again.why, "no such file");
	assert_int_equal(again.restarts, 3);
	assert_true(again.stopped && again.once);
	assert_int_equal(again.started, record.started);
	assert_int_equal(again.finished, record.finished);
	record_free(&record);
	record_free(&again);
}

/* The beginning of it is kept, in whole characters; and it is read again. */
static void
test_long_command(void **state)
{
	static const size_t lengths[] = { RECORD_COMMAND_MAX - 2, RECORD_COMMAND_MAX - 1,
		RECORD_COMMAND_MAX, 3 * RECORD_COMMAND_MAX };
	struct record record;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = calloc(1, lengths[i] + 1);
		struct job job;
		size_t first;

		memset(text, '\xff', lengths[i]);
		text[0] = 'a';
		job_init(&job);
		assert_int_equal(job_add_word(&job.run.args, text, &err), 0);
		assert_int_equal(job_add_word(&job.run.args, "b", &err), 0);
		assert_int_equal(record_begin(&record, ID, NULL, &job), 0);
		assert_string_equal(record.name, ID);
		assert_int_equal(record.command.n, 1);
		first = strlen(record.command.v[0]);
		assert_true(first < RECORD_COMMAND_MAX && first % 3 == 1);
		assert_int_equal(record_write(dir, &record), 0);
		assert_int_equal(read_errno(), 0);
		record_free(&record);
		job_free(&job);
		free(text);
	}
}

/* The largest that is accepted still goes into one message. */
static void
test_fits(void **state)
{
	char label[JOB_LABELS_SIZE + 1];
	struct json_object *json;
	struct record record;
	struct job job;
	struct err err;
	size_t len;

	(void)state;
	job_init(&job);
	memset(label, '\1', sizeof(label));
	label[1] = '=';
	label[JOB_LABELS_SIZE] = '\0';
	assert_int_equal(job_add_word(&job.labels, label, &err), 0);
	assert_int_equal(job_check_labels(&job.labels, &err), 0);
	for (int i = 0; i < 4096; i++)
		assert_int_equal(job_add_word(&job.run.args, "\1", &err), 0);
	job.image = JOB_IMAGE_DIRECTORY;
	job.image_path = malloc(4097);
	memset(job.image_path, '\1', 4096);
	job.image_path[4096] = '\0';
	assert_int_equal(record_begin(&record, ID, NULL, &job), 0);
	job.image_path[600] = '\0';
	record_end(&record, RECORD_REASON_LOST, RECORD_LOST, job.image_path);
	json = record_json(&record);
	assert_non_null(json);
	assert_non_null(json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &len));
	assert_true(len + 256 < VARLINK_MESSAGE_MAX);
	json_object_put(json);
	assert_int_equal(record_write(dir, &record), 0);
	assert_int_equal(read_errno(), 0);
	record_free(&record);
	job_free(&job);
}

/* A member with this JSON in the place of what it has, "" takes it away. */
static void
change(const char *text, const char *key, const char *value)
{
	struct json_object *json = json_tokener_parse(text);
	const char *changed;

	assert_non_null(json);
	if (*value == '\0')
		json_object_object_del(json, key);
	else
		json_object_object_add(json, key, json_tokener_parse(value));
	changed = json_object_to_json_string(json);
	put(RECORD_FILE, changed, strlen(changed));
	json_object_put(json);
}

static void
test_members(void **state)
{
	static const char *const wrong[][2] = {
		{ "id", "\"0123456789aB\"" },
		{ "id", "\"0123456789a\"" },
		{ "id", "\"../../../etc\"" },
		{ "id", "12" },
		{ "name", "\"\"" },
		{ "name", "\"a/b\"" },
		{ "name", "\"..\"" },
		{ "name", "\"a\\n\"" },
		{ "image", "null" },
		{ "image", "[]" },
		{ "command", "[]" },
		{ "command", "[1]" },
		{ "command", "\"true\"" },
		{ "created", "-1" },
		{ "started", "1e3" },
		{ "finished", "253402300800000" },
		{ "finished", "\"0\"" },
		{ "state", "\"dead\"" },
		{ "state", "\"\"" },
		{ "state", "2" },
		{ "status", "256" },
		{ "status", "-1" },
		{ "reason", "\"bored\"" },
		{ "why", "7" },
		{ "restarts", "4294967296" },
		{ "stopped", "1" },
		{ "kept", "\"true\"" },
		{ "labels", "[]" },
		{ "labels", "{\"a\":1}" },
		{ "labels", "{\"\":\"x\"}" },
		{ "labels", "{\"a=b\":\"x\"}" },
		{ "labels", "{\"a\":null}" },
		{ "restart", "\"on-failure\"" },
		{ "restart_max", "-1" },
		{ "stop_signal", "0" },
		{ "stop_signal", "65" },
		{ "unknown", "1" },
		{ "tty", "" },
		{ "once", "" },
		{ "labels", "" },
		{ "why", "" },
	};
	char *text = written();

	(void)state;
	change(text, "status", "255");
	assert_int_equal(read_errno(), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		change(text, wrong[i][0], wrong[i][1]);
		if (read_errno() != EBADMSG)
			fail_msg("%s: %s is taken", wrong[i][0], wrong[i][1]);
	}
	free(text);
}

/* Texts that are too long, each alone. */
static void
test_long_members(void **state)
{
	static const char *const keys[] = { "image", "why", "name", "labels", "command" };
	char *text = written();
	char *value = malloc(JOB_LABELS_SIZE + 64);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *before = i == 3 ? "{\"a\":\"" : i == 4 ? "[\"" : "\"";
		const char *behind = i == 3 ? "\"}" : i == 4 ? "\"]" : "\"";
		size_t len = (size_t)sprintf(value, "%s", before);

		memset(value + len, 'a', JOB_LABELS_SIZE + 1);
		sprintf(value + len + JOB_LABELS_SIZE + 1, "%s", behind);
		change(text, keys[i], value);
		assert_int_equal(read_errno(), EBADMSG);
	}
	free(value);
	free(text);
}

static void
test_bytes(void **state)
{
	char *text = written();
	size_t len = strlen(text);
	char *huge = malloc(RECORD_MAX + 1);

	(void)state;
	/* each beginning of it, as if it had been written in place */
	for (size_t i = 0; i < len; i++) {
		put(RECORD_FILE, text, i);
		assert_int_equal(read_errno(), EBADMSG);
	}
	/* bytes behind it, and a NUL in front of them */
	put(RECORD_FILE, text, len + 1);
	assert_int_equal(read_errno(), EBADMSG);
	memset(huge, ' ', RECORD_MAX + 1);
	memcpy(huge, text, len);
	put(RECORD_FILE, huge, RECORD_MAX);
	assert_int_equal(read_errno(), 0);
	put(RECORD_FILE, huge, RECORD_MAX + 1);
	assert_int_equal(read_errno(), EBADMSG);
	memset(huge, '[', RECORD_MAX);
	put(RECORD_FILE, huge, RECORD_MAX);
	assert_int_equal(read_errno(), EBADMSG);
	put(RECORD_FILE, "{\"id\":\"\xff\"}", 10);
	assert_int_equal(read_errno(), EBADMSG);
	free(huge);
	free(text);
}

/* What is no plain file is neither waited for nor followed, whoever put it there. */
static void
test_types(void **state)
{
	char *text = written();

	(void)state;
	put("other", text, strlen(text));
	free(text);
	unlinkat(dir, RECORD_FILE, 0);
	assert_int_equal(read_errno(), ENOENT);
	assert_int_equal(symlinkat("other", dir, RECORD_FILE), 0);
	assert_int_equal(read_errno(), EBADMSG);
	unlinkat(dir, RECORD_FILE, 0);
	assert_int_equal(mkfifoat(dir, RECORD_FILE, 0600), 0);
	alarm(60);
	assert_int_equal(read_errno(), EBADMSG);
	alarm(0);
	unlinkat(dir, RECORD_FILE, 0);
	assert_int_equal(mkdirat(dir, RECORD_FILE, 0700), 0);
	assert_int_equal(read_errno(), EBADMSG);
	unlinkat(dir, RECORD_FILE, AT_REMOVEDIR);
}

/* What waits under the name that it is written to. */
static void
test_writing(void **state)
{
	struct stat st;

	(void)state;
	put("other", "mine", 4);
	assert_int_equal(symlinkat("other", dir, JOBFILE_NEW), 0);
	free(written());
	assert_int_equal(read_errno(), 0);
	assert_int_equal(fstatat(dir, "other", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(fstatat(dir, RECORD_FILE, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* one that was being written when its writer was killed */
	put(JOBFILE_NEW, "{", 1);
	free(written());
	assert_int_equal(read_errno(), 0);
}

/* What was asked comes back as a call that the decoder of Run takes. */
static void
test_request(void **state)
{
	struct varlink conn = { .fd = -1, .nfds = 1 };
	struct json_object *params;
	struct job job;
	struct job again;
	struct err err;

	(void)state;
	make_job(&job);
	assert_int_equal(request_write(dir, &job), 0);
	assert_int_equal(request_read(dir, &params, &conn.fds[0]), 0);
	assert_null(json_object_object_get(params, "blob"));
	json_object_object_add(params, "blob", json_object_new_int(0));
	assert_int_equal(job_decode(params, &conn, &again, &err), 0);
	assert_string_equal(again.run.args.v[1], job.run.args.v[1]);
	assert_string_equal(again.run.env.v[0], "A=\xff");
	assert_true(again.detach && again.keep && again.interactive);
	assert_string_equal(again.labels.v[0], "who=me=you");
	job_free(&job);
	job_free(&again);
	json_object_put(params);
	close(conn.fds[0]);
	put(REQUEST_FILE, "[]", 2);
	assert_int_equal(request_read(dir, &params, &conn.fds[0]), -1);
	assert_int_equal(errno, EBADMSG);
	put(REQUEST_FILE, "{}", 2);
	unlinkat(dir, REQUEST_BLOB, 0);
	assert_int_equal(request_read(dir, &params, &conn.fds[0]), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_again),
		TEST(test_long_command),
		TEST(test_fits),
		TEST(test_members),
		TEST(test_long_members),
		TEST(test_bytes),
		TEST(test_types),
		TEST(test_writing),
		TEST(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
