/* SPDX-License-Identifier: ISC */
/*
 * Everything that the engine and its supervisors say to a client: see reply.h.
 * TRUST: unprivileged
 * INPUT: texts of ours that may carry hostile parts, already escaped by err_set
 * MUST: as in reply.h
 */
#include "client/engine/api/reply.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "client/engine/job/handover.h"
#include "client/lib/json.h"
#include "client/lib/varlink.h"

/* Of a process that serves one client: see reply_waits. */
static bool waits;

void
reply_waits(void)
{
	waits = true;
}

/* Sends and frees; status tells whether its parameters are whole. */
static int
send_message(int fd, struct json_object *message, int status, const int fds[], size_t nfds)
{
	int ret = -1;

	if (status == 0 && message != NULL)
		ret = (waits ? varlink_write : varlink_send)(fd, &message, 1, fds, nfds);
	json_object_put(message);
	return ret;
}

static int
send_reply(int fd, const char *error, struct json_object *parameters, int status)
{
	return send_message(fd, varlink_reply(error, parameters, false), status, NULL, 0);
}

int
reply_send(int fd, struct json_object *parameters)
{
	return send_reply(fd, NULL, parameters, 0);
}

int
reply_error(int fd, const char *error, struct json_object *parameters, int status)
{
	char name[64];

	snprintf(name, sizeof(name), BERTH_INTERFACE ".%s", error);
	return send_reply(fd, name, parameters, status);
}

static int
put_lines(struct json_object *parameters, const struct err *err)
{
	return json_put_text(parameters, "what", err->what) |
	       json_put_text(parameters, "why", err->why) |
	       json_put_text(parameters, "todo", err->todo);
}

int
reply_failed(int fd, const struct err *err)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_number(parameters, "code", err->code);

	status |= put_lines(parameters, err);
	return send_reply(fd, BERTH_INTERFACE ".Failed", parameters, status);
}

int
reply_refused(int fd, const struct decision *decision, const struct err *err)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "reason", refusal_name(decision->refusal));

	status |= put_lines(parameters, err);
	status |= json_put_text(parameters, "file", decision->by == NULL ? "" : decision->by->file);
	status |= json_put_number(parameters, "line", decision->line);
	return send_reply(fd, BERTH_INTERFACE ".Refused", parameters, status);
}

int
reply_busy(int fd, size_t jobs)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_number(parameters, "jobs", (int64_t)jobs);

	return send_reply(fd, BERTH_INTERFACE ".Busy", parameters, status);
}

int
reply_service(int fd, const char *error, const char *key, const char *value)
{
	struct json_object *parameters = json_object_new_object();
	int status = 0;
	char name[64];

	if (key != NULL)
		status = json_put_text(parameters, key, value);
	snprintf(name, sizeof(name), "org.varlink.service.%s", error);
	return send_reply(fd, name, parameters, status);
}

int
reply_invalid(int fd, const struct err *err)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(err->what, ":"), err->what);
	return reply_service(fd, "InvalidParameter", "parameter", name);
}

struct named_fd {
	const char *name;
	int fd; /* -1: not there */
};

/* As send_reply, with descriptors. */
static int
send_with(int fd, struct json_object *parameters, int status, bool continues, const int fds[],
    size_t nfds)
{
	return send_message(fd, varlink_reply(NULL, parameters, continues), status, fds, nfds);
}

int
reply_started(int fd, const struct task *task, int terminal, bool last)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "started");

	status |= json_put_text(parameters, "id", task->id);
	status |= json_put_text(parameters, "name", task->name);
	if (terminal != -1)
		status |= json_put_number(parameters, "terminal", 0);
	return send_with(fd, parameters, status, !last, &terminal, terminal == -1 ? 0 : 1);
}

int
reply_map(int fd, const struct handover *wanted, const int fds[HANDOVER_FDS])
{
	static const char *const names[HANDOVER_FDS] = { "namespace", "directory", "reply" };
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "map");

	status |= json_put_text(parameters, "source", wanted->source);
	status |= json_put_number(parameters, "uid", wanted->uid);
	status |= json_put_number(parameters, "gid", wanted->gid);
	for (size_t i = 0; i < HANDOVER_FDS; i++)
		status |= json_put_number(parameters, names[i], (int64_t)i);
	return send_with(fd, parameters, status, true, fds, HANDOVER_FDS);
}

int
reply_unmappable(int fd)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "unmappable");

	return send_with(fd, parameters, status, true, NULL, 0);
}

/* The descriptors that are there, and under these names which they are. */
static int
send_named(int fd, struct json_object *parameters, int status, bool continues,
    const struct named_fd *named, size_t n)
{
	int fds[3];
	size_t nfds = 0;

	for (size_t i = 0; i < n && i < 3; i++) {
		if (named[i].fd == -1)
			continue;
		status |= json_put_number(parameters, named[i].name, (int64_t)nfds);
		fds[nfds++] = named[i].fd;
	}
	return send_with(fd, parameters, status, continues, fds, nfds);
}

int
reply_attached(int fd, const struct attached *attached)
{
	const struct named_fd named[] = { { "log", attached->log }, { "input", attached->input },
		{ "terminal", attached->terminal } };
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "attached");

	return send_named(fd, parameters, status, true, named, 3);
}

int
reply_descriptor(int fd, int descriptor)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_number(parameters, "fd", 0);

	return send_with(fd, parameters, status, false, &descriptor, 1);
}

int
reply_not_running(int fd, const char *job, const char *state)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "job", job);

	status |= json_put_text(parameters, "state", state);
	return send_reply(fd, BERTH_INTERFACE ".NotRunning", parameters, status);
}

int
reply_detached(int fd)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "detached");

	return send_reply(fd, NULL, parameters, status);
}

static int
put_outcome(struct json_object *parameters, const struct outcome *outcome)
{
	return json_put_number(parameters, "status", outcome->status) |
	       json_put_text(parameters, "reason", outcome->reason) |
	       json_put_text(parameters, "why", outcome->why);
}

/* The end of a command, with the files of its log if there are any. */
static int
send_end(int fd, struct json_object *parameters, int status, const struct outcome *outcome,
    const struct log_files *files)
{
	const struct named_fd named[] = { { "older", files != NULL ? files->older : -1 },
		{ "log", files != NULL ? files->log : -1 } };

	status |= put_outcome(parameters, outcome);
	return send_named(fd, parameters, status, false, named, 2);
}

int
reply_exited(int fd, const struct outcome *outcome, const struct log_files *files)
{
	struct json_object *parameters = json_object_new_object();
	int status = json_put_text(parameters, "event", "exited");

	return send_end(fd, parameters, status, outcome, files);
}

int
reply_status(int fd, const struct outcome *outcome, const struct log_files *files)
{
	return send_end(fd, json_object_new_object(), 0, outcome, files);
}
