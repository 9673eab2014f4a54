/* SPDX-License-Identifier: ISC */
/*
 * The socket ctl of a job: see control.h.
 * TRUST: unprivileged
 * INPUT: whoever of the user's connects; the messages and descriptors of the user's clients
 * MUST: as in control.h
 */
#include "client/engine/job/control.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/job/calls.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/exec.h"
#include "client/engine/owner.h"
#include "client/lib/json.h"
#include "common/io.h"

#define SILENCE_MAX 5000 /* ms; an engine sends at once */
#define ACCEPT_PAUSE 100 /* ms, when there is no descriptor for one more */
#define CLIENTS_WAITING \
	(CLIENTS_MAX - 32) /* the rest of the room is for calls that are answered at once */
#define LAST_WAIT 1000 /* for those who have connected when the job was over */
#define STOP_SECONDS 10
#define STOP_SECONDS_MAX 86400

/* A call on its way to its method. */
struct handed {
	struct watch *watch;
	struct client *client;
	struct json_object *parameters;
	const struct varlink *fds; /* what came with it, less the client's connection */
};

/* What the parameters of the small methods are. */
struct wanted {
	const char *job;
	int signal;
	int64_t seconds;
	const char *what;
};

static int
store_job(void *out, struct json_object *value, struct err *err)
{
	((struct wanted *)out)->job = json_string(value);
	return json_string(value) == NULL ? err_set(err, ERR_USAGE, "not a text") : 0;
}

static int
store_signal(void *out, struct json_object *value, struct err *err)
{
	return calls_store_signal(&((struct wanted *)out)->signal, value, err);
}

static int
store_seconds(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 0, STOP_SECONDS_MAX, &((struct wanted *)out)->seconds) == -1)
		return err_set(err, ERR_USAGE, "not a number of seconds");
	return 0;
}

static int
store_what(void *out, struct json_object *value, struct err *err)
{
	((struct wanted *)out)->what = json_string(value);
	return json_string(value) == NULL ? err_set(err, ERR_USAGE, "not a text") : 0;
}

/* 0, or -1: the client was told, and is closed. */
static int
take_parameters(const struct handed *call, const struct json_field *fields, struct wanted *wanted)
{
	struct err err;

	if (json_fields(call->parameters, fields, wanted, &err) == 0)
		return 0;
	(void)!reply_invalid(call->client->conn.fd, &err);
	client_close(call->client);
	return -1;
}

static const struct json_field only_job[] = {
	{ "job", store_job, true },
	{ NULL, NULL, false },
};

/* True when the job's command runs; else the client was told, and is closed. */
static bool
check_running(const struct handed *call)
{
	const struct record *record = &call->watch->record;

	if (watch_is_running(call->watch))
		return true;
	(void)!reply_not_running(call->client->conn.fd,
	    record->name[0] != '\0' ? record->name : call->watch->task->id,
	    record_state_name(record->state));
	client_close(call->client);
	return false;
}

static void
serve_exec(const struct handed *call)
{
	if (check_running(call))
		exec_serve(call->watch, call->client, call->parameters, call->fds);
}

static void
refuse_attach(const struct handed *call)
{
	struct err err;

	err_set(&err, ERR_FAILED, "job %s runs in the foreground", call->watch->task->name);
	err_why(&err, "its client has what it writes");
	err_todo(&err, "a new process in it:  berth exec -it %s sh", call->watch->task->name);
	(void)!reply_failed(call->client->conn.fd, &err);
	client_close(call->client);
}

