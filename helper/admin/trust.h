/* SPDX-License-Identifier: ISC */
/*
 * Opening what only root may have made.
 * TRUST: privileged
 * INPUT: the file system; names of ours
 * MUST: judge the open descriptor, never the name; follow no symbolic link; never wait for a FIFO.
 */
#ifndef HELPER_ADMIN_TRUST_H
#define HELPER_ADMIN_TRUST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/err.h"

/* Root's and writable by nobody else? shown is the path for people. 0, or -1 with ERR_CONFIG. */
int trust_judge(const struct stat *st, const char *shown, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Opens the absolute path of a directory component by component, each judged. O_PATH. The
 * descriptor, or -1 with err; errno is then ENOENT when a component is missing, else not.
 */
int trust_open_dir(const char *path, struct err *err) __attribute__((warn_unused_result));

/* Opens a regular file with one link for reading and judges it. As trust_open_dir. */
int trust_open_file(int dirfd, const char *name, const char *shown, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Reads such a file, at most cap bytes; *text is malloc(3)ed and ends with a NUL behind *len.
 * 1, 0 when there is no such file, -1 with err.
 */
struct trust_file {
	const char *shown;
	size_t cap;
	char *text;
	size_t len;
};
int trust_read(int dirfd, const char *name, struct trust_file *file, struct err *err)
    __attribute__((warn_unused_result));

#endif
