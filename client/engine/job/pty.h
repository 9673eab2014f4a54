/* SPDX-License-Identifier: ISC */
/*
 * The terminal of a job: a pseudo terminal of its own devpts (pty(7), devpts of the kernel's
 * documentation). Nothing of it has ever been a terminal of the caller's.
 * TRUST: unprivileged
 * INPUT: the size that the client named; what the job writes
 * MUST: reach the multiplexer through the descriptor of a devpts that was made a moment ago and is
 *       mounted nowhere yet, and the other end through the master (TIOCGPTPEER), so that no name
 *       of the image is ever looked up (CVE-2025-52565); never wait for those who have the master
 *       too, whatever they do with it.
 */
#ifndef CLIENT_ENGINE_JOB_PTY_H
#define CLIENT_ENGINE_JOB_PTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/lib/job.h"
#include "common/err.h"

struct pty {
	int mount; /* the devpts, detached until the job's /dev is made */
	int master;
	int slave;
};

/* A devpts of its own, detached; tty_gid: give terminals to group 5. The mount, or -1 with errno. */
int pty_mount(bool tty_gid) __attribute__((warn_unused_result));

/* Makes a terminal of the size that the job names. 0, or -1 with err. */
int pty_open(struct pty *pty, const struct job *job, bool tty_gid, struct err *err)
    __attribute__((warn_unused_result));

/* In the command: makes it the controlling terminal of this session, and the three streams. */
int pty_take(const struct pty *pty) __attribute__((warn_unused_result));

/* Forgets what lies in the master: a job whose client left is not held up. */
void pty_discard(const struct pty *pty);

/* Closes the master: the kernel tells the session with SIGHUP. */
void pty_hang_up(struct pty *pty);

#endif
