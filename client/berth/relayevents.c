/* SPDX-License-Identifier: ISC */
/*
 * What the engine and the job's supervisor answer while a job runs. Contract in relaywait.h.
 * TRUST: unprivileged
 * INPUT: the engine's answers
 * MUST: as relay.h says
 */
#include "client/berth/relaywait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/attach.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/berth/secrets.h"
#include "client/berth/view.h"
#include "client/lib/json.h"

/* The descriptor that came with "started"; the relay's own from then on, or -1. */
static int
take_master(const struct wait *wait, struct json_object *params)
{
	int fd = engine_fd(wait->conn, params, "terminal");

	varlink_drop_fds(wait->conn);
	return (fd);
}

/* Each channel closes its own end, so each gets a descriptor of the master. */
int
relay_keys(struct relay *relay, struct err *err)
{
	struct terminal *terminal = relay->terminal;
	struct channel *channel;

	if (terminal->in < 0)
		return (0);
	channel = &relay->chans[relay->nchans++];
	*channel = (struct channel){ .from = terminal->in, .input = true, .keys = terminal };
	channel->to = fcntl(terminal->master, F_DUPFD_CLOEXEC, 3);
	return (channel->to < 0 ? err_sys(err, "cannot use the job's terminal") : 0);
}

static int
open_terminal(struct relay *relay, int master, struct err *err)
{
	struct terminal *terminal = relay->terminal;
	struct channel *channel;

	if (terminal_start(terminal, master, err) != 0 || relay_keys(relay, err) != 0)
		return (-1);
	channel = &relay->chans[relay->nchans++];
	*channel = (struct channel){ .to = STDOUT_FILENO };
	channel->from = fcntl(master, F_DUPFD_CLOEXEC, 3);
	return (channel->from < 0 ? err_sys(err, "cannot use the job's terminal") : 0);
}

static int
take_started(struct wait *wait, struct json_object *params, struct err *err)
{
	int master = take_master(wait, params);
	struct relay *relay = wait->relay;

	wait->started = true;
	message_debug(wait->cli, relay->kind == RELAY_RUN ? "the job runs" : "the command runs");
	snprintf(relay->id, sizeof(relay->id), "%s", engine_text(params, "id"));
	snprintf(relay->name, sizeof(relay->name), "%s", engine_text(params, "name"));
	if (relay->job != NULL)
		secrets_close(relay->job);
	if (cidfile_write(relay->cidfile, relay->id, err) != 0) {
		io_close(&master);
		return (-1);
	}
	if (relay->detach)
		wait->status = 0;
	else if (relay->terminal != NULL)
		return (open_terminal(relay, master, err));
	io_close(&master);
	return (0);
}

static void
take_result(struct wait *wait, struct json_object *params)
{
	wait->status = (int)(json_number(params, "status", EXIT_BERTH) & 0xff);
	wait->result = json_object_get(params);
}

static int
take_event(struct wait *wait, struct json_object *params, struct err *err)
{
	const char *event = engine_text(params, "event");

	if (strcmp(event, "started") == 0 && !wait->started && wait->relay->attach == NULL)
		return (take_started(wait, params, err));
	if (mapcall_is(params) && !wait->started && wait->relay->kind == RELAY_RUN)
		return (mapcall_serve(&wait->relay->maps, wait->conn, params, err));
	if (mapcall_is_refusal(params) && !wait->started)
		wait->relay->maps.unsupported = true;
	if (strcmp(event, "attached") == 0 && !wait->started && wait->relay->attach != NULL) {
		wait->started = true;
		return (attach_begin(wait->relay, wait->conn, params, err));
	}
	if (strcmp(event, "exited") == 0) {
		take_result(wait, params);
		if (wait->relay->attach != NULL)
			attach_end(wait->relay->attach, wait->conn, params);
	}
	if (strcmp(event, "detached") == 0) {
		wait->status = 0;
		wait->detached = wait->abandoned = true;
	}
	return (0);
}

/* Takes all answers that have come. 0, or -1 with err. */
int
relay_answers(struct wait *wait, struct err *err)
{
	struct json_object *message, *params;
	int rc;

	while (wait->status < 0 && (rc = varlink_next(wait->conn, &message)) != 0) {
		if (rc < 0)
			return (err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed"));
		rc = engine_answer(wait->cli, message, &params, err);
		if (rc == 0)
			rc = take_event(wait, params, err);
		json_object_put(message);
		if (rc != 0)
			return (-1);
	}
	return (0);
}

/* A grant that ends takes all that runs on it along, supervisors too. */
static void
explain_loss(const struct wait *wait, struct err *err)
{
	struct err ended;
	const char *how;

	(void)err_set(&ended, ERR_UNAVAILABLE, "the job was ended, with its grant");
	how = view_ended(wait->since, &ended);
	if (how == NULL)
		return;
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "%s", how);
	(void)err_todo(&ended, "see what is left:  berth info");
	*err = ended;
}

int
relay_receive(struct wait *wait, struct err *err)
{
	int rc = varlink_receive(wait->conn);

	if (rc == 1)
		return (relay_answers(wait, err));
	if (rc < 0 && (errno == EINTR || errno == EAGAIN))
		return (0);
	err_set(err, ERR_UNAVAILABLE, "the connection to the job was lost");
	err_why(
	    err, wait->started
		     ? "its supervisor was killed, and the job with it"
		     : "the job was removed or killed while it was set up, or the engine ended");
	if (!wait->started && wait->relay->kind != RELAY_RUN)
		err_why(err, "the engine or the job's supervisor ended before it answered");
	(void)err_todo(err, "see what runs:  berth ps");
	explain_loss(wait, err);
	return (-1);
}

int
relay_tell(const struct wait *wait, const char *method, struct json_object *params, struct err *err)
{
	struct json_object *call = varlink_oneway(method, params);
	int rc = call == NULL ? -1 : varlink_write(wait->conn->fd, &call, 1, NULL, 0);

	json_object_put(call);
	/* The job has just ended: its result lies behind this in the socket. */
	if (rc != 0 && errno != EPIPE && errno != ECONNRESET)
		return (err_sys(err, "cannot tell the job"));
	return (0);
}
