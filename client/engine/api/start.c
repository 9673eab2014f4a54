/* SPDX-License-Identifier: ISC */
/*
 * Jobs that are over and begin once more: see start.h.
 * TRUST: unprivileged
 * INPUT: jobs on disk, which their user can change; supervisors
 * MUST: as in start.h
 */
#include "client/engine/api/start.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/deferred.h"
#include "client/engine/api/launch.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/job/handover.h"
#include "client/engine/job/process.h"
#include "client/engine/job/request.h"
#include "client/engine/job/restart.h"
#include "client/engine/job/secrets.h"
#include "client/engine/log.h"
#include "client/lib/json.h"
#include "common/io.h"

#define LOST_PAUSE 1000 /* ms from the end of a supervisor that was killed to the next */
#define LOST_MAX 64 /* at once */

/* The two ends of a connection: the supervisor's and the engine's. NULL with err. */
static struct starting *
make(struct engine *engine, const char *id, int *other, struct err *err)
{
	struct starting *starting = calloc(1, sizeof(*starting));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = starting };
	int ends[2];

	if (starting == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		err_sys(err, "the job cannot be started");
		free(starting);
		return NULL;
	}
	starting->source = SOURCE_STARTING;
	varlink_init(&starting->conn, ends[0]);
	memcpy(starting->id, id, sizeof(starting->id));
	*other = ends[1];
	if (epoll_ctl(engine->epoll, EPOLL_CTL_ADD, ends[0], &event) == 0) {
		starting->next = engine->starting;
		engine->starting = starting;
		return starting;
	}
	err_sys(err, "the job cannot be started");
	varlink_close(&starting->conn);
	io_close(other);
	free(starting);
	return NULL;
}

static void
end(struct engine *engine, struct starting *starting)
{
	struct starting **at = &engine->starting;

	while (*at != starting)
		at = &(*at)->next;
	*at = starting->next;
	(void)!epoll_ctl(engine->epoll, EPOLL_CTL_DEL, starting->conn.fd, NULL);
	varlink_close(&starting->conn);
	free(starting);
}

/* The record of the job that is not started says why. */
static void
note_failure(struct found *found, const struct err *err)
{
	record_end(&found->record, RECORD_REASON_FAILED, PROCESS_FAILED, err->what);
	(void)!record_write(found->dir, &found->record);
}

/*
 * Once more from what is on disk, in its lock; launch->restarts is 0 when a person wants it. 0, or -1 with
 * err and what launch_refuse needs.
 */
static int
start(struct launch *launch, struct starting **starting, struct err *err)
{
	struct found *found = launch->again;
	int AUTO_CLOSE other = -1;
	int ret;

	if (request_job(found->dir, launch->job, err) == -1 ||
	    secrets_again(launch->job, found->record.name, err) == -1)
		return -1;
	*starting = make(launch->engine, found->id, &other, err);
	if (*starting == NULL)
		return -1;
	launch->conn = other;
	(*starting)->maps = launch->maps && job_is_mapped(launch->job);
	ret = launch_job(launch, err);
	if (ret == -1)
		end(launch->engine, *starting);
	return ret;
}

static int
start_locked(struct call *call, struct found *found)
{
	struct job job;
	struct launch launch = {
		.engine = call->engine, .job = &job, .again = found, .maps = call->connection->more
	};
	struct starting *starting;
	static struct err err;
	int ret = start(&launch, &starting, &err);

	if (ret == 0) {
		starting->client = call->connection;
		defer(call->connection, DEFERRED_STARTING, found->id);
	} else {
		ret = launch_refuse(&launch, call->connection->varlink.fd, &err);
	}
	launch_free(&launch);
	job_free(&job);
	return ret;
}

int
start_found(struct call *call, struct found *found)
{
	int fd = call->connection->varlink.fd;
	static struct err err;

	if (found->dir == -1 || found_is_gone(found))
		return answer_no_such_job(fd, found->id);
	if (found->broken) {
		err_set(&err, ERR_FAILED, "job %s cannot be started again", found->id);
		err_why(&err, "%s", found->record.why == NULL ? "" : found->record.why);
		return answer_failed(call, &err);
	}
	if (found_lock(found) == -1)
		return answer_running(fd, found->record.name, false);
	return start_locked(call, found);
}

int
call_start_job(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ NULL, NULL, false },
	};
	const char *word = NULL;
	struct found found;
	static struct err err;
	int ret;

	call->engine->used = clock_ms();
	call->connection->more = call->more;
	if (json_fields(call->parameters, fields, &word, &err) == -1)
		return call_invalid(call, &err);
	ret = answer_find(call, word, &found);
	if (ret != 0)
		ret = ret == 1 ? 0 : -1;
	else if (!found.alive)
		ret = start_found(call, &found);
	else if (found.record.state == RECORD_EXITED)
		ret = defer(call->connection, DEFERRED_START, found.id);
	else
		ret = answer_running(call->connection->varlink.fd, found.record.name,
		    found.record.state == RECORD_RESTARTING);
	found_close(&found);
	return ret;
}

