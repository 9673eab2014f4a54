/* SPDX-License-Identifier: ISC */
/*
 * Units of mapcall.c: for which events the launcher is run, with what, and what is said of its end.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that the launcher runs for nothing that the job did not ask for, and with those three
 *       descriptors alone
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/bootstrap.h"
#include "client/berth/mapcall.h"

/* WRAP: bootstrap */

/* Of main.c. */
const char *const cli_levels[] = { "error", "warning", "info", "debug", NULL };

/* The last run of the launcher, and how it is to end. */
static struct launch last;
static char words[LAUNCH_WORDS][16];
static unsigned int runs;
static int status;
static const char *why;

int __wrap_bootstrap(struct way *way, struct launch *launch, struct err *err);

int
__wrap_bootstrap(struct way *way, struct launch *launch, struct err *err)
{
	(void)way;
	(void)err;
	runs++;
	launch->status = status;
	launch->len = (size_t)snprintf(launch->text, sizeof(launch->text),
	    "berth: this directory cannot be mapped\n  %s\n  use --once\n", why);
	if (status == 0)
		launch->len = 0;
	last = *launch;
	for (size_t i = 0; i < LAUNCH_WORDS; i++)
		snprintf(words[i], sizeof(words[i]), "%s", launch->words[i]);
	return (0);
}

/* Serves the event with three descriptors of /proc, in a job with the mounts. */
static int
serve(struct mapcall *call, const char *event, struct err *err)
{
	struct json_object *params = json_tokener_parse(event);
	struct varlink conn;
	int rc;

	assert_non_null(params);
	varlink_init(&conn, -1);
	for (conn.nfds = 0; conn.nfds < 3; conn.nfds++)
		conn.fds[conn.nfds] = open("/proc", O_PATH | O_CLOEXEC);
	runs = 0;
	rc = mapcall_serve(call, &conn, params, err);
	assert_int_equal(conn.nfds, 0);
	if (runs > 0)
		assert_int_equal(fcntl(last.fds[0], F_GETFD), -1);
	json_object_put(params);
	return (rc);
}

static struct cli cli;
static struct job job;

static void
add(const char *source, uint32_t uid, uint32_t gid, bool mapped)
{
	struct job_mount mount = { .type = JOB_MOUNT_BIND,
		.source = strdup(source),
		.target = strdup("/t"),
		.mapped = mapped,
		.uid = uid,
		.gid = gid,
		.fd = 0 };
	struct err err;

	assert_int_equal(job_add_mount(&job, &mount, &err), 0);
	mount.fd = -1;
	job_mount_free(&mount);
}

static int
set_up(void **state)
{
	(void)state;
	job_init(&job);
	add("/data", 101, 102, true);
	add("/zero", 0, 0, true);
	add("/plain", 0, 0, false);
	return (0);
}

static int
tear_down(void **state)
{
	(void)state;
	job_free(&job);
	return (0);
}

#define FDS "\"namespace\":0,\"directory\":1,\"reply\":2"
#define EVENT(source, uid, gid) \
	"{\"event\":\"map\",\"source\":\"" source "\",\"uid\":" #uid ",\"gid\":" #gid "," FDS "}"

static void
what_was_asked_for(void **state)
{
	struct mapcall call = { .cli = &cli, .job = &job };
	struct err err;

	(void)state;
	status = 0;
	assert_int_equal(serve(&call, EVENT("/data", 101, 102), &err), 0);
	assert_int_equal(runs, 1);
	assert_string_equal(last.verb, "mount");
	assert_string_equal(words[0], "101");
	assert_string_equal(words[1], "102");
	assert_int_equal(last.nfds, 3);
	assert_true(last.fds[0] != last.fds[1] && last.fds[1] != last.fds[2]);
	/* who starts a job again does not know what it asked for */
	call.job = NULL;
	assert_int_equal(serve(&call, EVENT("/other", 5, 0), &err), 0);
	assert_string_equal(words[0], "5");
	assert_string_equal(words[1], "0");
}

