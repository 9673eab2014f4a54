/* SPDX-License-Identifier: ISC */
/*
 * Who serves the socket that we are connected to: to name an engine that does not answer, and to
 * end it when its user says so.
 * TRUST: unprivileged
 * INPUT: what the kernel says of the connection; /proc, which may hide others' processes
 * MUST: decide nothing by a pid: it names a process to people. A signal goes to a pidfd that was
 *       taken while the connection lived, so that it was the process at its other end.
 */
#ifndef CLIENT_BERTH_PEER_H
#define CLIENT_BERTH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/berth/cli.h"
#include "common/err.h"

struct peer {
	int pid; /* in this process's pid namespace; 0: it cannot be seen from here */
	uint32_t uid;
	const char *who; /* for people; NULL: the engine */
};

/* 0, or -1 with errno. */
int peer_read(int fd, struct peer *peer) __attribute__((warn_unused_result));

/* "the engine (pid 4711)" or "the engine", or who it is. */
void peer_describe(const struct peer *peer, char *buf, size_t len);

/* Was that process stopped by a signal or a debugger? False when /proc does not tell. */
bool peer_is_stopped(int pid);

/* Warns that what ("the job has not started") is late: the engine is stopped, or takes its time. */
void peer_late(const struct cli *cli, const struct peer *peer, const char *what);

/* The three lines about an engine that has not answered for so many milliseconds. Returns -1. */
int peer_hangs(const struct peer *peer, int waited, struct err *err);

/* How an engine was treated that does not answer. */
enum peer_end {
	PEER_INVALID = 0,
	PEER_FAILED, /* err says why */
	PEER_WOKEN, /* it was stopped by a signal, and was told to go on */
	PEER_KILLED /* and is gone */
};

/* With the user's own rights. kill: even if it was only stopped by a signal. */
enum peer_end peer_end(int fd, const struct peer *peer, bool kill, struct err *err);

#endif
