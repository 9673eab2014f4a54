/* SPDX-License-Identifier: ISC */
/*
 * What the unit tests of helper/launcher share: a system call that fails when it is told to, and
 * functions that end or change their process, run in a child.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: be included once, first, by a test_launcher_*.c
 */
#ifndef TESTS_UNIT_LAUNCHER_UNIT_H
#define TESTS_UNIT_LAUNCHER_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"

/* The at-th call of name fails with errnum; at 0: none does. */
static struct {
	const char *name;
	int at;
	int errnum;
	int seen;
} fault_plan;

/* Which wrapped calls were made, in their order: "open fstat fstat ". */
static char fault_log[8192];

static inline void
fault_set(const char *name, int at, int errnum)
{
	fault_plan.name = name;
	fault_plan.at = at;
	fault_plan.errnum = errnum;
	fault_plan.seen = 0;
	fault_log[0] = '\0';
}

static inline void
fault_none(void)
{
	fault_set("", 0, 0);
}

/* For the head of a __wrap_ function. */
static inline bool
fault(const char *name)
{
	size_t used = strlen(fault_log);

	snprintf(fault_log + used, sizeof(fault_log) - used, "%s ", name);
	if (strcmp(fault_plan.name, name) != 0 || ++fault_plan.seen != fault_plan.at)
		return (false);
	errno = fault_plan.errnum;
	return (true);
}

static inline bool
was_called(const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), "%s ", name);
	return (strstr(fault_log, word) != NULL);
}

/* What a child has said on stderr. */
static char child_text[4096];

/* In a child: ends it when what must hold does not. */
#define CHILD_CHECK(what)                                                     \
	do {                                                                  \
		if (!(what)) {                                                \
			dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			_exit(99);                                            \
		}                                                             \
	} while (0)

/* Runs run(arg) in a child; its exit status, or 256 + signal; 0 when run returns. */
static inline int
in_child(void (*run)(void *), void *arg)
{
	size_t used = 0;
	int text[2], status;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(text), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(text[1], 2) != 2)
			_exit(98);
		close(text[0]);
		close(text[1]);
		/* An assertion that fails ends it, too, and must not go on with the next test in here. */
		if (setenv("CMOCKA_TEST_ABORT", "1", 1) != 0)
			_exit(98);
		run(arg);
		_exit(0);
	}
	close(text[1]);
	while ((got = read(text[0], child_text + used, sizeof(child_text) - 1 - used)) > 0)
		used += (size_t)got;
	child_text[used] = '\0';
	close(text[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status));
}

static inline void
assert_child(int got, int wanted)
{
	if (got != wanted)
		fail_msg("the child ended with %d, not %d: %s", got, wanted, child_text);
}

/* The last call failed as a system error that names what. */
static inline void
assert_failed(const struct err *err, int code, const char *what)
{
	if ((int)err->code != code || strstr(err->what, what) == NULL)
		fail_msg("%d '%s' instead of %d '%s'", (int)err->code, err->what, code, what);
}

#endif
