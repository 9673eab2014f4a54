/* SPDX-License-Identifier: ISC */
/*
 * Linked into coverage builds of the unit tests only: gcov writes its counts at exit(3), and code
 * that ends in _exit(2), as privileged code should, would look as if it never ran.
 * Weak, because a test that replaces _exit itself is right to.
 */
#include <gcov.h>

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn, weak));

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
