/* SPDX-License-Identifier: ISC */
/*
 * Calls to the engine. Contract in engine.h.
 * TRUST: unprivileged
 * INPUT: what the engine answers
 * MUST: as engine.h says
 */
#include "client/berth/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/message.h"
#include "client/lib/json.h"

/* An engine that was stopped with a signal, say. */
#define ANSWER_MS 30000

const char *
engine_text(struct json_object *params, const char *name)
{
	const char *text = json_text(params, name);

	return (text != NULL ? text : "");
}

/* The engine's three lines; it has escaped them, a hostile one has not. */
static int
take_lines(struct json_object *params, enum err_code code, struct err *err)
{
	err_set(err, code, "the engine gave no reason");
	if (engine_text(params, "what")[0] != '\0')
		message_foreign(err->what, engine_text(params, "what"));
	message_foreign(err->why, engine_text(params, "why"));
	message_foreign(err->todo, engine_text(params, "todo"));
	return (-1);
}

static enum err_code
code_of(int64_t number)
{
	static const enum err_code known[] = { ERR_FAILED, ERR_USAGE, ERR_UNAVAILABLE, ERR_BUG,
		ERR_SYSTEM, ERR_REFUSED, ERR_CONFIG };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((int64_t)known[i] == number)
			return (known[i]);
	}
	return (ERR_FAILED);
}

static int
explain_error(struct cli *cli, const char *name, struct json_object *params, struct err *err)
{
	if (strcmp(name, BERTH_INTERFACE ".Refused") == 0) {
		snprintf(cli->reason, sizeof(cli->reason), "%s", engine_text(params, "reason"));
		return (take_lines(params, ERR_REFUSED, err));
	}
	if (strcmp(name, BERTH_INTERFACE ".Failed") == 0)
		return (take_lines(params, code_of(json_number(params, "code", 0)), err));
	if (strcmp(name, BERTH_INTERFACE ".Busy") == 0) {
		snprintf(cli->reason, sizeof(cli->reason), "busy");
		err_set(err, ERR_FAILED, "the engine is busy");
		err_why(err, "jobs that run: %lld", (long long)json_number(params, "jobs", 0));
		return (err_todo(err, "end them too:  berth daemon stop --force"));
	}
	err_set(err, ERR_UNAVAILABLE, "the engine does not understand this call");
	err_why(err, "it answered %s; it may be of another version", name);
	return (err_todo(err, "end it, the next call starts a new one:  berth daemon stop"));
}

static int
malformed(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed");
	return (err_todo(err, "end it, the next call starts a new one:  berth daemon stop"));
}

int
engine_answer(
    struct cli *cli, struct json_object *message, struct json_object **params, struct err *err)
{
	struct json_object *error;

	if (!json_object_object_get_ex(message, "parameters", params) ||
	    !json_object_is_type(*params, json_type_object))
		*params = message;
	if (!json_object_object_get_ex(message, "error", &error))
		return (0);
	if (!json_object_is_type(error, json_type_string))
		return (malformed(err));
	return (explain_error(cli, json_object_get_string(error), *params, err));
}

static bool
was_not_served(int rc, int errnum)
{
	return (rc == 0 || errnum == ECONNRESET || errnum == EPIPE);
}

/* Says something when the engine is of another version; 0, or -1 with err. */
static int
judge_greeting(const struct way *way, struct json_object *message, struct err *err)
{
	struct json_object *params;
	struct cli scratch = *way->cli;

	if (engine_answer(&scratch, message, &params, err) != 0)
		return (-1);
	if (json_number(params, "uid", 0) != (int64_t)way->cli->uid)
		return (err_set(err, ERR_UNAVAILABLE, "the engine at %s serves somebody else",
		    way->address.sun_path));
	if (strcmp(engine_text(params, "version"), BERTH_VERSION) != 0)
		message_warning(way->cli,
		    "the engine is of version %s, this is " BERTH_VERSION
		    "; when its jobs have ended:  berth daemon stop",
		    engine_text(params, "version"));
	return (0);
}