static void
what_was_not(void **state)
{
	static const char *const events[] = {
		EVENT("/data", 101, 101),
		EVENT("/data", 102, 102),
		EVENT("/data", 0, 0),
		EVENT("/other", 101, 102),
		EVENT("/plain", 101, 102),
		EVENT("/plain", 0, 0),
		EVENT("/zero", 0, 0),
		EVENT("", 101, 102),
		EVENT("/data", -1, 102),
		EVENT("/data", 101, 4294967295),
		EVENT("/data", 4294967397, 102), /* 101 and 2^32 */
		EVENT("/data", "101", 102),
		EVENT("/data", 101.0, 102),
		"{\"event\":\"map\",\"uid\":101,\"gid\":102," FDS "}",
		"{\"event\":\"map\",\"source\":\"/data\",\"gid\":102," FDS "}",
		"{\"event\":\"map\",\"source\":\"/data\",\"uid\":101,\"gid\":102}",
		"{\"event\":\"map\",\"source\":\"/data\",\"uid\":101,\"gid\":102,"
		"\"namespace\":0,\"directory\":1,\"reply\":3}",
		"{\"event\":\"map\",\"source\":\"/data\",\"uid\":101,\"gid\":102,"
		"\"namespace\":-1,\"directory\":1,\"reply\":2}",
		"{\"event\":\"map\",\"source\":\"/data\",\"uid\":101,\"gid\":102,"
		"\"namespace\":0,\"directory\":1,\"reply\":4294967298}",
	};
	struct mapcall call = { .cli = &cli, .job = &job };
	struct err err;

	(void)state;
	status = 0;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		assert_int_equal(serve(&call, events[i], &err), -1);
		assert_int_equal(runs, 0);
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_false(call.unsupported);
	}
}

static void
no_more_often_than_it_can_have_mounts(void **state)
{
	struct mapcall call = { .cli = &cli };
	struct err err;

	(void)state;
	status = 0;
	for (size_t i = 0; i < JOB_MOUNTS_MAX; i++)
		assert_int_equal(serve(&call, EVENT("/data", 1, 1), &err), 0);
	assert_int_equal(serve(&call, EVENT("/data", 1, 1), &err), -1);
	assert_int_equal(runs, 0);
}

static void
what_the_launcher_says(void **state)
{
	struct mapcall call = { .cli = &cli, .job = &job };
	struct err err;

	(void)state;
	status = ERR_UNAVAILABLE;
	why = "it is mapped already";
	assert_int_equal(serve(&call, EVENT("/data", 101, 102), &err), -1);
	assert_true(call.unsupported);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(err.what, "/data cannot belong to 101:102 in the job");
	assert_string_equal(err.why, "this directory cannot be mapped: it is mapped already");
	assert_string_equal(err.todo, "use --once");
	/* whose name it does not know */
	why = "its file system is none that berth maps";
	assert_int_equal(serve(&call, EVENT("/data", 101, 102), &err), -1);
	assert_string_equal(err.why,
	    "this directory cannot be mapped: its file system (proc) is none that berth maps");
	status = ERR_USAGE;
	assert_int_equal(serve(&call, EVENT("/data", 101, 102), &err), -1);
	assert_false(call.unsupported);
	assert_int_equal(err.code, ERR_USAGE);
	/* a name is told as it is, but for what a terminal would obey */
	call.job = NULL;
	assert_int_equal(serve(&call, EVENT("/a\\u001b[2J", 1, 1), &err), -1);
	assert_string_equal(err.what, "/a\\x1b[2J cannot belong to 1:1 in the job");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_for),
		cmocka_unit_test(what_was_not),
		cmocka_unit_test(no_more_often_than_it_can_have_mounts),
		cmocka_unit_test(what_the_launcher_says),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