/* Does the supervisor say that the command was executed? */
static bool
has_started(struct json_object *message)
{
	const char *event = json_text(json_object_object_get(message, "parameters"), "event");

	return event != NULL && strcmp(event, "started") == 0;
}

/* What the supervisor said, as an answer to StartJob; no message: it is gone. */
static void
tell(const struct starting *starting, struct json_object *message)
{
	struct connection *client = starting->client;
	struct json_object *parameters = json_object_object_get(message, "parameters");
	struct json_object *out;
	static struct err err;

	if (client == NULL)
		return;
	if (json_text(message, "error") != NULL) {
		(void)!varlink_send(client->varlink.fd, &message, 1, NULL, 0);
	} else if (has_started(message)) {
		const struct call call = { .connection = client };

		out = json_object_new_object();
		(void)!call_answer(&call, out,
		    json_put_text(out, "id", json_text(parameters, "id")) |
			json_put_text(out, "name", json_text(parameters, "name")));
	} else {
		const char *why = json_text(parameters, "why");

		err_set(&err, ERR_FAILED, "job %s was not started", starting->id);
		err_why(&err, "%s", why != NULL ? why : "what looks after it has ended");
		(void)!reply_failed(client->varlink.fd, &err);
	}
}

/*
 * Hands a supervisor's question on to the client, with its descriptors. False: there is none that takes it, and the
 * supervisor is to see the end of this connection.
 */
static bool
pass_on(struct starting *starting, struct json_object *message)
{
	const struct varlink *conn = &starting->conn;

	return starting->client != NULL && conn->nfds == HANDOVER_FDS &&
	       varlink_send(starting->client->varlink.fd, &message, 1, conn->fds, conn->nfds) == 0;
}

void
starting_event(struct engine *engine, struct starting *starting)
{
	struct json_object *message = NULL;
	int ret = varlink_receive(&starting->conn);

	if (ret == -1 && errno == EAGAIN)
		return;
	if (ret == 1 && varlink_next(&starting->conn, &message) == 0)
		return;
	if (handover_is(json_object_object_get(message, "parameters")) &&
	    pass_on(starting, message)) {
		varlink_drop_fds(&starting->conn);
		json_object_put(message);
		return;
	}
	log_line(engine, "job %s was %s once more", starting->id,
	    has_started(message) ? "started" : "not started");
	tell(starting, message);
	json_object_put(message);
	if (starting->client != NULL)
		starting->client->deferred = DEFERRED_NONE;
	end(engine, starting);
}

void
starting_forget(struct engine *engine, const struct connection *client)
{
	for (struct starting *at = engine->starting; at != NULL; at = at->next) {
		if (at->client != client)
			continue;
		at->client = NULL;
		/* nobody mounts its directories now: it is to know at once */
		if (at->maps)
			(void)!shutdown(at->conn.fd, SHUT_RDWR);
	}
}

/* Those to be started, and when it is time for the others. */
struct lost {
	struct engine *engine;
	size_t n;
	char ids[LOST_MAX][JOB_ID_LEN + 1];
};

/* What was killed before anybody could be told that it runs was not started: so its client was told. */
static bool
wants(const struct record *record)
{
	return record->state == RECORD_EXITED && record->reason == RECORD_REASON_LOST &&
	       record->kept && !record->once && (record->started != 0 || record->restarts != 0) &&
	       restart_wanted(record);
}

static int
collect(void *arg, int jobs, const char *id)
{
	struct lost *lost = arg;
	struct found found;
	int64_t left;

	if (found_open(jobs, id, &found) == 0 && !found.alive && !found.broken &&
	    wants(&found.record)) {
		/* a clock that was set back is no reason to wait */
		left = found.record.finished + LOST_PAUSE - record_now();
		if (left > 0 && left <= LOST_PAUSE)
			engine_look_at(lost->engine, left);
		else if (lost->n < LOST_MAX)
			memcpy(lost->ids[lost->n++], id, JOB_ID_LEN + 1);
		else
			engine_look_at(lost->engine, LOST_PAUSE);
	}
	found_close(&found);
	return 0;
}

static void
start_one(struct engine *engine, const char *id)
{
	struct job job;
	struct found found;
	struct launch launch = { .engine = engine, .job = &job, .again = &found };
	struct starting *starting;
	static struct err err;

	job_init(&job);
	/* once more in the lock */
	if (found_open(engine->jobs, id, &found) == 0 && !found.alive && wants(&found.record) &&
	    found_lock(&found) == 0) {
		launch.restarts = found.record.restarts + 1;
		if (start(&launch, &starting, &err) == -1)
			note_failure(&found, &err);
	}
	launch_free(&launch);
	job_free(&job);
	found_close(&found);
}

void
start_lost(struct engine *engine)
{
	struct lost lost = { .engine = engine };

	if (engine->look_at == 0 || clock_until(engine->look_at) != 0)
		return;
	engine->look_at = 0;
	if (engine->mode == FACTS_ONCE || engine->stop_by != 0 || engine->resetter != NULL)
		return;
	(void)!found_each(engine->jobs, collect, &lost);
	for (size_t i = 0; i < lost.n; i++)
		start_one(engine, lost.ids[i]);
}
