/* SPDX-License-Identifier: ISC */
/*
 * Reads and writes that finish or fail. Contract in io.h.
 * TRUST: privileged, pure
 * INPUT: descriptors that the caller has judged
 * MUST: as io.h says
 */
#include "common/io.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux 6.3; Debian 12's headers do not have it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

ssize_t
io_read_all(int fd, void *buf, size_t cap)
{
	char *at = buf, extra;
	size_t used = 0;

	for (;;) {
		/* One byte more than fits tells a full buffer from a file that is too long. */
		ssize_t got = used < cap ? read(fd, at + used, cap - used) : read(fd, &extra, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return (-1);
		if (got == 0)
			return ((ssize_t)used);
		if (used == cap) {
			errno = EFBIG;
			return (-1);
		}
		used += (size_t)got;
	}
}

int
io_write_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return (-1);
		at += put;
		len -= (size_t)put;
	}
	return (0);
}

int
io_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return (fd);
}

void
io_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}
