/* SPDX-License-Identifier: ISC */
/*
 * The clock of waits: see ticks.h.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: as in ticks.h
 */
#include "client/berth/ticks.h"

#include <time.h>

int64_t
ticks_ms(void)
{
	struct timespec now;

	(void)!clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}
