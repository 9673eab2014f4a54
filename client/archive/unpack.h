/* SPDX-License-Identifier: ISC */
/*
 * Reads a tar from standard input and makes its files in a tree.
 * TRUST: unprivileged
 * INPUT: a hostile archive; in a job's root whoever runs in the job changes everything meanwhile
 * MUST: make, change and remove nothing outside the destination, which in a job's root is the root;
 *       never go through a link that the archive made; never write into, or change, a file that was
 *       there before, but replace it; never make a directory of what is none, nor the reverse.
 *
 * Where it goes, as docker does it: into the destination if that is a directory; else it becomes the
 * destination, whose parent must exist. A directory does not replace a file, nor a file a directory.
 * Links that were there before are followed in a job's root, as its programs would (/bin is
 * usr/bin there), and refused on the host.
 *
 * What is made: regular files with their holes, directories, symbolic links with whatever text, FIFOs,
 * hard links to files of the same archive. Devices and sockets are refused. Modes and times are the
 * archive's, the mode without set-id bits unless the owner is kept, too, and on the host without the
 * bits of the caller's umask; a directory that was there stays as it is. Owners are whose this process is; or with UNPACK_OWNERS those of the archive,
 * and the namespace's root for those that are not mapped.
 */
#ifndef CLIENT_ARCHIVE_UNPACK_H
#define CLIENT_ARCHIVE_UNPACK_H

#include "client/archive/fixup.h"
#include "client/archive/report.h"
#include "client/archive/seen.h"
#include "client/archive/where.h"

struct archive;
struct archive_entry;

enum unpack_flags {
	UNPACK_OWNERS = 1, /* those of the archive */
	UNPACK_DIRECTORY = 2, /* the destination must be one that exists */
	UNPACK_COMPRESSED = 4 /* the archive may be */
};

struct unpack {
	struct archive *in;
	struct report *report;
	struct tree tree;
	unsigned int flags;
	struct where to; /* the destination; to.dir is its parent, or itself */
	int dir; /* what names of entries are beneath */
	char base[PATH_MAX]; /* its path in the tree */
	const char *as; /* what the top of the archive becomes, or NULL */
	char top[NAME_MAX + 1]; /* the archive's top, when as is set: "" for its contents */
	bool begun; /* the first entry has been seen */
	struct seen made; /* files and links of this archive */
	bool untracked; /* there are links of it that made has no room for */
	struct fixups fixups;
	int parent; /* the directory that was used last, */
	char parent_path[PATH_MAX]; /* and its path beneath dir */
};

/* Unpacks all; flags as above. The rest is in report. */
void unpack(const struct tree *tree, const char *path, unsigned int flags, struct report *report);

/*
 * below.c: opens (O_PATH) a directory beneath the destination, by a clean name. Links are followed
 * as said above. A descriptor, or -1 with errno (ELOOP: a link that is not followed).
 */
int below_open(struct unpack *u, const char *path) __attribute__((warn_unused_result));

/* below.c: the same for the directory that path is in; missing ones are made. u owns it. */
int below_parent(struct unpack *u, const char *path) __attribute__((warn_unused_result));

/* make.c: makes what the entry describes at a clean name. 0; -1: nothing more can be unpacked. */
int make_entry(struct unpack *u, struct archive_entry *entry, const char *path)
    __attribute__((warn_unused_result));

/* makefile.c: the data of a regular file. 0; 1: it was named why not; -1: as make_entry. */
int make_data(struct unpack *u, struct archive_entry *entry, int fd)
    __attribute__((warn_unused_result));

/* own.c: who gets it, and with what mode. Both 0, or -1 with errno. */
int own_file(const struct unpack *u, struct archive_entry *entry, int fd)
    __attribute__((warn_unused_result));
int own_name(const struct unpack *u, struct archive_entry *entry, int dir, const char *name)
    __attribute__((warn_unused_result));

/* own.c: the mode of a directory, for the time when all is in it. */
int own_directory(const struct unpack *u, struct archive_entry *entry, int fd, mode_t *mode)
    __attribute__((warn_unused_result));

/* own.c: when it was modified, for utimensat(2): access times are not the archive's. */
void own_times(struct archive_entry *entry, struct timespec times[2]);

/* unpack.c: the name of an entry, or where it links to, as a clean name beneath dir. 0, or -1: why. */
int unpack_name(const struct unpack *u, const char *raw, char clean[PATH_MAX], const char **why)
    __attribute__((warn_unused_result));

#endif
