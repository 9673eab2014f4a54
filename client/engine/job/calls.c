/* SPDX-License-Identifier: ISC */
/*
 * What a client says to the process that it has: see calls.h.
 * TRUST: unprivileged
 * INPUT: messages of a client's
 * MUST: as in calls.h
 */
#include "client/engine/job/calls.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>

#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/lib/json.h"

#define HANGUP_GRACE 2000 /* ms after the terminal is gone: an editor saves what it has */

/* The kernel tells the session when the last master is closed. */
static void
close_terminal(struct process *process)
{
	pty_hang_up(&process->pty);
	process_continue(process);
	if (process->kill_at == 0)
		process->kill_at = clock_ms() + HANGUP_GRACE;
}

/* Its process has nobody any more who reads what it writes. */
static void
end_process(struct watch *watch, struct process *process)
{
	if (process->pty.master != -1 && process->report == -1)
		close_terminal(process);
	else if (process->first)
		watch_end(watch);
	else
		process_signal_group(process, SIGKILL);
}

/* A job that runs without a client had one only to be told of its start. */
static bool
is_alone(const struct watch *watch, const struct process *process)
{
	return process->first && watch->output != NULL;
}

void
calls_hang_up(struct watch *watch, struct client *client)
{
	struct process *process = client->process;

	client_close(client);
	if (process != NULL && !is_alone(watch, process))
		end_process(watch, process);
}

/* What makes no sense ends it at once, and with it a terminal that would be let go of else. */
static void
refuse(struct watch *watch, struct client *client)
{
	struct process *process = client->process;

	client_close(client);
	if (process == NULL || is_alone(watch, process))
		return;
	if (process->first)
		watch_end(watch);
	else
		process_signal_group(process, SIGKILL);
}

int
calls_store_signal(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 1, NSIG - 1, &number) == -1)
		return err_set(err, ERR_USAGE, "not a signal");
	*(int *)out = (int)number;
	return 0;
}

static int
call_signal(struct process *process, struct json_object *parameters)
{
	static const struct json_field fields[] = {
		{ "signal", calls_store_signal, true },
		{ NULL, NULL, false },
	};
	struct err err;
	int number;

	if (json_fields(parameters, fields, &number, &err) == -1)
		return -1;
	process_pass_signal(process, number);
	return 1;
}

/* Only a terminal can be kept for a process: the other streams are the client's own. */
static int
call_detach(struct watch *watch, struct client *client, struct json_object *parameters)
{
	static const struct json_field none[] = { { NULL, NULL, false } };
	struct process *process = client->process;
	struct err err;

	if (client->kind != CLIENT_PROCESS || json_fields(parameters, none, NULL, &err) == -1 ||
	    process->pty.master == -1 || process->report != -1)
		return -1;
	process_continue(process);
	process->unread = true;
	if (process->first)
		watch_detach(watch);
	/* the call is a oneway one: its sender may have left already */
	(void)!reply_detached(client->conn.fd);
	client_close(client);
	return 1;
}

/* 1, or -1 when it is none of it. */
static int
take_call(struct watch *watch, struct client *client, struct json_object *message)
{
	struct process *process = client->kind == CLIENT_ATTACHED ? watch->first : client->process;
	struct call call = { 0 };
	const char *method;
	struct err err;

	if (process == NULL || call_head(message, &call, &method, &err) == -1 || !call.oneway ||
	    call.more)
		return -1;
	if (strcmp(method, BERTH_INTERFACE ".Signal") == 0)
		return call_signal(process, call.parameters);
	if (strcmp(method, BERTH_INTERFACE ".Detach") == 0)
		return call_detach(watch, client, call.parameters);
	return -1;
}

void
calls_take(struct watch *watch, struct client *client)
{
	struct json_object *message;
	int ret = varlink_receive(&client->conn);

	varlink_drop_fds(&client->conn);
	if (ret == -1 && errno == EAGAIN)
		return;
	/* the end of the stream, or a reset because it left answers unread: the client hung up */
	if (ret == 0 || (ret == -1 && errno == ECONNRESET)) {
		calls_hang_up(watch, client);
		return;
	}
	while (ret == 1 && !client->done) {
		ret = varlink_next(&client->conn, &message);
		if (ret == 0)
			return;
		if (ret == 1) {
			ret = take_call(watch, client, message);
			json_object_put(message);
		}
	}
	if (!client->done)
		refuse(watch, client);
}
