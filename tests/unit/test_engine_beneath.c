/* SPDX-License-Identifier: ISC */
/*
 * Units of beneath.c: where openat2(2) cannot be sure for a while, and for ever.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave nothing behind
 */
/* WRAP: syscall nanosleep */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"

static unsigned int unsure, error, calls, pauses;
static struct open_how asked;

long __wrap_syscall(long number, ...);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);

long
__wrap_syscall(long number, ...)
{
	va_list list;

	assert_int_equal(number, SYS_openat2);
	va_start(list, number);
	(void)va_arg(list, int);
	(void)va_arg(list, const char *);
	memcpy(&asked, va_arg(list, struct open_how *), sizeof(asked));
	va_end(list);
	errno = (int)error;
	if (calls++ >= unsure)
		return error == 0 ? 7 : -1;
	errno = EAGAIN;
	return -1;
}

int
__wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
	assert_null(rest);
	assert_int_equal(pause->tv_sec, 0);
	pauses++;
	/* a signal came */
	errno = EINTR;
	return -1;
}

static int
open_with(unsigned int times, unsigned int errnum)
{
	unsure = times;
	error = errnum;
	calls = pauses = 0;
	return root_open(3, "a", O_PATH | O_DIRECTORY);
}

static void
test_unsure(void **state)
{
	(void)state;
	assert_int_equal(open_with(0, 0), 7);
	assert_int_equal(asked.flags, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(asked.resolve, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	assert_int_equal(pauses, 0);
	/* a moment of it costs no time */
	assert_int_equal(open_with(16, 0), 7);
	assert_int_equal(pauses, 0);
	assert_int_equal(open_with(10000, 0), 7);
	assert_in_range(pauses, 50, 200);
	assert_int_equal(open_with(200, ENOENT), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(calls, 201);
	/* not for ever */
	assert_int_equal(open_with(UINT32_MAX, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_in_range(calls, 10000, 30000);
	assert_in_range(pauses, 100, 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_unsure) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
