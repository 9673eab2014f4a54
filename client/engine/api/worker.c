/* SPDX-License-Identifier: ISC */
/*
 * Children of the engine that answer a client themselves: see worker.h.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: as in worker.h
 */
#include "client/engine/api/worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/reply.h"
#include "client/engine/job/children.h"
#include "client/engine/job/keep.h"

#define WORKERS_MAX 32
#define SEND_SECONDS 30 /* for a client that does not read */

static size_t
count(const struct engine *engine)
{
	size_t n = 0;

	for (const struct child *child = engine->children; child != NULL; child = child->next)
		n += child->worker;
	return n;
}

static void run(const struct worker *worker, void (*work)(const struct worker *worker), int keep)
    __attribute__((noreturn));

static void
run(const struct worker *worker, void (*work)(const struct worker *worker), int keep)
{
	const struct timeval limit = { .tv_sec = SEND_SECONDS };
	int fds[] = { worker->conn, worker->engine->jobs, keep };

	/* not taken for the engine by those who look for it */
	(void)!prctl(PR_SET_NAME, "berth-work");
	keep_only(fds, sizeof(fds) / sizeof(fds[0]));
	reply_waits();
	/* the engine has no connection any more that it could wait on by this */
	if (fcntl(worker->conn, F_SETFL, 0) == 0 &&
	    setsockopt(worker->conn, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0)
		work(worker);
	_exit(0);
}

int
worker_start(
    struct call *call, void (*work)(const struct worker *worker), const void *arg, int keep)
{
	const struct worker worker = {
		.engine = call->engine, .conn = call->connection->varlink.fd, .arg = arg
	};
	struct child *child = NULL;
	struct err err;
	int ret = -1;

	/* what is behind this call would be lost */
	if (call->connection->varlink.len != 0)
		return -1;
	if (count(call->engine) < WORKERS_MAX)
		child = child_new(call->engine, false);
	if (child != NULL) {
		child->worker = true;
		ret = child_fork(call->engine, child, 0);
	}
	if (ret == 0)
		run(&worker, work, keep);
	if (ret == 1)
		return -1;
	if (child != NULL)
		child_free(call->engine, child);
	err_set(&err, ERR_UNAVAILABLE, "the engine cannot do that now");
	err_why(&err, child == NULL ? "it does too much at once" : "no process can be started");
	err_todo(&err, "try again");
	return answer_failed(call, &err);
}
