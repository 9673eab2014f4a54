/* SPDX-License-Identifier: ISC */
/*
 * A file that somebody named, if it is one.
 * TRUST: unprivileged
 * INPUT: a path of the caller, resolved with the caller's rights
 * MUST: open nothing but a regular file: to open a FIFO waits for who writes to it, and to open a device
 *       can do things.
 */
#ifndef CLIENT_BERTH_REGULAR_H
#define CLIENT_BERTH_REGULAR_H

/* To be read. -1 with errno; 0: it is there, and no regular file. */
int regular_open(const char *path);

#endif
