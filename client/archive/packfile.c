/* SPDX-License-Identifier: ISC */
/*
 * The data of a regular file: see pack.h.
 * TRUST: unprivileged
 * INPUT: a file that may change its size and its holes while it is read
 * MUST: write exactly as many bytes as the header says; bound the list of holes; read no hole.
 */
#include "client/archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFER_LEN ((size_t)128 * 1024)
/* A hole is handed over as zeros, which are dropped unread: one page of them, mapped often. */
#define ZEROS_LEN ((size_t)64 * 1024 * 1024)

int
pack_buffers(struct pack *p)
{
	void *zeros =
	    mmap(NULL, ZEROS_LEN, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (zeros == MAP_FAILED)
		return -1;
	p->zeros = zeros;
	p->buffer = malloc(BUFFER_LEN);
	return p->buffer != NULL ? 0 : -1;
}

void
pack_buffers_free(struct pack *p)
{
	if (p->zeros != NULL)
		(void)munmap((void *)(uintptr_t)p->zeros, ZEROS_LEN);
	free(p->buffer);
}

static int
put(struct pack *p, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = archive_write_data(p->out, bytes, len);

		if (n <= 0)
			return pack_broken(p);
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
put_zeros(struct pack *p, int64_t len)
{
	while (len > 0) {
		size_t n = len > (int64_t)ZEROS_LEN ? ZEROS_LEN : (size_t)len;

		if (put(p, p->zeros, n) == -1)
			return -1;
		len -= (int64_t)n;
	}
	return 0;
}

/* Data from offset to end. What is not there any more becomes zeros, and is named. */
static int
put_data(struct pack *p, int fd, int64_t offset, int64_t end)
{
	while (offset < end) {
		size_t want =
		    end - offset > (int64_t)BUFFER_LEN ? BUFFER_LEN : (size_t)(end - offset);
		ssize_t n = pread(fd, p->buffer, want, offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)!report_entry(p->report, p->path,
			    n == 0 ? "it became shorter while it was read"
				   : "it cannot be read to its end");
			return put_zeros(p, end - offset);
		}
		if (put(p, p->buffer, (size_t)n) == -1)
			return -1;
		offset += n;
	}
	return 0;
}

/*
 * The next stretch of data at or after offset, at most to size. False: there is none. A file system
 * that knows no holes has one stretch.
 */
static bool
next_data(int fd, int64_t offset, int64_t size, int64_t *start, int64_t *end)
{
	*start = lseek(fd, offset, SEEK_DATA);
	if (*start == -1 && errno == ENXIO)
		return false;
	if (*start == -1)
		*start = offset;
	*end = lseek(fd, *start, SEEK_HOLE);
	if (*end <= *start || *end > size)
		*end = size;
	return *start < size;
}

struct map {
	size_t n;
	int64_t start[PACK_HOLES_MAX];
	int64_t end[PACK_HOLES_MAX];
};

/* Looked at once: header and data must be of the same opinion. */
static void
find_holes(struct map *map, int fd, int64_t size)
{
	int64_t offset = 0;

	map->n = 0;
	while (
	    offset < size && next_data(fd, offset, size, &map->start[map->n], &map->end[map->n])) {
		if (map->n == PACK_HOLES_MAX - 1)
			map->end[map->n] = size;
		offset = map->end[map->n++];
	}
}

static bool
has_holes(const struct map *map, int64_t size)
{
	return size > 0 && (map->n != 1 || map->start[0] != 0 || map->end[0] != size);
}

static int
put_stretches(struct pack *p, int fd, const struct map *map, int64_t size)
{
	int64_t offset = 0;

	for (size_t i = 0; i < map->n; i++) {
		if (put_zeros(p, map->start[i] - offset) == -1 ||
		    put_data(p, fd, map->start[i], map->end[i]) == -1)
			return -1;
		offset = map->end[i];
	}
	return put_zeros(p, size - offset);
}

int
pack_file(struct pack *p, int fd, const struct stat *st, struct archive_entry *entry)
{
	struct map *map = malloc(sizeof(*map));
	int ret;

	if (map == NULL)
		return report_fatal(p->report, "the archive cannot be written", NULL);
	find_holes(map, fd, st->st_size);
	if (has_holes(map, st->st_size)) {
		for (size_t i = 0; i < map->n; i++)
			archive_entry_sparse_add_entry(
			    entry, map->start[i], map->end[i] - map->start[i]);
		/* nothing but a hole */
		if (map->n == 0)
			archive_entry_sparse_add_entry(entry, 0, 0);
	}
	ret = pack_header(p, entry);
	if (ret == 0)
		ret = put_stretches(p, fd, map, st->st_size);
	free(map);
	return ret == -1 ? -1 : 0;
}
