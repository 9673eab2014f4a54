/* SPDX-License-Identifier: ISC */
/*
 * openat2(2) with a scope. Contract in scoped.h.
 * TRUST: unprivileged
 * INPUT: as in scoped.h
 * MUST: as in scoped.h
 */
#include "client/lib/scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRIES_AT_ONCE 100
#define TRIES (200 * TRIES_AT_ONCE)
#define PAUSE_NS 1000000L

int
scoped_open(int at, const char *path, struct open_how how)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = -1;

	how.flags |= O_CLOEXEC;
	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
		if (fd != -1 || errno != EAGAIN)
			break;
		/* it is the host's renames and mounts that count, not those of this tree alone; who makes
		 * them all the time leaves few moments, which a pause alone does not find */
		if (i % TRIES_AT_ONCE == TRIES_AT_ONCE - 1)
			nanosleep(&pause, NULL);
		errno = EAGAIN;
	}
	return fd;
}
