/* SPDX-License-Identifier: ISC */
/*
 * Files with several names that were copied, so that their other names can become links.
 * TRUST: unprivileged
 * INPUT: the files of an image's author: as many as they like
 * MUST: hold at most LINKS_MAX files and LINKS_BYTES_MAX bytes of names; forget the rest silently.
 */
#ifndef CLIENT_ENGINE_VOLUME_LINKS_H
#define CLIENT_ENGINE_VOLUME_LINKS_H

#include <stddef.h>
#include <sys/stat.h>

#define LINKS_MAX 65536
#define LINKS_BYTES_MAX (8 << 20)

struct links_file {
	dev_t dev; /* of the image's */
	ino_t ino;
	ino_t made; /* of the copy */
	const char *name; /* in the directory */
	char dir[]; /* from the top of the copy */
};

/* Starts as all zero. */
struct links {
	void *files;
	size_t n;
	size_t bytes;
};

/* Remembers that a file was copied to name in dir, as inode made. */
void links_add(
    struct links *links, const struct links_file *file, const char *dir, const char *name);

/* NULL when it is not known. Belongs to links. */
const struct links_file *links_find(const struct links *links, const struct stat *st);

void links_free(struct links *links);

#endif
