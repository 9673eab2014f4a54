/* SPDX-License-Identifier: ISC */
/*
 * Clients that wait for a moment: see deferred.h.
 * TRUST: unprivileged
 * INPUT: jobs on disk
 * MUST: as in deferred.h
 */
#include "client/engine/api/deferred.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/call.h"
#include "client/engine/clock.h"
#include "client/engine/job/children.h"
#include "client/engine/job/copier.h"

#define KILL_LEFT 12000 /* ms before the end of the time, to a supervisor that does not hear */
#define BUSY_SHORT 1000 /* ms that a copy keeps somebody waiting, if there is one for sure */
#define BUSY_LONG 5000
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

/*
 * The job is over, for good, and its lock held all the same, for longer than its supervisor needs to end:
 * somebody copies.
 */
static bool
is_busy(const struct call *call, const struct found *found)
{
	int64_t waited = clock_ms() + DEFERRED_MAX - call->connection->deferred_until;

	if (!found->alive || found->record.state != RECORD_EXITED || !found->record.kept ||
	    found->broken)
		return false;
	return waited >= (children_copy(call->engine, found->id) ? BUSY_SHORT : BUSY_LONG);
}

static int
busy(struct call *call, enum deferred what, struct found *found)
{
	struct err err;

	/* nothing is wanted of it but its end */
	if (what == DEFERRED_END || what == DEFERRED_WAIT)
		return go_on(call, what, found);
	copier_busy(&found->record, &err);
	return answer_failed(call, &err);
}

static int
too_late(struct call *call, const struct found *found)
{
	const char *name = found->record.name[0] != '\0' ? found->record.name : found->id;
	struct err err;

	err_set(&err, ERR_UNAVAILABLE, "job %s does not end", name);
	err_why(&err, "what looks after it does not answer");
	err_todo(&err, "end it in any case, and remove it:  berth rm -f %s", name);
	return answer_failed(call, &err);
}

static int
look(struct engine *engine, struct connection *connection)
{
	struct call call = { .engine = engine, .connection = connection };
	enum deferred what = connection->deferred;
	struct found found;
	bool unsure = false;
	int ret = 0;

	if (found_open(engine->jobs, connection->job, &found) == -1) {
		/* who cannot look does not know; and what is there without a record is being removed */
		unsure = errno != ENOENT;
		if ((unsure || (found.dir != -1 && found.alive)) &&
		    clock_ms() < connection->deferred_until) {
			found_close(&found);
			return 0;
		}
		found_close(&found);
		memcpy(found.id, connection->job, sizeof(found.id));
	}
	if (unsure) {
		connection->deferred = DEFERRED_NONE;
		ret = too_late(&call, &found);
	} else if (!found.alive) {
		connection->deferred = DEFERRED_NONE;
		ret = go_on(&call, what, &found);
	} else if (is_busy(&call, &found)) {
		connection->deferred = DEFERRED_NONE;
		ret = busy(&call, what, &found);
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
