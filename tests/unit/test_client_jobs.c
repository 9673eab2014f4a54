/* SPDX-License-Identifier: ISC */
/*
 * Units of jobview.c, jobfilter.c and usage.c: what is made of the engine's answers, and of proc(5).
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold docker's texts and filters, and that answers of any shape do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/jobfilter.h"
#include "client/berth/usage.h"

static struct json_object *
parse(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	assert_non_null(object);
	return (object);
}

static void
assert_status(const char *text, const char *wanted)
{
	struct json_object *object = parse(text);
	struct jobview view;
	char status[128];

	jobview_read(object, &view);
	jobview_status(&view, 1000000, status, sizeof(status));
	assert_string_equal(status, wanted);
	json_object_put(object);
}

static void
statuses(void **state)
{
	(void)state;
	assert_status("{\"state\":\"running\",\"started\":700000}", "Up 5 minutes");
	assert_status("{\"state\":\"running\",\"started\":1000001}", "Up Less than a second");
	assert_status("{\"state\":\"running\",\"created\":990000}", "Up 10 seconds");
	assert_status(
	    "{\"state\":\"exited\",\"finished\":700000,\"status\":0}", "Exited (0) 5 minutes ago");
	assert_status("{\"state\":\"restarting\",\"finished\":997000,\"status\":1}",
	    "Restarting (1) 3 seconds ago");
	assert_status("{\"state\":\"created\"}", "Created");
	assert_status("{\"state\":\"odd\"}", "odd");
	assert_status("{}", "");
	assert_status("{\"state\":7,\"started\":\"x\",\"finished\":[],\"status\":{}}", "");
	assert_status("{\"state\":\"exited\",\"finished\":-9223372036854775808,\"created\":"
		      "9223372036854775807}",
	    "Exited (0) 16 minutes ago");
}

static void
commands(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"command\":[\"sh\",\"-c\",\"echo  a\"]}", "sh -c echo  a" },
		{ "{\"command\":[]}", "" },
		{ "{\"command\":[1,null,[\"x\"],\"a\\u0000b\",\"c\"]}", "    c" },
		{ "{\"command\":\"sh\"}", "" },
		{ "{}", "" },
	};
	struct jobview view;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *object = parse(cases[i][0]);
		char *command;

		jobview_read(object, &view);
		command = jobview_command(&view);
		assert_string_equal(command, cases[i][1]);
		free(command);
		json_object_put(object);
	}
}

static const char jobs[] =
    "[{\"id\":\"c0ffee000003\",\"name\":\"web\",\"state\":\"running\",\"created\":3000,\"labels\":"
    "{\"tier\":\"front\",\"x\":\"\"}},"
    "{\"id\":\"c0ffee000002\",\"name\":\"web-2\",\"state\":\"exited\",\"status\":3,\"created\":"
    "2000,\"labels\":{\"tier\":\"back\"}},"
    "{\"id\":\"beef00000001\",\"name\":\"c0\",\"state\":\"exited\",\"status\":0,\"created\":1000}]";

/* The names of the jobs that pass, in one text. */
static void
assert_filtered(const char *wanted, size_t count, const char *const *terms)
{
	struct json_object *list = parse(jobs);
	struct jobfilter filter = { .count = 0 };
	char names[64] = "";
	struct jobview view;
	struct err err;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(jobfilter_add(&filter, terms[i], &err), 0);
	assert_int_equal(jobfilter_resolve(&filter, list, &err), 0);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		if (!jobfilter_takes(&filter, &view))
			continue;
		strcat(names, view.name);
		strcat(names, " ");
	}
	assert_string_equal(names, wanted);
	json_object_put(list);
}

#define FILTERED(wanted, ...)                                                     \
	do {                                                                      \
		static const char *const terms[] = { __VA_ARGS__ };               \
		assert_filtered(wanted, sizeof(terms) / sizeof(terms[0]), terms); \
	} while (0)

