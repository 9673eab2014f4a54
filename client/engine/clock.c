/* SPDX-License-Identifier: ISC */
/*
 * The engine's clock: see clock.h.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: as in clock.h
 */
#include "client/engine/clock.h"

#include <time.h>

/* poll(2) takes an int, and its clock stands still while the host sleeps: so asked again. */
#define WAIT_MAX 900000

int64_t
clock_ms(void)
{
	struct timespec now;

	(void)!clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
clock_until(int64_t then)
{
	int64_t left = then - clock_ms();

	if (left < 0)
		return 0;
	return left > WAIT_MAX ? WAIT_MAX : (int)left;
}

int
clock_sooner(int a, int b)
{
	if (a == -1 || b == -1)
		return a == -1 ? b : a;
	return a < b ? a : b;
}
