/* SPDX-License-Identifier: ISC */
/*
 * Calls to the engine. Contract in engine.h.
 * TRUST: unprivileged
 * INPUT: what the engine answers
 * MUST: as engine.h says
 */
#include "client/berth/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/hold.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

/*
 * An engine takes a call at once: it waits for nobody. One that does not for so long hangs; it was
 * stopped with a signal, say.
 */
#define ANSWER_MS 10000
#define ANSWER_NOTE_MS 2000
#define PROBE_MS 2000 /* for the greeting of one that is only asked whether it answers */

const char *
engine_text(struct json_object *params, const char *name)
{
	const char *text = json_text(params, name);

	return (text != NULL ? text : "");
}

int
engine_fd(const struct varlink *conn, struct json_object *params, const char *name)
{
	int64_t index = json_number(params, name, -1);

	if (index < 0 || (uint64_t)index >= conn->nfds)
		return (-1);
	return (fcntl(conn->fds[index], F_DUPFD_CLOEXEC, 3));
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

/* What the engine says of a job that was named: each is a failure, and has its reason. */
static const struct job_error {
	const char *name, *reason;
	const char *member, *what; /* the text of this member stands behind what */
	const char *cause, *why; /* the same, of the second line; cause may be NULL */
	const char *todo;
} job_errors[] = {
	{ "NoSuchJob", "no_such_job", "job", "no such job", NULL,
	    "none has this name, or an id that begins so", "berth ps -a  shows them" },
	{ "AmbiguousJob", "ambiguous", "job", "ambiguous", NULL,
	    "more than one job has an id that begins so", "berth ps -a --no-trunc  shows them" },
	{ "NotRunning", "not_running", "job", "not running", "state",
	    "its state: ", "start it again:  berth start" },
	{ "Running", "running", "job", "the job is running", NULL, "",
	    "end it first:  berth stop" },
	{ "NameTaken", "name_taken", "name", "the name is in use", "id", "by the job ",
	    "choose another one, or remove that job:  berth rm" },
	{ "NoSuchVolume", "no_such_volume", "volume", "no such volume", NULL, "none has this name",
	    "berth volume ls  shows them" },
	{ "VolumeInUse", "volume_in_use", "volume", "the volume is in use", "why", "",
	    "end and remove those that use it first:  berth rm" },
};

/* Between two runs it can neither be entered nor started. */
static bool
is_between(struct json_object *params)
{
	return (strcmp(engine_text(params, "state"), "restarting") == 0);
}

static int
explain_job(
    struct cli *cli, const struct job_error *error, struct json_object *params, struct err *err)
{
	char text[ERR_LINE];

	snprintf(cli->reason, sizeof(cli->reason), "%s", error->reason);
	message_foreign(text, engine_text(params, error->member));
	/* Escaped already: err_set would do that once more. */
	err_set(err, ERR_FAILED, "%s", "");
	snprintf(err->what, sizeof(err->what), "%s: %.600s",
	    is_between(params) ? "not running" : error->what, text);
	message_foreign(text, error->cause != NULL ? engine_text(params, error->cause) : "");
	snprintf(err->why, sizeof(err->why), "%s%.600s", error->why, text);
	if (!is_between(params))
		return (err_todo(err, "%s", error->todo));
	err_why(err, "its state: restarting");
	return (err_todo(err, "wait for its next run, or end it:  berth stop"));
}

/* NULL: it is not one of those. */
static const struct job_error *
find_job_error(const char *name)
{
	if (strncmp(name, BERTH_INTERFACE ".", sizeof(BERTH_INTERFACE)) != 0)
		return (NULL);
	for (size_t i = 0; i < sizeof(job_errors) / sizeof(job_errors[0]); i++) {
		if (strcmp(name + sizeof(BERTH_INTERFACE), job_errors[i].name) == 0)
			return (&job_errors[i]);
	}
	return (NULL);
}

static int
explain_error(struct cli *cli, const char *name, struct json_object *params, struct err *err)
{
	const struct job_error *about = find_job_error(name);

	if (about != NULL)
		return (explain_job(cli, about, params, err));
	if (strcmp(name, BERTH_INTERFACE ".Refused") == 0) {
		snprintf(cli->reason, sizeof(cli->reason), "%s", engine_text(params, "reason"));
		return (take_lines(params, ERR_REFUSED, err));
	}
	if (strcmp(name, BERTH_INTERFACE ".Failed") == 0)
		return (take_lines(
		    params, err_code_of((int)json_number(params, "code", 0), ERR_FAILED), err));
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

/* As varlink_read, but -1 with ETIMEDOUT when it takes longer than limit milliseconds, if any. */
static int
read_within(const struct way *way, struct varlink *conn, int limit, struct json_object **message)
{
	struct pollfd poll_conn = { .fd = conn->fd, .events = POLLIN };
	int64_t began = way_elapsed(way);
	bool noted = false;
	char who[64];

	for (;;) {
		int waited = (int)(way_elapsed(way) - began), rc = varlink_next(conn, message);

		if (rc != 0)
			return (rc);
		errno = ETIMEDOUT;
		if (limit >= 0 && waited >= limit)
			return (-1);
		if (limit >= 0 && waited >= ANSWER_NOTE_MS && !noted) {
			peer_describe(&way->peer, who, sizeof(who));
			message_note(way->cli, "waiting for %s", who);
			noted = true;
		}
		rc = hold_poll(
		    way, &poll_conn, 1, limit < 0 ? -1 : (noted ? limit : ANSWER_NOTE_MS) - waited);
		if (rc < 0 && errno != EINTR)
			return (-1);
		if (rc > 0 && (rc = varlink_receive(conn)) != 1)
			return (rc);
	}
}

static struct json_object *
make_hello(void)
{
	struct json_object *params = json_object_new_object();

	json_object_object_add(params, "client", json_object_new_string(BERTH_VERSION));
	return (varlink_call(BERTH_INTERFACE ".Hello", params, false));
}

/* Whoever else serves this connection now does not: does the engine itself greet somebody new? */
static bool greets(const struct way *way) __attribute__((noinline));

static bool
greets(const struct way *way)
{
	struct json_object *hello = make_hello(), *answer = NULL;
	struct way other = *way;
	struct varlink conn;
	struct err ignored;
	bool does = false;
	int fd = -1;

	other.start = false;
	if (hello != NULL && way_connect(&other, &fd, &ignored) == 0) {
		varlink_init(&conn, fd);
		does = varlink_write(fd, &hello, 1, NULL, 0) == 0 &&
		       read_within(&other, &conn, PROBE_MS, &answer) == 1;
		json_object_put(answer);
		varlink_close(&conn);
	}
	json_object_put(hello);
	return (does);
}

/* An engine hands calls on to what looks after the job, which takes them when the job runs. */
static int
nobody_answers(const struct way *way, int waited, struct err *err)
{
	if (!greets(way))
		return (peer_hangs(&way->peer, waited, err));
	err_set(err, ERR_UNAVAILABLE, "there was no answer for %d seconds", waited / 1000);
	err_why(err, "the engine is well: the job is still being set up, or stopped");
	return (err_todo(err, "try again when it runs; its state:  berth ps -a"));
}

/* 0: the engine was woken, or is gone, because its user said so; -1 with err. */
static int
hangs(struct way *way, const struct varlink *conn, int waited, struct err *err)
{
	char who[64];

	/* At an address of the caller's choice it may be anything. */
	if (!way->end_hung || way->cli->host != NULL)
		return (nobody_answers(way, waited, err));
	peer_describe(&way->peer, who, sizeof(who));
	switch (peer_end(conn->fd, &way->peer, way->woken, err)) {
	case PEER_WOKEN:
		way->woken = true;
		message_warning(way->cli, "%s was stopped, and goes on now", who);
		return (0);
	case PEER_KILLED:
		way->killed = true;
		message_warning(way->cli, "%s did not answer and was killed; its jobs go on", who);
		return (0);
	case PEER_INVALID:
	case PEER_FAILED:
		break;
	}
	return (-1);
}

/* 1 and *message; 0: the connection ended, or its engine was ended; -1 with err. */
static int
await(
    struct way *way, struct varlink *conn, int limit, struct json_object **message, struct err *err)
{
	int rc;

	while ((rc = read_within(way, conn, limit, message)) < 0 && errno == ETIMEDOUT) {
		if (hangs(way, conn, limit, err) < 0)
			return (-1);
		if (way->killed)
			return (0);
	}
	if (rc == 1)
		return (1);
	return (was_not_served(rc, errno) ? 0 : malformed(err));
}

/* 0, or -1 with err. */
static int
judge_greeting(struct way *way, struct json_object *message, struct err *err)
{
	struct json_object *params;
	struct cli scratch = *way->cli;

	if (engine_answer(&scratch, message, &params, err) != 0)
		return (-1);
	if (json_number(params, "uid", 0) != (int64_t)way->cli->uid)
		return (err_set(err, ERR_UNAVAILABLE, "the engine at %s serves somebody else",
		    way->address.sun_path));
	if (strcmp(engine_text(params, "version"), BERTH_VERSION) != 0)
		snprintf(way->version, sizeof(way->version), "%s", engine_text(params, "version"));
	return (0);
}

int
engine_greet(struct way *way, struct varlink *conn, struct err *err)
{
	struct json_object *message;
	int64_t began = way_elapsed(way);
	int rc = await(way, conn, ANSWER_MS, &message, err);

	if (rc == 0)
		way->waited += way_elapsed(way) - began;
	if (rc != 1)
		return (rc == 0 ? 1 : -1);
	rc = judge_greeting(way, message, err);
	json_object_put(message);
	return (rc);
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
		hold_begin(way);
		if (varlink_write(fd, messages, 2, call->fds, call->nfds) == 0)
			rc = engine_greet(way, conn, err);
		else if (was_not_served(-1, errno))
			rc = 1;
		else
			rc = err_sys(err, "cannot send the call to the engine");
		if (rc == 0)
			return (0);
		hold_end(way);
		varlink_close(conn);
		if (rc > 0 && way->killed && !way->start)
			return (1);
		if (rc < 0 || way_again(way, err) != 0)
			return (-1);
	}
}

/* A call within a call: not in the frame of the first. */
static bool ask_to_retire(struct way *way) __attribute__((noinline));

/* Asks the engine at the end of this way to leave as soon as no job runs: has it agreed? */
static bool
ask_to_retire(struct way *way)
{
	struct json_object *answer = NULL, *args = json_object_new_object();
	struct engine_call call = { .method = "Stop", .params = args };
	struct err ignored;
	int rc;

	json_object_object_add(args, "when_idle", json_object_new_boolean(1));
	rc = engine_call(way, &call, &answer, &ignored);
	json_object_put(answer);
	return (rc == 0);
}

/*
 * There is a grant now, and its engine was just started: the one that was there without a grant
 * leaves as soon as no job runs in it. Its jobs go on, and nobody else finds it any more.
 */
static void
retire_rootless(const struct way *way)
{
	struct way other;

	if (way_rootless(&other, way->cli) == 0)
		(void)ask_to_retire(&other);
}

bool
engine_retire(struct cli *cli)
{
	struct way other;
	struct err ignored;

	if (way_init(&other, cli, false, &ignored) != 0)
		return (false);
	other.skew_told = true;
	return (ask_to_retire(&other));
}

/*
 * An engine of another version goes on serving, for its jobs cannot change theirs; but no longer
 * than for them. Who only asks something, or calls at an address of their own, changes nothing.
 */
static void
tell_skew(struct way *way)
{
	bool agreed;

	if (way->version[0] == '\0' || way->skew_told)
		return;
	way->skew_told = true;
	agreed = way->start && way->standard && engine_retire(way->cli);
	message_warning(way->cli, "the engine is of version %s, this is " BERTH_VERSION "%s",
	    way->version,
	    agreed ? "; it leaves when no job runs"
		   : "; when its jobs have ended:  berth daemon stop");
}

static int
make_messages(struct engine_call *call, struct json_object *messages[2], struct err *err)
{
	char method[64];

	snprintf(method, sizeof(method), BERTH_INTERFACE ".%s", call->method);
	messages[0] = make_hello();
	messages[1] = varlink_call(method, call->params, call->more);
	call->params = NULL;
	if (messages[0] == NULL || messages[1] == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (0);
}

int
engine_send(struct engine_call *call, struct varlink *conn, struct err *err)
{
	struct json_object *messages[2];
	int rc = make_messages(call, messages, err);

	if (rc == 0 && varlink_write(conn->fd, messages, 2, call->fds, call->nfds) != 0)
		rc = was_not_served(-1, errno) ? 1
					       : err_sys(err, "cannot send the call to the engine");
	json_object_put(messages[0]);
	json_object_put(messages[1]);
	return (rc);
}

int
engine_open(struct way *way, struct engine_call *call, struct varlink *conn, struct err *err)
{
	struct json_object *messages[2];
	int rc = make_messages(call, messages, err);

	if (rc == 0)
		rc = exchange(way, call, messages, conn, err);
	message_progress_end();
	if (rc == 0)
		message_debug(way->cli, "the engine took the call %s", call->method);
	if (rc == 0)
		tell_skew(way);
	json_object_put(messages[0]);
	json_object_put(messages[1]);
	if (rc == 0 && way->started && !way->rootless)
		retire_rootless(way);
	return (rc);
}

int
engine_next(struct way *way, struct varlink *conn, int patience, struct engine_answer *answer,
    struct err *err)
{
	int rc = await(way, conn, patience != 0 ? patience : ANSWER_MS, &answer->message, err);

	answer->params = NULL;
	way->hung_up = rc == 0;
	if (rc == 0) {
		err_set(err, ERR_UNAVAILABLE, "the engine ended before it answered");
		return (err_todo(err, "see what runs:  berth daemon state"));
	}
	if (rc < 0) {
		answer->message = NULL;
		return (-1);
	}
	return (engine_answer(way->cli, answer->message, &answer->params, err));
}

int
engine_call(struct way *way, struct engine_call *call, struct json_object **params, struct err *err)
{
	struct engine_answer answer = { .message = NULL };
	struct varlink conn;
	int rc;

	*params = NULL;
	if ((rc = engine_open(way, call, &conn, err)) != 0)
		return (rc);
	rc = engine_next(way, &conn, call->patience, &answer, err);
	varlink_close(&conn);
	if (way->hung_up && way->killed)
		return (1);
	*params = json_object_get(answer.params);
	json_object_put(answer.message);
	return (rc);
}

int
engine_ask(struct cli *cli, const char *method, struct json_object *args,
    struct json_object **params, struct err *err)
{
	struct engine_call call = { .method = method, .params = args };
	struct way way;
	int rc;

	if (way_init(&way, cli, false, err) != 0) {
		json_object_put(args);
		return (-1);
	}
	rc = engine_call(&way, &call, params, err);
	if (rc != 0) {
		json_object_put(*params);
		*params = NULL;
	}
	return (rc);
}
