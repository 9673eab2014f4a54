/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor does while the command runs: reaps, forwards signals, keeps the timeout, tells
 * the client.
 * TRUST: unprivileged
 * INPUT: calls from the client, signals from the engine and from inside the job, ends of processes
 * MUST: end everything in the job when the command ends, when the client hangs up (unless it
 *       detached before) or sends what is no oneway call of Signal or Detach; tell the status that
 *       wait(2) told, not what the job says (C34).
 */
#ifndef CLIENT_ENGINE_JOB_WATCH_H
#define CLIENT_ENGINE_JOB_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/engine/job/command.h"
#include "client/engine/job/pty.h"
#include "client/lib/varlink.h"

/* What berth run ends with when it is not the command's status. */
#define WATCH_TIMED_OUT 124
#define WATCH_FAILED 125 /* berth itself failed, or the grant has ended */
#define WATCH_NOT_EXECUTABLE 126
#define WATCH_NOT_FOUND 127

struct watch {
	const struct task *task;
	pid_t main; /* pid 2 */
	int report; /* -1: the command was executed, or it was said why not */
	int signals;
	struct varlink conn; /* borrows task->conn */
	struct pty pty; /* a job's terminal; -1 without one */
	struct report failure; /* step 0: none */
	bool gone; /* the client */
	bool detached; /* it left, and the job goes on */
	bool stopped; /* the job, by its client's SIGTSTP */
	bool timed_out;
	bool expired; /* what it may do has ended */
	bool over;
	int status; /* of wait(2), when it is over */
	int result; /* what berth run ends with; for the engine's log */
	int64_t timeout_at; /* milliseconds; 0: none */
	int64_t kill_at;
};

/* Until the job is over and the client was told. */
void watch_run(struct watch *watch);

#endif
