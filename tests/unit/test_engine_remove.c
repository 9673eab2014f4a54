/* SPDX-License-Identifier: ISC */
/*
 * Units of remove.c: C26. Whoever exchanges directories of the tree for links out of it while it is
 * removed loses what is in the tree and nothing else: before each single step, before all steps, and as
 * fast as another process can. BERTH_LONG: 100,000 exchanges of that one at least.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave nothing behind
 */
/* WRAP: openat unlinkat renameat syscall */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/engine/job/remove.h"

#define PAIRS 6
#define OUTSIDE 8 /* files in the directory that the links lead to */
#define TRIES 20 /* of a removal that is hindered */

int __real_openat(int at, const char *name, int flags, ...);
int __real_unlinkat(int at, const char *name, int flags);
int __real_renameat(int from, const char *old, int to, const char *new);
long __real_syscall(long number, ...);
int __wrap_openat(int at, const char *name, int flags, ...);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_renameat(int from, const char *old, int to, const char *new);
long __wrap_syscall(long number, ...);

static char base[] = "/tmp/berth-remove-XXXXXX";
static int jobs = -1;

/* Steps of the removal so far, and the one before which names are exchanged: -1 none, 0 all. */
static int step;
static int strike_at = -1;

static void
pair_names(unsigned int i, char dir[32], char link[32])
{
	snprintf(dir, 32, i % 3 == 0 ? "t/d%u" : i % 3 == 1 ? "t/in/d%u" : "t/in/deep/d%u", i);
	snprintf(link, 32, i % 2 == 0 ? "t/l%u" : "t/in/l%u", i);
}

/* Each directory takes the name of a link to what is outside. */
static unsigned int
exchange(void)
{
	unsigned int done = 0;

	for (unsigned int i = 0; i < PAIRS; i++) {
		char dir[32], link[32];

		pair_names(i, dir, link);
		done += renameat2(jobs, dir, jobs, link, RENAME_EXCHANGE) == 0;
	}
	return done;
}

static void
count_step(void)
{
	step++;
	if (strike_at == 0 || strike_at == step)
		exchange();
}

int
__wrap_openat(int at, const char *name, int flags, ...)
{
	count_step();
	return __real_openat(at, name, flags);
}

int
__wrap_unlinkat(int at, const char *name, int flags)
{
	count_step();
	return __real_unlinkat(at, name, flags);
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	count_step();
	return __real_renameat(from, old, to, new);
}

/* openat2(2), with its four arguments. */
long
__wrap_syscall(long number, ...)
{
	long arguments[4];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 4; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	count_step();
	return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3]);
}

static void
make_file(int at, const char *name)
{
	int fd = __real_openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
}

