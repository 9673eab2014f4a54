/* SPDX-License-Identifier: ISC */
/*
 * A supervisor made ahead: see spare.h.
 * TRUST: unprivileged
 * INPUT: what the engine sends
 * MUST: as in spare.h
 */
#include "client/engine/job/spare.h"

#include <errno.h>
#include <json-c/json.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "client/engine/hide.h"
#include "client/engine/job/children.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/netns.h"
#include "client/engine/job/record.h"
#include "client/engine/job/supervisor.h"
#include "client/lib/json.h"
#include "common/io.h"

/* What is sent before the call's own descriptors: the client's connection, the job's directory, its ctl. */
#define OWN_FDS 3
/* ms from a job's start, which shall have the processors, to the next spare, if no job ends before */
#define PAUSE 50

/* --- the engine's side ------------------------------------------------------------------------------ */

static void run(const struct engine *engine, size_t slot, int sock) __attribute__((noreturn));

void
spare_prepare(struct engine *engine)
{
	struct child *child;
	int ends[2];

	engine->spare_at = 0;
	if (engine->mode == FACTS_ONCE || engine->spare != NULL || engine->retire ||
	    engine->stop_by != 0 || engine->resetter != NULL)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return;
	child = child_new(engine, true);
	if (child != NULL) {
		/* no job yet that would count */
		engine->finished[child->slot] = 1;
		child->sock = ends[0];
		switch (child_fork(engine, child, CLONE_JOB)) {
		case 0:
			run(engine, child->slot, ends[1]);
		case -1:
			child_free(engine, child);
			break;
		default:
			engine->spare = child;
			engine->spare_made = hide_changes();
			break;
		}
	} else {
		close(ends[0]);
	}
	close(ends[1]);
}

struct child *
spare_take(struct engine *engine)
{
	struct child *spare = engine->spare;

	if (spare != NULL && engine->spare_made != hide_changes()) {
		spare_end(engine);
		spare = NULL;
	}
	engine->spare = NULL;
	engine->spare_at = clock_ms() + PAUSE;
	return spare;
}

int
spare_wait(const struct engine *engine)
{
	return engine->spare != NULL || engine->spare_at == 0 ? -1 : clock_until(engine->spare_at);
}

static void
close_socket(struct child *spare)
{
	io_close(&spare->sock);
	spare->sock = -1;
}

/* It stays among the children until it is reaped; it was no job. */
void
spare_drop(struct engine *engine, struct child *spare)
{
	syscall(SYS_pidfd_send_signal, spare->pidfd, SIGKILL, NULL, 0);
	spare->id[0] = '\0';
	engine->finished[spare->slot] = 1;
	close_socket(spare);
}

void
spare_end(struct engine *engine)
{
	if (engine->spare != NULL)
		spare_drop(engine, engine->spare);
	engine->spare = NULL;
}

static struct json_object *
describe(const struct task *task, struct json_object *parameters)
{
	struct json_object *message = json_object_new_object();

	if (message == NULL || json_put_text(message, "id", task->id) == -1 ||
	    json_put_text(message, "name", task->name) == -1 ||
	    json_put_number(message, "until", task->until) == -1 ||
	    json_put_bool(message, "ctl", task->ctl != -1) == -1 ||
	    json_put_bool(message, "record", task->record != NULL) == -1 ||
	    json_put(message, "parameters", json_object_get(parameters)) == -1) {
		json_object_put(message);
		return NULL;
	}
	return message;
}

int
spare_run(struct child *spare, const struct task *task, struct json_object *parameters,
    const struct varlink *conn)
{
	struct json_object *message = describe(task, parameters);
	int fds[OWN_FDS + VARLINK_FDS_MAX] = { task->conn, task->dir };
	size_t n = 2;
	int ret = -1;

	if (task->ctl != -1)
		fds[n++] = task->ctl;
	memcpy(fds + n, conn->fds, conn->nfds * sizeof(fds[0]));
	if (message != NULL)
		ret = varlink_send(spare->sock, &message, 1, fds, n + conn->nfds);
	json_object_put(message);
	if (ret == 0)
		close_socket(spare);
	return ret;
}

/* --- the spare's -------------------------------------------------------------------------------------- */

struct order {
	struct task *task;
	struct json_object *parameters;
	bool ctl;
	bool record;
};

#define STORE(function, expression)                                                \
	static int function(void *out, struct json_object *value, struct err *err) \
	{                                                                          \
		struct order *order = out;                                         \
                                                                                   \
		(void)err;                                                         \
		expression;                                                        \
		return 0;                                                          \
	}

STORE(store_id, order->task->id = json_object_get_string(value))
STORE(store_name, order->task->name = json_object_get_string(value))
STORE(store_until, order->task->until = json_object_get_int64(value))
STORE(store_ctl, order->ctl = json_object_get_boolean(value) != 0)
STORE(store_record, order->record = json_object_get_boolean(value) != 0)
STORE(store_parameters, order->parameters = value)

/* Waits for it. What the strings of the task are in is never freed. 0, or -1: it is not one of ours. */
static int
await(struct varlink *conn, struct order *order)
{
	static const struct json_field fields[] = {
		{ "id", store_id, true },
		{ "name", store_name, true },
		{ "until", store_until, true },
		{ "ctl", store_ctl, true },
		{ "record", store_record, true },
		{ "parameters", store_parameters, true },
		{ NULL, NULL, false },
	};
	struct json_object *message;
	struct err err;
	sigset_t set;
	size_t n = 2;
	int ret;

	/* what is not blocked is nothing to the first process of a namespace: a job that is not there yet
	   cannot be asked to end */
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	ret = varlink_read(conn, &message);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	/* the engine is gone, or has no use for this one */
	if (ret != 1)
		_exit(0);
	if (json_fields(message, fields, order, &err) == -1 || conn->nfds < n + order->ctl)
		return -1;
	order->task->conn = conn->fds[0];
	order->task->dir = conn->fds[1];
	if (order->ctl)
		order->task->ctl = conn->fds[n++];
	conn->nfds -= n;
	memmove(conn->fds, conn->fds + n, conn->nfds * sizeof(conn->fds[0]));
	return 0;
}

/*
 * What is the same for every job. What fails, or is not any more what it was made from, the job makes
 * itself: then it is also what says why it cannot.
 */
static void
make_ahead(struct task *task)
{
	struct err err;

	task->ahead = netns_make() == 0;
	/* its /sys is that of the network namespace */
	if (!task->ahead || stage_make(&task->stage, &task->engine->host, &err) == -1)
		stage_drop(&task->stage);
}

static void
run(const struct engine *engine, size_t slot, int sock)
{
	static struct varlink conn;
	static struct job job;
	static struct record record;
	struct task task = { .engine = engine,
		.job = &job,
		.stage = STAGE_NONE,
		.slot = slot,
		.ctl = -1,
		.console = -1,
		.devpts = -1,
		.proc = -1 };
	struct order order = { .task = &task };
	int fds[] = { engine->jobs, engine->over, sock };
	static struct err err;

	prctl(PR_SET_NAME, "berth-spare");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_only(fds, sizeof(fds) / sizeof(fds[0]));
	make_ahead(&task);
	varlink_init(&conn, sock);
	if (await(&conn, &order) == -1)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, 0);
	/* the engine has decoded it before */
	if (job_decode(order.parameters, &conn, &job, &err) == -1)
		_exit(1);
	if (!stage_is_fresh(&task.stage))
		stage_drop(&task.stage);
	if (order.record && record_read(task.dir, &record) == 0)
		task.record = &record;
	supervisor_run(&task);
}
