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

#include <stdint.h>
#include <sys/types.h>

#include "common/facts.h"

/* As fork(2), with CLONE_ flags of clone3(2), into cgroup unless it is -1. *pidfd refers to the child
 * with CLONE_PIDFD. Privileges that it takes are for the caller to raise. */
pid_t launch_clone(uint64_t flags, int cgroup, int *pidfd);

/* Keeps nothing open, waits for the child and ends with its status. */
_Noreturn void launch_follow(pid_t child);

/* Turns this process into the engine: fds, by enum engine_fd, become what that says, /dev/null
 * 0 to 2 and those that are -1, everything else is closed, the environment is empty. Returns only on
 * failure; fds then still names, by other numbers perhaps, what it named. */
void launch_engine(int engine, int fds[ENGINE_FD_END]);

/* The tiny init: closes all that it has, says so with a byte into born, reaps until nothing is left or
 * the process that the pidfd parent refers to (or -1) has ended, exits. */
_Noreturn void launch_init(int born, int parent);

#endif
