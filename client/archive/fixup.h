/* SPDX-License-Identifier: ISC */
/*
 * Modes and times of new directories, which they get when everything is in them.
 * TRUST: unprivileged
 * INPUT: names out of a hostile archive
 * MUST: stay within FIXUPS_MAX directories; touch no directory but the one that was made.
 */
#ifndef CLIENT_ARCHIVE_FIXUP_H
#define CLIENT_ARCHIVE_FIXUP_H

#include <stddef.h>
#include <sys/stat.h>

#define FIXUPS_MAX 65536

struct unpack;

struct fixup {
	char *path; /* beneath the destination */
	struct timespec times[2];
	mode_t mode;
	dev_t dev;
	ino_t ino;
};

/* Starts as all zero. */
struct fixups {
	struct fixup *list;
	size_t n;
	size_t cap;
};

/*
 * Remembers a copy of fixup. When there are too many, those that are there are done at once: mostly
 * nothing more comes into them. 0, or -1 when memory is short.
 */
int fixup_add(struct unpack *u, const struct fixup *fixup) __attribute__((warn_unused_result));

/* Does all of them, the last one first: it is in no other. Frees them. */
void fixup_all(struct unpack *u);

#endif
