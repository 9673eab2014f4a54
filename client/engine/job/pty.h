/* SPDX-License-Identifier: ISC */
/*
 * The terminal of a process: a pseudo terminal of its job's own devpts (pty(7), devpts of the kernel's
 * documentation). Nothing of it has ever been a terminal of the caller's.
 * TRUST: unprivileged
 * INPUT: the size that the client named; what the job writes
 * MUST: reach the multiplexer through the descriptor that came with the devpts when it was made, and
 *       the other end through the master (TIOCGPTPEER), so that no name of the image is ever looked up
 *       (CVE-2025-52565); never wait for those who have the master too, whatever they do with it.
 */
#ifndef CLIENT_ENGINE_JOB_PTY_H
#define CLIENT_ENGINE_JOB_PTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/lib/job.h"
#include "common/err.h"

struct pty {
	int master;
	int slave;
};

/* A devpts of its own, detached; tty_gid: give terminals to group 5. The mount, or -1 with errno. */
int pty_mount(bool tty_gid) __attribute__((warn_unused_result));

/* Makes a terminal of the size that run names, in that devpts. 0, or -1 with err. */
int pty_open(struct pty *pty, int devpts, const struct job_run *run, struct err *err)
    __attribute__((warn_unused_result));

/* In the command: makes it the controlling terminal of this session, and the three streams. */
int pty_take(const struct pty *pty) __attribute__((warn_unused_result));

/* Forgets what lies in the master: a process whose client left is not held up. */
void pty_discard(const struct pty *pty);

/* read(2) of the master that does not wait, as of a descriptor with O_NONBLOCK. */
ssize_t pty_read(const struct pty *pty, void *buf, size_t len);

/* Another slave of the same terminal, which has none any more. 0, or -1 with errno. */
int pty_reopen(struct pty *pty) __attribute__((warn_unused_result));

/* Closes the master: the kernel tells the session with SIGHUP. */
void pty_hang_up(struct pty *pty);

#endif
