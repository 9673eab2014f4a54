/* SPDX-License-Identifier: ISC */
/*
 * Small files in a job's directory: read without a risk, written as a whole or not at all.
 * TRUST: unprivileged
 * INPUT: a directory that its user can change at any time
 * MUST: follow no link, wait for nothing (a FIFO, a file system that somebody mounted there), read no
 *       more than was said; leave the old or the new file when it is killed, never a part.
 */
#ifndef CLIENT_ENGINE_JOB_JOBFILE_H
#define CLIENT_ENGINE_JOB_JOBFILE_H

#include <stddef.h>

/* What is being written; renamed when it is whole. */
#define JOBFILE_NEW "state.new"

/* Puts a file of these bytes in the place of the one that is there. 0, or -1 with errno. */
int jobfile_write(int dir, const char *name, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

#define JOBFILE_REWRITE_MAX (256 << 10)

/*
 * Where there is no room for a second file: into the one that is there, with one write(2), in the room that
 * it has; blanks behind the bytes if it was longer. Takes away what jobfile_write left. 0, or -1 with errno;
 * then the file is as it was.
 */
int jobfile_rewrite(int dir, const char *name, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

/*
 * The bytes of the file, *len of them and a NUL behind; free(3) them. NULL with errno: ENOENT, ENOMEM,
 * EBADMSG when it is no plain file or longer than max.
 */
char *jobfile_read(int dir, const char *name, size_t max, size_t *len)
    __attribute__((warn_unused_result));

#endif
