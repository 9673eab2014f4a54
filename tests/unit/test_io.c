/* SPDX-License-Identifier: ISC */
/*
 * Reads and writes that finish or fail, against a kernel that is as unhelpful as it may be.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that a short result is never taken for the whole
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* WRAP: read write memfd_create close */
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

int __real_close(int fd);
int __wrap_close(int fd);
int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);

/* Flags that the kernel does not know, and what it says instead of making a file. */
static unsigned int unknown_flags;
static int unknown_errno;
static int memfds;

int
__wrap_close(int fd)
{
	/* Nor is the kernel asked to close what is none. */
	assert_true(fd >= 0);
	return (__real_close(fd));
}

int
__wrap_memfd_create(const char *name, unsigned int flags)
{
	memfds++;
	if (flags & unknown_flags) {
		errno = unknown_errno;
		return (-1);
	}
	return (__real_memfd_create(name, flags));
}

/* While mean, each call moves one byte at most, and is interrupted before; fail_after calls that
 * moved a byte, it fails for good. */
static bool mean, interrupt;
static int fail_after;

/* 1: go on with one byte; -1: errno is set. */
static int
hinder(void)
{
	interrupt = !interrupt;
	if (interrupt) {
		errno = EINTR;
		return (-1);
	}
	if (fail_after-- == 0) {
		errno = EIO;
		return (-1);
	}
	return (1);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	if (!mean)
		return (__real_read(fd, buf, len));
	return (hinder() < 0 ? -1 : __real_read(fd, buf, len < 1 ? len : 1));
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (!mean)
		return (__real_write(fd, buf, len));
	return (hinder() < 0 ? -1 : __real_write(fd, buf, len < 1 ? len : 1));
}

static int fds[2];

static int
setup(void **state)
{
	(void)state;
	mean = interrupt = false;
	fail_after = -1;
	return (pipe(fds));
}

static int
teardown(void **state)
{
	(void)state;
	mean = false;
	io_close(&fds[0]);
	io_close(&fds[1]);
	return (0);
}

static void
reads_until_the_end(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(write(fds[1], "hello", 5), 5);
	close(fds[1]);
	fds[1] = -1;
	mean = true;
	assert_int_equal(io_read_all(fds[0], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
}

/* Never executable where the kernel can promise it; all the same a file where it cannot. */
static void
memory_files(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	unknown_flags = 0;
	/* What was wrong before is no reason to make another. */
	errno = EINVAL;
	memfds = 0;
	fd = io_memfd("x");
	assert_true(fd >= 0);
	assert_int_equal(memfds, 1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	if (fcntl(fd, F_GET_SEALS) & F_SEAL_EXEC)
		assert_int_equal(st.st_mode & 0111, 0);
	io_close(&fd);
	unknown_flags = 0x0008U;
	unknown_errno = EINVAL;
	fd = io_memfd("x");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	io_close(&fd);
	unknown_errno = ENFILE;
	assert_int_equal(io_memfd("x"), -1);
	assert_int_equal(errno, ENFILE);
	unknown_flags = 0;
}

static void
reads_what_just_fits(void **state)
{
	char buf[6] = "123456";

	(void)state;
	assert_int_equal(write(fds[1], "hello", 5), 5);
	close(fds[1]);
	fds[1] = -1;
	assert_int_equal(io_read_all(fds[0], buf, 5), 5);
	assert_memory_equal(buf, "hello6", 6);
}

static void
refuses_one_byte_too_many(void **state)
{
	char buf[6] = "123456";

	(void)state;
	assert_int_equal(write(fds[1], "hello!", 6), 6);
	errno = 0;
	assert_int_equal(io_read_all(fds[0], buf, 5), -1);
	assert_int_equal(errno, EFBIG);
	assert_memory_equal(buf, "hello6", 6);
}

static void
refuses_a_read_that_fails(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(write(fds[1], "hello", 5), 5);
	mean = true;
	fail_after = 3;
	assert_int_equal(io_read_all(fds[0], buf, sizeof(buf)), -1);
	assert_int_equal(errno, EIO);
	mean = false;
	assert_int_equal(io_read_all(-1, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EBADF);
}

static void
writes_all(void **state)
{
	char buf[16];

	(void)state;
	mean = true;
	assert_int_equal(io_write_all(fds[1], "hello", 5), 0);
	mean = false;
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(io_write_all(-1, "", 0), 0);
}

static void
refuses_a_write_that_fails(void **state)
{
	(void)state;
	mean = true;
	fail_after = 3;
	assert_int_equal(io_write_all(fds[1], "hello", 5), -1);
	assert_int_equal(errno, EIO);
}

static void
a_descriptor_closes_itself(void **state)
{
	int fd;

	(void)state;
	{
		AUTO_CLOSE int inner = dup(fds[0]);

		fd = inner;
		assert_true(fcntl(fd, F_GETFD) >= 0);
		errno = ENOTTY;
	}
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* The errno of a failed close does not show either. */
	errno = ENOTTY;
	io_close(&fd);
	assert_int_equal(errno, ENOTTY);
	fd = -1;
	io_close(&fd);
	assert_int_equal(errno, ENOTTY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_until_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_files, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_what_just_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_one_byte_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_read_that_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_all, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_write_that_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(a_descriptor_closes_itself, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
