/* SPDX-License-Identifier: ISC */
/*
 * When a job is started again: each policy with each end, and the delays.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: say of each end what the policy says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/engine/job/restart.h"

static bool
wanted(enum job_restart policy, enum record_reason reason, int status)
{
	const struct record record = { .restart = policy, .reason = reason, .status = status };

	return restart_wanted(&record);
}

static void
policies(void **state)
{
	static const enum record_reason ends[] = { RECORD_REASON_EXITED, RECORD_REASON_SIGNALED,
		RECORD_REASON_NOT_FOUND, RECORD_REASON_NOT_EXECUTABLE, RECORD_REASON_FAILED };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		assert_false(wanted(JOB_RESTART_NO, ends[i], 1));
		assert_true(wanted(JOB_RESTART_ALWAYS, ends[i], 1));
		assert_true(wanted(JOB_RESTART_ON_FAILURE, ends[i], 1));
	}
	assert_true(wanted(JOB_RESTART_ALWAYS, RECORD_REASON_EXITED, 0));
	assert_false(wanted(JOB_RESTART_ON_FAILURE, RECORD_REASON_EXITED, 0));
	assert_false(wanted(JOB_RESTART_INVALID, RECORD_REASON_EXITED, 1));
}

static void
ends_for_good(void **state)
{
	struct record record = { .restart = JOB_RESTART_ALWAYS, .reason = RECORD_REASON_EXITED };

	(void)state;
	assert_true(restart_wanted(&record));
	record.stopped = true;
	assert_false(restart_wanted(&record));
	assert_false(wanted(JOB_RESTART_ALWAYS, RECORD_REASON_TIMEOUT, 124));
	assert_false(wanted(JOB_RESTART_ALWAYS, RECORD_REASON_EXPIRED, 125));
	assert_false(wanted(JOB_RESTART_ON_FAILURE, RECORD_REASON_TIMEOUT, 124));
}

static void
at_most(void **state)
{
	struct record record = { .restart = JOB_RESTART_ON_FAILURE,
		.restart_max = 3,
		.reason = RECORD_REASON_EXITED,
		.status = 1 };

	(void)state;
	for (record.restarts = 0; record.restarts < 3; record.restarts++)
		assert_true(restart_wanted(&record));
	assert_false(restart_wanted(&record));
}

static void
delays(void **state)
{
	static const int64_t want[] = { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200,
		60000, 60000, 60000 };
	int64_t delay = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		delay = restart_delay(delay, 9999);
		assert_int_equal(delay, want[i]);
	}
	/* who ran for a while begins anew */
	assert_int_equal(restart_delay(delay, 10000), 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),
		cmocka_unit_test(ends_for_good),
		cmocka_unit_test(at_most),
		cmocka_unit_test(delays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
