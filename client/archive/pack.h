/* SPDX-License-Identifier: ISC */
/*
 * Writes a file or a tree as a tar (pax) to standard output.
 * TRUST: unprivileged
 * INPUT: a tree that its owner changes while it is read: names, types, sizes, links, holes
 * MUST: walk by descriptors of directories and follow no link; open nothing but regular files and
 *       directories; stay in a bounded memory; read no file of the kernel's.
 *
 * Regular files with their holes, directories, symbolic links as they are, FIFOs and devices; a
 * file with several names below the path is stored once, its other names as hard links. With times
 * to the nanosecond, modes with set-id bits, numeric owners, and the attribute security.capability
 * as GNU tar's and libarchive's readers know it; no other attributes, no lists of access rights, no
 * names of owners. Sockets are named as not copied. Below a path the kernel's trees (a procfs, a sysfs,
 * ...) and a job's /dev are empty directories.
 */
#ifndef CLIENT_ARCHIVE_PACK_H
#define CLIENT_ARCHIVE_PACK_H

#include "client/archive/report.h"
#include "client/archive/seen.h"
#include "client/archive/where.h"

struct archive;
struct archive_entry;

#define PACK_DEPTH_MAX 512 /* directories in each other; each is an open descriptor */
#define PACK_SIZE_MAX ((int64_t)1 << 46) /* of a file with holes, or without */
#define PACK_HOLES_MAX 4096 /* more of them are stored as zeros */

struct pack {
	struct archive *out;
	struct report *report;
	struct seen links; /* files with more than one name: the first one */
	struct stat dev; /* of the job's /dev; 0 when there is none */
	char *buffer;
	const char *zeros;
	char path[PATH_MAX]; /* of the entry in work, in the archive */
	size_t len;
};

/* Writes what path leads to, with follow also where a link leads. The rest is in report. */
void pack(const struct tree *tree, const char *path, bool follow, struct report *report);

/*
 * packfile.c: the header and the data of a regular file; entry has all but its holes. 0, or -1:
 * nothing more can be written.
 */
int pack_file(struct pack *p, int fd, const struct stat *st, struct archive_entry *entry)
    __attribute__((warn_unused_result));

/* Allocate and free what pack_file works with. 0 or -1. */
int pack_buffers(struct pack *p) __attribute__((warn_unused_result));
void pack_buffers_free(struct pack *p);

/* Writes a header. 0; 1: the format has no place for this entry, which was named; -1: the end. */
int pack_header(struct pack *p, struct archive_entry *entry) __attribute__((warn_unused_result));

/* Names the error of the archive as the end. Returns -1. */
int pack_broken(struct pack *p);

#endif
