/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Stop and Reset: the end of the engine, and of what it keeps.
 * TRUST: unprivileged
 * INPUT: calls of any client of the user's
 * MUST: end no job that the caller did not say shall end.
 */
#include <json-c/json.h>
#include <signal.h>

#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/job/adopted.h"
#include "client/engine/job/children.h"
#include "client/engine/log.h"
#include "client/engine/reset.h"
#include "client/lib/json.h"

#define ADOPTED_SECONDS 5 /* from the stop signal to SIGKILL */
#define STOP_GRACE 7000 /* ms; a supervisor kills what ignores SIGTERM after 5 */

/* What "stop" carries. */
struct stop {
	bool force;
	bool when_idle;
};

static int
store_force(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct stop *)out)->force, value, err);
}

static int
store_when_idle(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct stop *)out)->when_idle, value, err);
}

int
call_stop(struct call *call)
{
	static const struct json_field fields[] = {
		{ "force", store_force, false },
		{ "when_idle", store_when_idle, false },
		{ NULL, NULL, false },
	};
	struct engine *engine = call->engine;
	size_t jobs = children_jobs(engine) + adopted_count(engine);
	struct stop stop = { false, false };
	struct err err;

	if (json_fields(call->parameters, fields, &stop, &err) == -1)
		return call_invalid(call, &err);
	if (stop.when_idle && !stop.force) {
		engine->retire = true;
		return call_answer(call, NULL, 0);
	}
	if (jobs > 0 && !stop.force)
		return reply_busy(call->connection->varlink.fd, jobs);
	/* the loop answers when there is no job any more, and leaves */
	children_signal(engine, SIGTERM);
	if (engine->stop_by == 0)
		adopted_end(engine, ADOPTED_SECONDS);
	if (engine->stop_by == 0)
		engine->stop_by = clock_ms() + STOP_GRACE;
	call->connection->stopping = true;
	return 0;
}

/* A second client that asks for it meanwhile gets the same answer. */
int
call_reset(struct call *call)
{
	struct engine *engine = call->engine;
	size_t jobs = children_jobs(engine) + adopted_count(engine);
	struct err err;

	if (call_no_parameters(call) == -1)
		return -1;
	if (jobs > 0)
		return reply_busy(call->connection->varlink.fd, jobs);
	if (engine->resetter == NULL && reset_start(engine, &err) == -1)
		return reply_failed(call->connection->varlink.fd, &err);
	call->connection->resetting = true;
	return 0;
}

static int
answer_reset(struct engine *engine, struct connection *connection, size_t jobs)
{
	const struct call call = { .engine = engine, .connection = connection };
	struct json_object *out;
	struct err err;

	if (jobs == RESET_FAILED) {
		err_set(&err, ERR_FAILED, "the state directory was not emptied as a whole");
		err_why(&err, "what did it has ended too soon");
		return reply_failed(connection->varlink.fd, &err);
	}
	if (jobs == RESET_IN_USE) {
		err_set(&err, ERR_UNAVAILABLE, "the state directory is in use");
		err_why(&err, "something is being copied from a job or to it, or is being removed");
		err_todo(&err, "try again when that is done");
		return reply_failed(connection->varlink.fd, &err);
	}
	if (jobs > 0)
		return reply_busy(connection->varlink.fd, jobs);
	out = json_object_new_object();
	return call_answer(&call, out, json_put(out, "kept", reset_kept()));
}

void
call_reset_left(struct engine *engine)
{
	for (const struct connection *at = engine->connections; at != NULL; at = at->next)
		if (at->resetting)
			return;
	if (reset_give_up(engine))
		log_line(engine, "its state is not reset: nobody waits for it any more");
}

void
call_reset_ended(struct engine *engine)
{
	size_t jobs = reset_finish(engine);

	for (struct connection *at = engine->connections; at != NULL; at = at->next) {
		if (at->resetting)
			(void)!answer_reset(engine, at, jobs);
		at->resetting = false;
	}
	if (jobs == 0)
		engine->leave = "its state was reset";
}
