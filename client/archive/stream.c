/* SPDX-License-Identifier: ISC */
/*
 * The archive as a stream: see stream.h.
 * TRUST: unprivileged
 * INPUT: as in stream.h
 * MUST: as in stream.h
 */
#include "client/archive/stream.h"

#include <archive.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)64 * 1024)
#define DRAIN_MAX 1024 /* blocks */

static char block[BLOCK];

/* Waits until a descriptor that does not wait itself is ready. */
static bool
wait_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return errno == EINTR || ((errno == EAGAIN) && (poll(&p, 1, -1) == 1 || errno == EINTR));
}

static ssize_t
take(void)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, block, sizeof(block));
	while (n == -1 && wait_ready(STDIN_FILENO, POLLIN));
	return n;
}

static la_ssize_t
on_read(struct archive *a, void *data, const void **bytes)
{
	ssize_t n = take();

	(void)data;
	*bytes = block;
	if (n == -1)
		archive_set_error(a, errno, "it cannot be read");
	return n;
}

static la_ssize_t
on_write(struct archive *a, void *data, const void *bytes, size_t len)
{
	ssize_t n;

	(void)data;
	do
		n = write(STDOUT_FILENO, bytes, len);
	while (n == -1 && wait_ready(STDOUT_FILENO, POLLOUT));
	if (n == -1)
		archive_set_error(a, errno, "%s", strerror(errno));
	return n;
}

struct archive *
stream_writer(void)
{
	struct archive *a = archive_write_new();

	if (a != NULL && archive_write_set_format_pax(a) == ARCHIVE_OK &&
	    archive_write_set_bytes_per_block(a, (int)BLOCK) == ARCHIVE_OK &&
	    archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
	    archive_write_open(a, NULL, NULL, on_write, NULL) == ARCHIVE_OK)
		return a;
	archive_write_free(a);
	return NULL;
}

/* All of them are in the library: none is another program's. */
static bool
add_filters(struct archive *a)
{
	return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
	       archive_read_support_filter_xz(a) == ARCHIVE_OK &&
	       archive_read_support_filter_zstd(a) == ARCHIVE_OK;
}

struct archive *
stream_reader(bool compressed)
{
	struct archive *a = archive_read_new();

	if (a != NULL && (!compressed || add_filters(a)) &&
	    archive_read_support_format_tar(a) == ARCHIVE_OK &&
	    archive_read_support_format_empty(a) == ARCHIVE_OK &&
	    archive_read_open(a, NULL, NULL, on_read, NULL) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

void
stream_drain(void)
{
	for (int i = 0; i < DRAIN_MAX; i++)
		if (take() <= 0)
			break;
}
