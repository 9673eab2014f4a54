/* SPDX-License-Identifier: ISC */
/*
 * How much a tree takes on disk.
 * TRUST: unprivileged
 * INPUT: a tree of any depth, size and modes, which a job may be writing
 * MUST: not recurse, follow no link, enter no other file system, hold no more than TREESIZE_DEPTH_MAX
 *       descriptors: what is deeper is not counted.
 */
#ifndef CLIENT_ENGINE_JOB_TREESIZE_H
#define CLIENT_ENGINE_JOB_TREESIZE_H

#include <stdint.h>

#define TREESIZE_DEPTH_MAX 128

/* Bytes of what is beneath the directory. */
int64_t tree_size(int dir);

#endif
