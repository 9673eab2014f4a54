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
#include "client/engine/job/children.h"
#include "client/engine/reset.h"
#include "client/lib/json.h"

#define STOP_GRACE 7000 /* ms; a supervisor kills what ignores SIGTERM after 5 */

/* What "stop" carries. */
struct stop {
	bool force;
	bool when_idle;
};

static int
store_force(void *out, struct json_object *value, struct err *err)
{
	return call_store_flag(&((struct stop *)out)->force, value, err);
}

static int
store_when_idle(void *out, struct json_object *value, struct err *err)
{
	return call_store_flag(&((struct stop *)out)->when_idle, value, err);
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
	size_t jobs = children_jobs(engine);
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
		engine->stop_by = clock_ms() + STOP_GRACE;
	call->connection->stopping = true;
	return 0;
}

int
call_reset(struct call *call)
{
	struct engine *engine = call->engine;
	struct json_object *out;
	struct json_object *kept;
	size_t jobs = children_jobs(engine);

	if (call_no_parameters(call) == -1)
		return -1;
	if (jobs == 0)
		jobs = reset_state(engine, &kept);
	if (jobs > 0)
		return reply_busy(call->connection->varlink.fd, jobs);
	engine->leave = "its state was reset";
	out = json_object_new_object();
	return call_answer(call, out, json_put(out, "kept", kept));
}
