/* SPDX-License-Identifier: ISC */
/*
 * Does this host allow user namespaces to the caller, and if not, which switch closes them?
 * TRUST: unprivileged
 * INPUT: /proc/sys and /proc/self
 * MUST: try instead of guessing; change nothing.
 */
#ifndef CLIENT_BERTH_USERNS_H
#define CLIENT_BERTH_USERNS_H

#include <stdint.h>
#include <sys/types.h>

#define USERNS_WHY 192 /* the longest of the words */

/* clone3(2) with the stack of the caller, as fork(2): the pid, 0 in the child, or -1. */
pid_t userns_clone(uint64_t flags, int *pidfd);

/* Makes a user namespace and mounts in it, in a child that is gone at once. 0, or errno. */
int userns_try(void);

/* 0; or -1 with why. */
int userns_probe(char why[USERNS_WHY]) __attribute__((warn_unused_result));

/* The words for errno of userns_try, or of a start that failed likewise. */
void userns_why(int errnum, char why[USERNS_WHY]);

#endif
