/* SPDX-License-Identifier: ISC */
/*
 * What is below a directory: see beneath.h.
 * TRUST: unprivileged
 * INPUT: as in beneath.h
 * MUST: as in beneath.h
 */
#include "client/engine/job/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRIES_AT_ONCE 100
#define TRIES (200 * TRIES_AT_ONCE)
#define PAUSE_NS 1000000L

int
beneath_open(int at, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned int)flags | O_RDONLY | O_NONBLOCK | O_NOCTTY |
					 O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_BENEATH };

	return (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
}

int
root_open(int root, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
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
