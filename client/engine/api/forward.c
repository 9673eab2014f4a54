/* SPDX-License-Identifier: ISC */
/*
 * Calls that a job's supervisor answers, whichever engine started it: Exec, Attach, Wait, Kill, StopJob,
 * Open. The engine finds the job, decides, hands the call on and forgets the client.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's; sockets in the state root
 * MUST: hand on what was checked, and nothing behind it; decide Exec anew; know what to answer when there
 *       is no supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/authority.h"
#include "client/engine/api/deferred.h"
#include "client/engine/api/launch.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/request.h"
#include "client/engine/log.h"
#include "client/lib/json.h"
#include "common/io.h"

#define STOP_SECONDS_MAX 86400
#define REQUEST_TRIES 20 /* a supervisor writes it when it has told of the start */
#define REQUEST_PAUSE_NS 1000000L

/* What is looked at in the parameters. */
struct wanted {
	const char *job; /* the first member: answer_store_job */
	int64_t number;
	const char *what;
};

static int
store_signal(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 1, NSIG - 1, &((struct wanted *)out)->number) == -1)
		return err_set(err, ERR_USAGE, "not a signal");
	return 0;
}

static int
store_seconds(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 0, STOP_SECONDS_MAX, &((struct wanted *)out)->number) == -1)
		return err_set(err, ERR_USAGE, "not a number of seconds");
	return 0;
}

static int
store_what(void *out, struct json_object *value, struct err *err)
{
	static const char *const names[] = { "state", "processes", "root" };
	const char *text = json_string(value);

	for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) == 0) {
			((struct wanted *)out)->what = names[i];
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "not one of its values");
}

/*
 * Hands the call on. 1: there is nobody who could take it. Else as a handler: -1 also when the
 * supervisor has the client now.
 */
static int
forward(const struct call *call, const char *method, const struct found *found)
{
	struct varlink *conn = &call->connection->varlink;
	struct json_object *message;
	struct err err;
	int ret;

	if (!found->alive)
		return 1;
	/* what is behind this call would be lost: the connection changes its owner now */
	if (conn->len != 0)
		return -1;
	message = varlink_call(method, json_object_get(call->parameters), call->more);
	ret = message == NULL ? -1 : ctl_send(found->id, message, conn->fd, conn->fds, conn->nfds);
	json_object_put(message);
	if (ret == 0)
		return -1;
	if (message != NULL && (errno == ENOENT || errno == ECONNREFUSED))
		return 1;
	err_sys(&err, "job %s cannot be asked", found->record.name);
	if (err.errnum == EAGAIN)
		err_why(&err, "what looks after it does not answer");
	return answer_failed(call, &err);
}

/* For those that need a job that runs. */
static int
forward_or_not_running(struct call *call, const char *method, const struct found *found)
{
	struct found now = FOUND_NONE;
	enum record_state state = found->record.state;
	int ret = forward(call, method, found);

	if (ret != 1)
		return ret;
	/* it may be over since */
	if (found_open(call->engine->jobs, found->id, &now) == 0)
		state = now.record.state;
	found_close(&now);
	return answer_not_running(call->connection->varlink.fd, found->record.name, state);
}

/* A call that names a job. */
struct named {
	struct call *call;
	struct wanted wanted;
	struct found found; /* found_close */
	int ret; /* what the handler returns when there is no such job */
};

/* Takes the parameters and finds the job. False: the client was told. */
static bool
take(struct named *named, struct call *call, const struct json_field *fields)
{
	struct err err;

	*named = (struct named){ .call = call, .found = FOUND_NONE };
	record_init(&named->found.record);
	if (json_fields(call->parameters, fields, &named->wanted, &err) == -1) {
		named->ret = call_invalid(call, &err);
		return false;
	}
	named->ret = answer_find(call, named->wanted.job, &named->found);
	if (named->ret == 0)
		return true;
	named->ret = named->ret == 1 ? 0 : -1;
	return false;
}