/* 0: the greeting is there; 1: we were not served; -1 with err. */
static int
greet(const struct way *way, struct varlink *conn, struct err *err)
{
	struct pollfd poll_conn = { .fd = conn->fd, .events = POLLIN };
	struct json_object *message;
	int rc;

	do
		rc = poll(&poll_conn, 1, ANSWER_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0) {
		err_set(err, ERR_UNAVAILABLE, "the engine does not answer");
		err_why(err, "it accepted the call, but did not greet within %d seconds",
		    ANSWER_MS / 1000);
		return (err_todo(err, "an administrator can end it:  sudo berth daemon stop"));
	}
	rc = varlink_read(conn, &message);
	if (rc != 1)
		return (was_not_served(rc, errno) ? 1 : malformed(err));
	rc = judge_greeting(way, message, err);
	json_object_put(message);
	return (rc);
}

static struct json_object *
make_hello(void)
{
	struct json_object *params = json_object_new_object();

	json_object_object_add(params, "client", json_object_new_string(BERTH_VERSION));
	return (varlink_call(BERTH_INTERFACE ".Hello", params, false));
}

/* As engine_open, with the messages made. */
static int
exchange(struct way *way, const struct engine_call *call, struct json_object *const messages[2],
    struct varlink *conn, struct err *err)
{
	for (;;) {
		int fd = -1, rc;

		if ((rc = way_connect(way, &fd, err)) != 0)
			return (rc);
		varlink_init(conn, fd);
		if (varlink_send(fd, messages, 2, call->fds, call->nfds) == 0)
			rc = greet(way, conn, err);
		else if (was_not_served(-1, errno))
			rc = 1;
		else
			rc = err_sys(err, "cannot send the call to the engine");
		if (rc == 0)
			return (0);
		varlink_close(conn);
		if (rc < 0 || way_again(way, err) != 0)
			return (-1);
	}
}

/*
 * There is a grant now, and its engine was just started: the one that was there without a grant
 * leaves as soon as no job runs in it. Its jobs go on, and nobody else finds it any more.
 */
static void
retire_rootless(const struct way *way)
{
	struct json_object *args = json_object_new_object();
	struct engine_call call = { .method = "Stop", .params = args };
	struct json_object *message;
	struct way other;
	struct varlink conn;
	struct err ignored;

	json_object_object_add(args, "when_idle", json_object_new_boolean(1));
	if (way_rootless(&other, way->cli) != 0) {
		json_object_put(args);
		return;
	}
	if (engine_open(&other, &call, &conn, &ignored) != 0)
		return;
	if (varlink_read(&conn, &message) == 1)
		json_object_put(message);
	varlink_close(&conn);
}

int
engine_open(struct way *way, struct engine_call *call, struct varlink *conn, struct err *err)
{
	char method[64];
	struct json_object *messages[2];
	int rc;

	snprintf(method, sizeof(method), BERTH_INTERFACE ".%s", call->method);
	messages[0] = make_hello();
	messages[1] = varlink_call(method, call->params, call->more);
	call->params = NULL;
	if (messages[0] == NULL || messages[1] == NULL)
		rc = err_set(err, ERR_SYSTEM, "out of memory");
	else
		rc = exchange(way, call, messages, conn, err);
	message_progress_end();
	if (rc == 0)
		message_debug(way->cli, "the engine took the call %s", call->method);
	json_object_put(messages[0]);
	json_object_put(messages[1]);
	if (rc == 0 && way->started && !way->rootless)
		retire_rootless(way);
	return (rc);
}

int
engine_ask(struct cli *cli, const char *method, struct json_object *args,
    struct json_object **params, struct err *err)
{
	struct engine_call call = { .method = method, .params = args };
	struct json_object *message;
	struct varlink conn;
	struct way way;
	int rc;

	if (way_init(&way, cli, false, err) != 0) {
		json_object_put(args);
		return (-1);
	}
	if ((rc = engine_open(&way, &call, &conn, err)) != 0)
		return (rc);
	rc = varlink_read(&conn, &message);
	if (rc != 1) {
		varlink_close(&conn);
		err_set(err, ERR_UNAVAILABLE, "the engine ended before it answered");
		return (err_todo(err, "see what runs:  berth daemon state"));
	}
	rc = engine_answer(cli, message, params, err);
	if (rc == 0)
		json_object_get(*params);
	json_object_put(message);
	varlink_close(&conn);
	return (rc);
}
