/* SPDX-License-Identifier: ISC */
/*
 * Paths to descriptors. A tree is a job's root or the host as its user sees it.
 * TRUST: unprivileged
 * INPUT: paths of a user's; in a job's root whoever runs in the job changes everything at any time
 * MUST: let no path lead out of a job's root: by "..", by a link, by a link of procfs that leads
 *       anywhere, by an exchange of names meanwhile (openat2(2), RESOLVE_IN_ROOT).
 */
#ifndef CLIENT_ARCHIVE_WHERE_H
#define CLIENT_ARCHIVE_WHERE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct tree {
	int root; /* a job's root; on the host the directory that relative paths start from */
	bool job;
	mode_t umask; /* the caller's, on the host: what is made there does without these bits */
};

/* What a path of cp's leads to: a name in a directory. The name is no link, unless wanted. */
struct where {
	int dir; /* O_PATH */
	char name[NAME_MAX + 1]; /* "." for the directory itself */
	char as[NAME_MAX + 1]; /* what it was called: the last component, or "." for its contents */
	char path[PATH_MAX]; /* of dir, in the tree */
	bool exists;
	bool directory; /* the path ended in a slash: it must be one */
	struct stat st; /* when it exists */
};

/* openat2(2) with O_CLOEXEC, again while names change beneath it. A descriptor or -1 with errno. */
int where_open2(int dir, const char *path, int flags, uint64_t resolve)
    __attribute__((warn_unused_result));

/* Opens a path of the tree, links in it followed within the tree. A descriptor or -1 with errno. */
int where_open(const struct tree *tree, const char *path, int flags)
    __attribute__((warn_unused_result));

/* Opens the directory name in dir to read it; no link is followed. A descriptor or -1 with errno. */
int where_read_directory(int dir, const char *name) __attribute__((warn_unused_result));

/*
 * Finds a path. With follow, or a slash at its end, also a link that it ends in is followed; one
 * that leads nowhere gives the place that it names. What need not exist is the last component. 0,
 * and out->dir is the caller's, or -1 with errno (ENOTDIR: it ends in a slash and is none).
 */
int where_find(const struct tree *tree, const char *path, bool follow, struct where *out)
    __attribute__((warn_unused_result));

#endif