/* The log is another open file than the one that the job's lock is on. */
static void
serve_attach(const struct handed *call)
{
	const struct watch *watch = call->watch;
	struct attached attached = { .input = -1, .terminal = watch->first->pty.master };
	int AUTO_CLOSE log = -1;
	struct wanted wanted;

	if (take_parameters(call, only_job, &wanted) == -1)
		return;
	if (watch->output == NULL) {
		refuse_attach(call);
		return;
	}
	log = openat(watch->task->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	attached.log = log;
	attached.input = watch->output->input_to;
	call->client->kind = CLIENT_ATTACHED;
	if (reply_attached(call->client->conn.fd, &attached) == -1)
		client_close(call->client);
}

static void
serve_wait(const struct handed *call)
{
	struct wanted wanted;

	if (take_parameters(call, only_job, &wanted) == 0)
		call->client->kind = CLIENT_WAITING;
}

/* What ends a job for good, when a person sends it. */
static bool
is_end(const struct watch *watch, int number)
{
	return number == SIGKILL || number == watch->record.stop_signal;
}

static void
serve_kill(const struct handed *call)
{
	static const struct json_field fields[] = {
		{ "job", store_job, true },
		{ "signal", store_signal, true },
		{ NULL, NULL, false },
	};
	struct watch *watch = call->watch;
	struct wanted wanted;

	if (take_parameters(call, fields, &wanted) == -1)
		return;
	/* between two runs there is nothing to signal, but an end to be said */
	if ((watch->record.state != RECORD_RESTARTING || !is_end(watch, wanted.signal)) &&
	    !check_running(call))
		return;
	if (is_end(watch, wanted.signal))
		watch_no_more(watch);
	process_signal(watch->first, wanted.signal);
	(void)!reply_send(call->client->conn.fd, NULL);
	client_close(call->client);
}

static void
serve_stop(const struct handed *call)
{
	static const struct json_field fields[] = {
		{ "job", store_job, true },
		{ "seconds", store_seconds, false },
		{ NULL, NULL, false },
	};
	struct wanted wanted = { .seconds = STOP_SECONDS };

	if (take_parameters(call, fields, &wanted) == -1)
		return;
	watch_stop(call->watch, call->watch->record.stop_signal, wanted.seconds * 1000);
	call->client->kind = CLIENT_STOPPING;
}

static void
serve_open(const struct handed *call)
{
	static const struct json_field fields[] = {
		{ "job", store_job, true },
		{ "what", store_what, true },
		{ NULL, NULL, false },
	};
	struct wanted wanted;
	int AUTO_CLOSE root = -1;
	int fd = -1;

	if (take_parameters(call, fields, &wanted) == -1 || !check_running(call))
		return;
	if (strcmp(wanted.what, "processes") == 0)
		fd = call->watch->task->proc;
	else if (strcmp(wanted.what, "root") == 0)
		fd = root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		(void)!reply_descriptor(call->client->conn.fd, fd);
	else
		(void)!reply_service(
		    call->client->conn.fd, "InvalidParameter", "parameter", "what");
	client_close(call->client);
}

static const struct {
	const char *name;
	void (*serve)(const struct handed *call);
	bool more;
	bool waits; /* the client stays */
} methods[] = {
	{ BERTH_INTERFACE ".Exec", serve_exec, true, true },
	{ BERTH_INTERFACE ".Attach", serve_attach, true, true },
	{ BERTH_INTERFACE ".Wait", serve_wait, false, true },
	{ BERTH_INTERFACE ".Kill", serve_kill, false, false },
	{ BERTH_INTERFACE ".StopJob", serve_stop, false, false },
	{ BERTH_INTERFACE ".Open", serve_open, false, false },
};

/* Those who wait must not keep out who wants to end the job. True: the client was told, and is closed. */
static bool
is_crowded(const struct handed *call)
{
	struct err err;

	if (clients_count(call->watch->clients) <= CLIENTS_WAITING)
		return false;
	err_set(&err, ERR_FAILED, "job %s has too many clients", call->watch->task->name);
	err_why(&err, "%d wait for it already", CLIENTS_WAITING);
	(void)!reply_failed(call->client->conn.fd, &err);
	client_close(call->client);
	return true;
}

/* The errors of all methods would be too much in one frame. */
static void serve(const struct handed *handed, size_t method, bool more) __attribute__((noinline));

/* Or the client is told why not, and closed. */
static void
serve(const struct handed *handed, size_t method, bool more)
{
	int fd = handed->client->conn.fd;

	if (more != methods[method].more) {
		(void)!reply_service(fd, more ? "InvalidParameter" : "ExpectedMore",
		    more ? "parameter" : NULL, "more");
		client_close(handed->client);
	} else if (!methods[method].waits || !is_crowded(handed)) {
		methods[method].serve(handed);
	}
}

static void
dispatch(struct watch *watch, struct client *client, struct json_object *message,
    const struct varlink *fds)
{
	struct handed handed = { .watch = watch, .client = client, .fds = fds };
	struct call call = { 0 };
	const char *method;
	struct err err;

	if (call_head(message, &call, &method, &err) == -1 || call.oneway) {
		client_close(client);
		return;
	}
	handed.parameters = call.parameters;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, method) == 0) {
			serve(&handed, i, call.more);
			return;
		}
	}
	(void)!reply_service(client->conn.fd, "MethodNotFound", "method", method);
	client_close(client);
}

