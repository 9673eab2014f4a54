/* SPDX-License-Identifier: ISC */
/*
 * What is below a directory: see beneath.h.
 * TRUST: unprivileged
 * INPUT: as in beneath.h
 * MUST: as in beneath.h
 */
#include "client/engine/job/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/lib/scoped.h"

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
	const struct open_how how = { .flags = flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return scoped_open(root, path, how);
}
