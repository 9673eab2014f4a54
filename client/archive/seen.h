/* SPDX-License-Identifier: ISC */
/*
 * A set of files by device and inode, each with a text of its own or none.
 * TRUST: unprivileged
 * INPUT: the files of a hostile tree or archive: as many as its author likes
 * MUST: stay within SEEN_MAX files and SEEN_TEXT_MAX bytes of text; say when it is full.
 */
#ifndef CLIENT_ARCHIVE_SEEN_H
#define CLIENT_ARCHIVE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define SEEN_MAX (1U << 19)
#define SEEN_TEXT_MAX (32U << 20)

struct seen_file {
	dev_t dev;
	ino_t ino;
	char *text; /* or NULL */
	bool used;
};

/* Starts as all zero. */
struct seen {
	struct seen_file *files;
	size_t cap; /* a power of two, or 0 */
	size_t n;
	size_t bytes; /* of text */
};

/* Adds a file, or replaces its text. 0, or -1: it is full, or memory is short. */
int seen_add(struct seen *seen, const struct stat *st, const char *text);

/* The file, or NULL. Belongs to seen, until the next seen_add. */
const struct seen_file *seen_find(const struct seen *seen, const struct stat *st);

void seen_free(struct seen *seen);

#endif
