/* SPDX-License-Identifier: ISC */
/*
 * Signals that come while a call is on its way. Contract in hold.h.
 * TRUST: unprivileged
 * INPUT: signals
 * MUST: as hold.h says
 */
#include "client/berth/hold.h"

#include <signal.h>
#include <time.h>

void
hold_begin(struct way *way)
{
	if (way->hold && !way->holds)
		way->holds = sigprocmask(SIG_BLOCK, &way->held, &way->before) == 0;
}

void
hold_end(struct way *way)
{
	if (way->holds)
		sigprocmask(SIG_SETMASK, &way->before, NULL);
	way->holds = false;
}

/* The kernel looks at the descriptors before it looks at the signals. */
int
hold_poll(const struct way *way, struct pollfd *fds, nfds_t n, int patience)
{
	const struct timespec limit = { .tv_sec = patience / 1000,
		.tv_nsec = patience % 1000 * 1000000L };

	return (ppoll(fds, n, patience < 0 ? NULL : &limit, way->holds ? &way->before : NULL));
}