/* What the job was allowed is asked for again, with the policy as it is now. */
static int
decide_anew(
    const struct engine *engine, const struct found *found, struct launch *launch, struct err *err)
{
	const struct timespec pause = { .tv_nsec = REQUEST_PAUSE_NS };
	static struct job_wants wants;
	struct job job;
	int ret = request_job(found->dir, &job, err);

	for (int i = 0; ret == -1 && err->errnum == ENOENT && i < REQUEST_TRIES; i++) {
		job_free(&job);
		nanosleep(&pause, NULL);
		ret = request_job(found->dir, &job, err);
	}
	if (ret == 0)
		ret = job_wants(&job, &wants, err);
	if (ret == 0)
		ret = authority_decide(engine, &wants, &launch->policy, &launch->decision, err);
	job_free(&job);
	return ret;
}

static int
exec_found(struct call *call, const struct job_exec *exec, struct found *found)
{
	struct launch launch = { .engine = call->engine };
	int fd = call->connection->varlink.fd;
	static struct err err;
	int ret = answer_find(call, exec->job, found);

	if (ret != 0)
		return ret == 1 ? 0 : -1;
	if (!found->alive)
		return answer_not_running(fd, exec->job, found->record.state);
	if (decide_anew(call->engine, found, &launch, &err) == 0) {
		ret = forward_or_not_running(call, BERTH_INTERFACE ".Exec", found);
	} else {
		log_line(call->engine, "nothing started in job %s: %s: %s", found->id, err.what,
		    err.why);
		ret = launch_refuse(&launch, fd, &err);
	}
	launch_free(&launch);
	return ret;
}

int
call_exec(struct call *call)
{
	struct found found = FOUND_NONE;
	struct job_exec exec;
	static struct err err;
	int ret;

	call->engine->used = clock_ms();
	if (call_must_have_more(call) == -1)
		return -1;
	if (job_exec_decode(call->parameters, &call->connection->varlink, &exec, &err) == 0)
		ret = exec_found(call, &exec, &found);
	else if (err.code == ERR_USAGE)
		ret = call_invalid(call, &err);
	else
		ret = answer_failed(call, &err);
	found_close(&found);
	job_exec_free(&exec);
	return ret;
}

static const struct json_field only_job[] = {
	{ "job", answer_store_job, true },
	{ NULL, NULL, false },
};

/* The calls of which a job that does not run knows nothing. */
static int
only_running(struct call *call, const struct json_field *fields, const char *method)
{
	struct named named;

	if (take(&named, call, fields))
		named.ret = forward_or_not_running(call, method, &named.found);
	found_close(&named.found);
	return named.ret;
}

int
call_attach(struct call *call)
{
	if (call_must_have_more(call) == -1)
		return -1;
	return only_running(call, only_job, BERTH_INTERFACE ".Attach");
}

static int
wait_for(struct call *call, const struct found *found)
{
	int ret;

	if (found->record.state == RECORD_EXITED)
		return answer_status(call->connection->varlink.fd, &found->record);
	ret = forward(call, BERTH_INTERFACE ".Wait", found);
	return ret == 1 ? defer(call->connection, DEFERRED_WAIT, found->id) : ret;
}

int
call_wait(struct call *call)
{
	struct named named;

	if (take(&named, call, only_job))
		named.ret = wait_for(call, &named.found);
	found_close(&named.found);
	return named.ret;
}

int
call_kill(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ "signal", store_signal, true },
		{ NULL, NULL, false },
	};

	return only_running(call, fields, BERTH_INTERFACE ".Kill");
}

int
call_stop_job(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ "seconds", store_seconds, false },
		{ NULL, NULL, false },
	};
	struct named named;

	if (take(&named, call, fields)) {
		named.ret = forward(call, BERTH_INTERFACE ".StopJob", &named.found);
		if (named.ret == 1)
			named.ret = named.found.alive
					? defer(call->connection, DEFERRED_END, named.found.id)
					: call_answer(call, NULL, 0);
	}
	found_close(&named.found);
	return named.ret;
}

static int
open_state(const struct call *call, const struct found *found)
{
	/* another open file than the one that a lock is on */
	int AUTO_CLOSE dir = openat(found->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir == -1 ? -1 : reply_descriptor(call->connection->varlink.fd, dir);
}

int
call_open(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ "what", store_what, true },
		{ NULL, NULL, false },
	};
	struct named named;

	if (take(&named, call, fields))
		named.ret =
		    strcmp(named.wanted.what, "state") == 0
			? open_state(call, &named.found)
			: forward_or_not_running(call, BERTH_INTERFACE ".Open", &named.found);
	found_close(&named.found);
	return named.ret;
}
