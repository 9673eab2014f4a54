/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Run: from a hostile message to a supervisor that owns the connection.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's
 * MUST: decode, check and decide before anything is made; forget the connection once a job has it.
 */
#include <json-c/json.h>

#include "client/engine/api/call.h"
#include "client/engine/api/launch.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"

/* Decoded and checked: decides and starts. The answer to a refusal is sent here. */
static int
decide_and_start(struct call *call, struct job *job, struct err *err)
{
	int fd = call->connection->varlink.fd;
	struct launch launch = { .engine = call->engine,
		.job = job,
		.parameters = call->parameters,
		.came = &call->connection->varlink,
		.conn = fd,
		.maps = true };
	int ret = launch_job(&launch, err);

	if (ret == -1)
		ret = launch_refuse(&launch, fd, err) == -1 ? -1 : 1;
	launch_free(&launch);
	return ret;
}

int
call_run(struct call *call)
{
	struct varlink *conn = &call->connection->varlink;
	struct job job;
	struct err err;
	int ret;

	call->engine->used = clock_ms();
	if (call_must_have_more(call) == -1)
		return -1;
	/* what is behind this call would be lost: the connection changes its owner now */
	if (conn->len != 0)
		return -1;
	if (job_decode(call->parameters, conn, &job, &err) == 0) {
		ret = decide_and_start(call, &job, &err);
	} else if (err.code == ERR_USAGE) {
		ret = call_invalid(call, &err);
	} else {
		ret = reply_failed(conn->fd, &err) == -1 ? -1 : 1;
	}
	job_free(&job);
	/* a job that started has the connection, and this process is done with it */
	return ret == 1 ? 0 : -1;
}