static unsigned int
entries(const char *name)
{
	int fd = __real_openat(AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	unsigned int n = 0;

	assert_non_null(stream);
	while (readdir(stream) != NULL)
		n++;
	closedir(stream);
	return n - 2;
}

static bool
outside_is_whole(void)
{
	return entries("outside") == OUTSIDE + 1 && entries("outside/dir") == OUTSIDE;
}

/* A link comes last: another process cannot exchange a directory before it is complete. */
static void
make_tree(void)
{
	assert_int_equal(mkdirat(jobs, "t", 0700), 0);
	assert_int_equal(mkdirat(jobs, "t/in", 0700), 0);
	assert_int_equal(mkdirat(jobs, "t/in/deep", 0700), 0);
	for (unsigned int i = 0; i < PAIRS; i++) {
		char dir[32], link[32], file[48];

		pair_names(i, dir, link);
		assert_int_equal(mkdirat(jobs, dir, 0700), 0);
		for (unsigned int j = 0; j < 3; j++) {
			/* the names that are outside: what is removed there was found here */
			snprintf(file, sizeof(file), "%s/f%u", dir, j);
			make_file(jobs, file);
		}
		snprintf(file, sizeof(file), "%s/dir", dir);
		assert_int_equal(mkdirat(jobs, file, 0700), 0);
		snprintf(file, sizeof(file), "%s/dir/f0", dir);
		make_file(jobs, file);
		snprintf(file, sizeof(file), i % 3 == 0 ? "%s/outside" : "%s/outside/dir", base);
		assert_int_equal(symlinkat(file, jobs, link), 0);
	}
}

/* The user can hinder it for as long as the user likes: their own. */
static void
remove_hindered(void)
{
	int ret = -1;

	for (int tries = 0; ret != 0 && tries < TRIES; tries++)
		ret = remove_tree(jobs, "t");
	assert_true(outside_is_whole());
}

static void
remove_whole(void)
{
	assert_int_equal(remove_tree(jobs, "t"), 0);
	assert_int_equal(faccessat(jobs, "t", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(errno, ENOENT);
	assert_true(outside_is_whole());
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(base) == NULL || chdir(base) == -1 || mkdir("outside", 0700) == -1 ||
	    mkdir("outside/dir", 0700) == -1 || mkdir("jobs", 0700) == -1)
		return -1;
	for (unsigned int i = 0; i < OUTSIDE; i++) {
		char name[32];

		snprintf(name, sizeof(name), "outside/f%u", i);
		make_file(AT_FDCWD, name);
		snprintf(name, sizeof(name), "outside/dir/f%u", i);
		make_file(AT_FDCWD, name);
	}
	jobs = __real_openat(AT_FDCWD, "jobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return jobs == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	strike_at = -1;
	close(jobs);
	return chdir("/tmp") == -1 || remove_tree(AT_FDCWD, strrchr(base, '/') + 1) == -1 ? -1 : 0;
}

/* What removes by paths, between a look and a use: so it is seen that the tree would do harm. */
static void
by_paths(void **state)
{
	struct stat st;

	(void)state;
	make_tree();
	assert_int_equal(fstatat(jobs, "t/d0", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(exchange(), PAIRS);
	assert_int_equal(__real_unlinkat(jobs, "t/d0/f0", 0), 0);
	assert_false(outside_is_whole());
	make_file(AT_FDCWD, "outside/f0");
	assert_true(outside_is_whole());
	remove_whole();
}

static void
at_each_step(void **state)
{
	int steps;

	(void)state;
	make_tree();
	step = 0;
	remove_whole();
	steps = step;
	assert_true(steps > 8 * PAIRS);
	for (int at = 1; at <= steps; at++) {
		make_tree();
		step = 0;
		strike_at = at;
		remove_hindered();
		strike_at = -1;
		remove_whole();
	}
}

static void
at_all_steps(void **state)
{
	(void)state;
	make_tree();
	strike_at = 0;
	remove_hindered();
	strike_at = -1;
	remove_whole();
}

/* Exchanges until it is killed, and counts how often it could. */
static pid_t
start_racer(unsigned long *count)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		__atomic_add_fetch(count, exchange(), __ATOMIC_RELAXED);
}

static void
raced(void **state)
{
	unsigned long wanted = getenv("BERTH_LONG") != NULL ? 100000 : 2000;
	unsigned long *count =
	    mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t racer;

	(void)state;
	assert_ptr_not_equal(count, MAP_FAILED);
	racer = start_racer(count);
	assert_int_not_equal(racer, -1);
	while (__atomic_load_n(count, __ATOMIC_RELAXED) < wanted) {
		make_tree();
		remove_hindered();
		assert_int_equal(kill(racer, SIGSTOP), 0);
		assert_int_equal(waitpid(racer, NULL, WUNTRACED), racer);
		remove_whole();
		assert_int_equal(kill(racer, SIGCONT), 0);
	}
	kill(racer, SIGKILL);
	assert_int_equal(waitpid(racer, NULL, 0), racer);
	munmap(count, sizeof(*count));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_paths),
		cmocka_unit_test(at_each_step),
		cmocka_unit_test(at_all_steps),
		cmocka_unit_test(raced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
