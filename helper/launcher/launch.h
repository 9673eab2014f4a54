/* SPDX-License-Identifier: ISC */
/*
 * Making processes: the only file of the launcher that clones, forks or executes.
 * TRUST: privileged
 * INPUT: descriptors that were judged before
 * MUST: execute by descriptor, never by a path (CVE-2021-44730); hand on nothing but what is
 *       listed in enum engine_fd.
 */
#ifndef HELPER_LAUNCHER_LAUNCH_H
#define HELPER_LAUNCHER_LAUNCH_H

#include <sys/types.h>

#include "common/facts.h"

/* clone3(2) into new user, pid and mount namespaces and, unless it is -1, into cgroup; otherwise
 * as fork(2). *pidfd refers to the child. Privileges that it takes are the caller's to raise. */
pid_t launch_split(int cgroup, int *pidfd);

/* fork(2) into cgroup, unless it is -1. */
pid_t launch_into(int cgroup);

/* Keeps nothing open, waits for the child and ends with its status. */
_Noreturn void launch_follow(pid_t child);

/* fork(2) */
pid_t launch_fork(void);

/* Turns this process into the engine: fds[i] becomes descriptor ENGINE_FD_SOCKET + i, /dev/null
 * 0 to 2, everything else is closed, the environment is empty. Returns only on failure; fds then
 * has descriptors that are still what they were. */
void launch_engine(int engine, int fds[ENGINE_FD_END - ENGINE_FD_SOCKET]);

/* The tiny init: keeps no descriptor, reaps until nothing is left, exits. */
_Noreturn void launch_init(void);

#endif
