/* SPDX-License-Identifier: ISC */
/*
 * The archive as libarchive reads it from standard input and writes it to standard output.
 * TRUST: unprivileged
 * INPUT: a hostile archive; descriptors of a caller's, which may be set not to wait
 * MUST: run no other program; take no format but tar, and of compressed ones only those that are
 *       asked for.
 */
#ifndef CLIENT_ARCHIVE_STREAM_H
#define CLIENT_ARCHIVE_STREAM_H

#include <stdbool.h>

struct archive;

/* NULL when memory is short. */
struct archive *stream_writer(void) __attribute__((warn_unused_result));
struct archive *stream_reader(bool compressed) __attribute__((warn_unused_result));

/* Reads what is behind the end of an archive, so that its writer does not fail; not for ever. */
void stream_drain(void);

#endif
