/* SPDX-License-Identifier: ISC */
/*
 * Copies what an image has at the place of a new volume into it: directories, files, symlinks and FIFOs,
 * with owners, modes, times, access lists, capabilities and extended attributes. Sockets and devices are
 * left out; holes stay holes; names of one file stay that, as long as links.h has room.
 * TRUST: unprivileged
 * INPUT: a tree of an image's author, in a root that other jobs may be changing
 * MUST: not recurse; follow no symlink; enter no other mount; hold no more than FILL_DEPTH_MAX pairs of
 *       descriptors; write to nothing that it did not make; stop when nobody waits for it.
 */
#ifndef CLIENT_ENGINE_VOLUME_FILL_H
#define CLIENT_ENGINE_VOLUME_FILL_H

#define FILL_DEPTH_MAX 128

/*
 * From a directory into one that is empty. asker: the socket of who waits for it, or -1. 0, or -1 with errno:
 * ELOOP when it is too deep, ECANCELED when the asker has gone.
 */
int fill_tree(int from, int to, int asker) __attribute__((warn_unused_result));

/* 0 while the asker is there, or -1 with errno: ECANCELED. */
int fill_is_wanted(int asker) __attribute__((warn_unused_result));

#endif