static void
filters(void **state)
{
	(void)state;
	assert_filtered("web web-2 c0 ", 0, NULL);
	FILTERED("web web-2 ", "id=c0ffee");
	FILTERED("", "id=offee");
	FILTERED("web web-2 ", "name=web");
	FILTERED("web ", "name=^web$");
	FILTERED("web web-2 c0 ", "name=[0w]");
	FILTERED("web web-2 ", "label=tier");
	FILTERED("web ", "label=tier=front");
	FILTERED("", "label=tier=fro");
	FILTERED("web ", "label=x=");
	FILTERED("web ", "label=tier", "label=x");
	FILTERED("", "label=tier=front", "label=tier=back");
	FILTERED("web ", "status=running");
	FILTERED("web-2 c0 ", "status=exited");
	FILTERED("web web-2 c0 ", "status=exited", "status=running");
	FILTERED("web-2 ", "exited=3");
	FILTERED("c0 ", "exited=0");
	FILTERED("web-2 c0 ", "exited=0", "exited=3");
	FILTERED("web-2 c0 ", "before=web");
	FILTERED("web ", "since=web-2");
	FILTERED("web-2 ", "before=web", "since=beef");
	/* A name comes before the beginning of an id. */
	FILTERED("web web-2 ", "since=c0");
	FILTERED("web-2 ", "status=exited", "name=web");
	FILTERED("", "status=running", "name=c0");
}

static void
refused(void **state)
{
	static const char *const wrong[] = { "", "=", "id", "id=", "colour=red", "status=up",
		"exited=x", "exited=-1", "exited=256", "exited=1x", "name=[", "Status=exited",
		"ids=1" };
	struct jobfilter filter = { .count = 0 };
	struct json_object *list = parse(jobs);
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(jobfilter_add(&filter, wrong[i], &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_int_equal(filter.count, 0);
	assert_int_equal(jobfilter_add(&filter, "before=nobody", &err), 0);
	assert_int_equal(jobfilter_resolve(&filter, list, &err), -1);
	filter.count = 0;
	for (size_t i = 0; i < JOBFILTER_MANY; i++)
		assert_int_equal(jobfilter_add(&filter, "id=a", &err), 0);
	assert_int_equal(jobfilter_add(&filter, "id=a", &err), -1);
	json_object_put(list);
}

static void
sums(void **state)
{
	const struct proc list[] = {
		{ .pid = 1,
		    .ticks = 1000,
		    .reaped = 5,
		    .memory = 1 << 20,
		    .threads = 9,
		    .told = true,
		    .read = 99 },
		{ .pid = 2, .ticks = 10, .reaped = 20, .memory = 100, .threads = 2 },
		{ .pid = 7,
		    .ticks = 1,
		    .reaped = 0,
		    .memory = 11,
		    .threads = 1,
		    .told = true,
		    .read = 5,
		    .written = 6 },
	};
	const struct proc huge[] = { { .pid = 2, .ticks = UINT64_MAX, .memory = UINT64_MAX },
		{ .pid = 3, .ticks = UINT64_MAX, .memory = 1 } };
	struct usage usage;

	(void)state;
	usage_sum(list, 3, &usage);
	assert_int_equal(usage.ticks, 36);
	assert_int_equal(usage.memory, 111);
	assert_int_equal(usage.tasks, 3);
	assert_int_equal(usage.read, 5);
	assert_int_equal(usage.written, 6);
	assert_true(usage.told);
	usage_sum(list, 2, &usage);
	assert_false(usage.told);
	usage_sum(list, 0, &usage);
	assert_int_equal(usage.ticks + usage.memory + usage.tasks, 0);
	usage_sum(huge, 2, &usage);
	assert_true(usage.ticks == UINT64_MAX && usage.memory == UINT64_MAX);
}

static bool
near_to(double a, double b)
{
	return (a - b < 1e-6 && b - a < 1e-6);
}

static void
loads(void **state)
{
	const struct usage start = { .at = 1000000000, .ticks = 100 };
	const struct usage later = { .at = 3000000000, .ticks = 350 };
	const struct usage fewer = { .at = 3000000000, .ticks = 99 };

	(void)state;
	assert_true(near_to(usage_cpu(&start, &later, 100), 125));
	assert_true(near_to(usage_cpu(&start, &start, 100), 0));
	assert_true(near_to(usage_cpu(&later, &start, 100), 0));
	/* One that left took its time with it. */
	assert_true(near_to(usage_cpu(&start, &fewer, 100), 0));
	assert_true(near_to(usage_cpu(&start, &later, 0), 0));
	assert_true(usage_total() > 1 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(commands),
		cmocka_unit_test(filters),
		cmocka_unit_test(refused),
		cmocka_unit_test(sums),
		cmocka_unit_test(loads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
