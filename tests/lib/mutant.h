/* SPDX-License-Identifier: ISC */
/*
 * Put in front of each source by tests/run/mutants.py, which gives every guard a number and asks here
 * what it is taken for: one build holds all mutants, and BERTH_MUTANT (NUMBER * 4 + kind) says which
 * one a run of a unit test is. BERTH_MUTANT_SEEN names a file in which the guards that a run comes
 * across are marked. Written where MUTANT_STATE is defined, once in a program.
 */
#ifndef TESTS_LIB_MUTANT_H
#define TESTS_LIB_MUTANT_H

enum mutant_kind {
	MUTANT_FALSE,
	MUTANT_TRUE,
	MUTANT_NOT,
	MUTANT_SKIP,
	MUTANT_KINDS
};

extern volatile int mutant_now;
extern volatile unsigned char *mutant_seen;

static inline int
mutant_value(int guard, int value)
{
	if (mutant_seen)
		mutant_seen[guard] = 1;
	if (mutant_now / MUTANT_KINDS != guard || mutant_now < 0)
		return value;
	return mutant_now % MUTANT_KINDS == MUTANT_NOT ? !value
						       : mutant_now % MUTANT_KINDS == MUTANT_TRUE;
}

static inline int
mutant_skips(int guard)
{
	if (mutant_seen)
		mutant_seen[guard] = 1;
	return mutant_now == guard * MUTANT_KINDS + MUTANT_SKIP;
}

#ifdef MUTANT_STATE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int __close(int fd);

volatile int mutant_now = -1;
volatile unsigned char *mutant_seen;

/* By names that no test replaces. */
__attribute__((constructor)) static void
mutant_begin(void)
{
	const char *now = getenv("BERTH_MUTANT"), *seen = getenv("BERTH_MUTANT_SEEN");
	int fd = seen ? open64(seen, O_RDWR) : -1;

	if (now)
		mutant_now = (int)strtol(now, NULL, 10);
	if (fd < 0)
		return;
	mutant_seen = mmap64(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	__close(fd);
}

/* In the place of cmocka's: the first that fails is enough. */
void
_fail(const char *file, int line)
{
	(void)file, (void)line;
	__asm__ volatile("syscall" ::"a"(SYS_exit_group), "D"(1) : "memory");
	__builtin_trap();
}
#endif
#endif
