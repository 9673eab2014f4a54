/* SPDX-License-Identifier: ISC */
/*
 * Removes a directory tree that a job wrote.
 * TRUST: unprivileged
 * INPUT: a tree of any depth, size and modes; nobody changes it any more but perhaps its user
 * MUST: not recurse, hold a fixed number of descriptors, follow no symlink, leave the directory it
 *       works in only downwards; enter no mount: what is mounted somewhere in the tree is another's.
 */
#ifndef CLIENT_ENGINE_JOB_REMOVE_H
#define CLIENT_ENGINE_JOB_REMOVE_H

/*
 * Removes the tree called name, one part, in at; there being none is success. 0, or -1 with errno: EXDEV or
 * EBUSY when something is mounted there.
 */
int remove_tree(int at, const char *name) __attribute__((warn_unused_result));

#endif
