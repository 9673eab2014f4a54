/* SPDX-License-Identifier: ISC */
/*
 * Clients that wait for a moment: see deferred.h.
 * TRUST: unprivileged
 * INPUT: jobs on disk
 * MUST: as in deferred.h
 */
#include "client/engine/api/deferred.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/call.h"
#include "client/engine/clock.h"
#include "client/engine/job/children.h"

#define KILL_LEFT 12000 /* ms before the end of the time, to a supervisor that does not hear */
#define PAUSE 20 /* ms; a supervisor of this engine's wakes it when it ends */

int
defer(struct connection *connection, enum deferred what, const char *id)
{
	connection->deferred = what;
	connection->deferred_until = clock_ms() + DEFERRED_MAX;
	memcpy(connection->job, id, sizeof(connection->job));
	return 0;
}

/* The job lives no more, or is removed. */
static int
go_on(struct call *call, enum deferred what, struct found *found)
{
	int fd = call->connection->varlink.fd;

	switch (what) {
	case DEFERRED_WAIT:
		return found->dir == -1 ? answer_no_such_job(fd, found->id)
					: answer_status(fd, &found->record);
	case DEFERRED_END:
		return call_answer(call, NULL, 0);
	case DEFERRED_START:
		return start_found(call, found);
	case DEFERRED_REMOVE:
		return remove_found(call, found);
	case DEFERRED_NONE:
	case DEFERRED_STARTING:
		break;
	}
	return 0;
}

static int
too_late(struct call *call, const struct found *found)
{
	struct err err;

	err_set(&err, ERR_UNAVAILABLE, "job %s does not end", found->record.name);
	err_why(&err, "what looks after it does not answer");
	return answer_failed(call, &err);
}

static int
look(struct engine *engine, struct connection *connection)
{
	struct call call = { .engine = engine, .connection = connection };
	enum deferred what = connection->deferred;
	struct found found;
	int ret = 0;

	if (found_open(engine->jobs, connection->job, &found) == -1) {
		/* still there without a record: it is being removed */
		if (found.dir != -1 && found.alive && clock_ms() < connection->deferred_until) {
			found_close(&found);
			return 0;
		}
		found_close(&found);
		memcpy(found.id, connection->job, sizeof(found.id));
	}
	if (!found.alive) {
		connection->deferred = DEFERRED_NONE;
		ret = go_on(&call, what, &found);
	} else if (what == DEFERRED_REMOVE &&
		   clock_ms() >= connection->deferred_until - KILL_LEFT) {
		/* its supervisor was asked, and does not do it; one of this engine's can be killed */
		children_signal_one(engine, found.id, SIGKILL);
	}
	if (connection->deferred == what && clock_ms() >= connection->deferred_until) {
		connection->deferred = DEFERRED_NONE;
		ret = too_late(&call, &found);
	}
	found_close(&found);
	return ret;
}

static bool
is_looked_at(const struct connection *connection)
{
	return connection->deferred != DEFERRED_NONE && connection->deferred != DEFERRED_STARTING;
}

void
deferred_serve(
    struct engine *engine, void (*drop)(struct engine *engine, struct connection *connection))
{
	struct connection *next;

	for (struct connection *at = engine->connections; at != NULL; at = next) {
		next = at->next;
		if (is_looked_at(at) && look(engine, at) == -1)
			drop(engine, at);
	}
}

int
deferred_wait(const struct engine *engine)
{
	for (const struct connection *at = engine->connections; at != NULL; at = at->next)
		if (is_looked_at(at))
			return PAUSE;
	return -1;
}