/* Whoever made it has it still, so O_NONBLOCK is not set: varlink_send does not rely on it. */
static bool
is_connection(int fd)
{
	int domain = 0;
	int type = 0;
	socklen_t len = sizeof(int);
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_PATH) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/*
 * The engine's connection is done; the client's takes its place, with what else came in *rest. 0 or -1:
 * there is no client.
 */
static int
hand_over(struct client *client, struct varlink *rest)
{
	struct varlink engine = client->conn;
	int fd;

	varlink_init(rest, -1);
	if (engine.nfds == 0 || !is_connection(engine.fds[0]))
		return -1;
	fd = engine.fds[0];
	rest->nfds = engine.nfds - 1;
	memcpy(rest->fds, engine.fds + 1, rest->nfds * sizeof(rest->fds[0]));
	engine.nfds = 0;
	varlink_close(&engine);
	varlink_init(&client->conn, fd);
	client->kind = CLIENT_INVALID;
	return 0;
}

void
control_take(struct watch *watch, struct client *client)
{
	struct json_object *message = NULL;
	struct varlink rest;
	int ret = varlink_receive(&client->conn);

	if (ret == -1 && errno == EAGAIN)
		return;
	if (ret == 1) {
		ret = varlink_next(&client->conn, &message);
		if (ret == 0)
			return;
	}
	/* one message, and nothing behind it */
	if (ret != 1 || client->conn.len != 0 || hand_over(client, &rest) == -1) {
		json_object_put(message);
		client_close(client);
		return;
	}
	dispatch(watch, client, message, &rest);
	json_object_put(message);
	varlink_drop_fds(&rest);
}

/* The descriptor, or -1 with errno. */
static int
accept_one(int ctl)
{
	int fd = accept4(ctl, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1 || owner_is_peer(fd))
		return fd;
	io_close(&fd);
	errno = EPERM;
	return -1;
}

void
control_accept(struct watch *watch)
{
	int fd = accept_one(watch->task->ctl);

	if (fd != -1)
		(void)!clients_add(&watch->clients, CLIENT_ENGINE, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		watch->accept_at = clock_ms() + ACCEPT_PAUSE;
}

void
control_look(struct watch *watch)
{
	int64_t now = clock_ms();

	for (struct client *at = watch->clients; at != NULL; at = at->next)
		if (!at->done && at->kind == CLIENT_ENGINE && at->since + SILENCE_MAX <= now)
			client_close(at);
}

int
control_wait(const struct watch *watch)
{
	int wait = -1;

	for (const struct client *at = watch->clients; at != NULL; at = at->next)
		if (!at->done && at->kind == CLIENT_ENGINE)
			wait = clock_sooner(wait, clock_until(at->since + SILENCE_MAX));
	return wait;
}

/* Those who have connected and whose message has not come yet. */
static struct client *
silent_one(struct watch *watch)
{
	struct client *at = watch->clients;

	while (at != NULL && (at->done || at->kind != CLIENT_ENGINE))
		at = at->next;
	return at;
}

/*
 * From shutdown(2) on connect(2) fails, so that an engine knows that there is nobody; whoever was
 * faster is in the queue.
 */
void
control_finish(struct watch *watch)
{
	int64_t last = clock_ms() + LAST_WAIT;
	struct client *client;

	if (watch->task->ctl == -1)
		return;
	(void)!unlinkat(watch->task->dir, CTL_FILE, 0);
	(void)!shutdown(watch->task->ctl, SHUT_RDWR);
	do {
		int fd = accept_one(watch->task->ctl);

		if (fd != -1)
			(void)!clients_add(&watch->clients, CLIENT_ENGINE, fd);
		else if (errno != EPERM && errno != EINTR && errno != ECONNABORTED)
			break;
	} while (true);
	while ((client = silent_one(watch)) != NULL) {
		struct pollfd poll_fd = { .fd = client->conn.fd, .events = POLLIN };

		if (poll(&poll_fd, 1, clock_until(last)) <= 0)
			client_close(client);
		else
			control_take(watch, client);
	}
}
