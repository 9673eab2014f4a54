/* SPDX-License-Identifier: ISC */
/*
 * Reads and writes that finish or fail, and descriptors that close themselves.
 * TRUST: privileged, pure
 * INPUT: descriptors that the caller has judged
 * MUST: retry EINTR, never return a short result as success, never read past the buffer.
 */
#ifndef COMMON_IO_H
#define COMMON_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Reads until end of file into buf. The length, or -1 (errno; EFBIG when more than cap bytes). */
ssize_t io_read_all(int fd, void *buf, size_t cap) __attribute__((warn_unused_result));

/* Writes all of buf. 0, or -1 with errno. */
int io_write_all(int fd, const void *buf, size_t len) __attribute__((warn_unused_result));

/* A file in memory that can be sealed (memfd_create(2)) and, where the kernel has the flag, never
 * executed: vm.memfd_noexec=2 allows no other. Close-on-exec, the caller's. Or -1 with errno. */
int io_memfd(const char *name) __attribute__((warn_unused_result));

/* Closes *fd when it is not negative. For the cleanup attribute; keeps errno. */
void io_close(int *fd);

/* An int that closes itself at the end of its scope; initialise it with -1. */
#define AUTO_CLOSE __attribute__((cleanup(io_close)))

#endif
