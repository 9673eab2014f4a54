/* SPDX-License-Identifier: ISC */
/*
 * A client that is attached to a job. Contract in attach.h.
 * TRUST: unprivileged
 * INPUT: the log, which the caller's other programs can edit; the engine's answers; what is typed
 * MUST: as attach.h says
 */
#include "client/berth/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/engine.h"
#include "client/berth/relay.h"
#include "client/berth/ticks.h"
#include "client/lib/json.h"

/* What is written at once: a pipe that poll(2) says can be written takes so much without waiting. */
#define CHUNK 2048
#define SETTLE_MS 1000 /* for what shows nothing when its terminal changes */

void
attach_init(struct attach *attach)
{
	*attach = (struct attach){ .dir = -1,
		.log = { .dir = -1, .fd = -1, .next = -1, .notify = -1, .last = { -1, -1 } },
		.terminal = { .in = -1, .size = -1, .master = -1 } };
}

void
attach_close(struct attach *attach)
{
	if (attach->dir >= 0)
		logread_close(&attach->log);
	io_close(&attach->dir);
	attach->dir = -1;
	terminal_close(&attach->terminal);
}

int
attach_watch(struct attach *attach, int dir, struct err *err)
{
	attach->dir = dir;
	if (logread_open(&attach->log, dir, err) != 0)
		return (-1);
	logread_end(&attach->log);
	logread_follow(&attach->log);
	return (0);
}

/*
 * A description of our own of the pipe: what others write to the same one must not keep us waiting
 * between poll(2) and write(2). Where there cannot be one that is taken as it is.
 */
static int
own_input(int fd)
{
	struct stat st;
	char path[32];
	int own = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return (fd);
	close(fd);
	return (own);
}

static int
no_input(struct err *err)
{
	err_set(err, ERR_USAGE, "the input device is not a TTY");
	err_why(err, "the job has a terminal, and standard input is none");
	return (err_todo(err, "look without typing:  berth attach --no-stdin ..."));
}

/* Standard input to the job's terminal; the keys that detach are looked for. */
static int
begin_terminal(struct relay *relay, int master, struct err *err)
{
	struct attach *attach = relay->attach;
	struct job_run run = { .rows = 0 };
	int rc;

	if (attach->input && !isatty(STDIN_FILENO)) {
		close(master);
		return (no_input(err));
	}
	rc = terminal_open(&attach->terminal, attach->keys, attach->input, &run, err);
	if (rc != 0) {
		close(master);
		return (-1);
	}
	/* Who only looks does not say how large it is. */
	if (!attach->input)
		attach->terminal.size = -1;
	relay->terminal = &attach->terminal;
	if (terminal_start(&attach->terminal, master, err) != 0)
		return (-1);
	if (terminal_disturb(&attach->terminal))
		attach->settle_at = ticks_ms() + SETTLE_MS;
	return (relay_keys(relay, err));
}

static void
begin_input(struct relay *relay, int input)
{
	struct channel *channel;

	if (input >= 0 && !relay->attach->input)
		close(input);
	if (input < 0 || !relay->attach->input)
		return;
	channel = &relay->chans[relay->nchans++];
	*channel = (struct channel){ .from = STDIN_FILENO, .to = own_input(input), .input = true };
}

int
attach_begin(struct relay *relay, struct varlink *conn, struct json_object *params, struct err *err)
{
	int dir = engine_fd(conn, params, "log"), input = engine_fd(conn, params, "input");
	int master = engine_fd(conn, params, "terminal");
	int rc = 0;

	varlink_drop_fds(conn);
	if (relay->attach->dir >= 0)
		io_close(&dir);
	else if (dir >= 0)
		rc = attach_watch(relay->attach, dir, err);
	else
		rc = err_set(err, ERR_UNAVAILABLE, "the engine sent no log of the job");
	if (rc != 0) {
		io_close(&input);
		io_close(&master);
		return (-1);
	}
	if (master < 0) {
		begin_input(relay, input);
		return (0);
	}
	io_close(&input);
	return (begin_terminal(relay, master, err));
}

void
attach_end(struct attach *attach, struct varlink *conn, struct json_object *params)
{
	int old = engine_fd(conn, params, "older"), new = engine_fd(conn, params, "log");

	varlink_drop_fds(conn);
	if (attach->dir >= 0) {
		logread_ended(&attach->log, old, new);
		return;
	}
	io_close(&old);
	io_close(&new);
}

/* Gives the terminal its size back when the job has shown something, or shows nothing. */
static void
settle(struct attach *attach, bool shown, int *patience)
{
	int64_t left = attach->settle_at - ticks_ms();

	if (attach->settle_at == 0)
		return;
	if (shown || left <= 0) {
		attach->settle_at = 0;
		terminal_resize(&attach->terminal);
	} else if (*patience < 0 || left < *patience) {
		*patience = (int)left;
	}
}

void
attach_leave(struct attach *attach)
{
	int patience = 0;

	settle(attach, true, &patience);
}

int
attach_poll(struct attach *attach, struct pollfd *out, int *patience, struct err *err)
{
	int rc = 1, wait;

	*out = (struct pollfd){ .fd = -1 };
	if (attach->dir < 0)
		return (0);
	while (attach->shown == attach->record.len && rc == 1) {
		rc = logread_next(&attach->log, &attach->record);
		attach->shown = 0;
		if (rc != 1)
			attach->record.len = 0;
	}
	if (rc < 0)
		return (err_sys(err, "cannot read the log of the job"));
	settle(attach, rc == 1, patience);
	if (rc == 1) {
		out->fd = attach->record.stream == LOG_STDERR ? STDERR_FILENO : STDOUT_FILENO;
		out->events = POLLOUT;
		return (1);
	}
	*out = (struct pollfd){ .fd = attach->log.notify, .events = POLLIN };
	wait = logread_patience(&attach->log);
	if (wait >= 0 && (*patience < 0 || wait < *patience))
		*patience = wait;
	return (0);
}

void
attach_show(struct attach *attach)
{
	const char *text = attach->record.text + attach->shown;
	size_t len = attach->record.len - attach->shown;
	ssize_t put;

	put = write(attach->record.stream == LOG_STDERR ? STDERR_FILENO : STDOUT_FILENO, text,
	    len < CHUNK ? len : CHUNK);
	if (put > 0)
		attach->shown += (size_t)put;
	else if (put < 0 && errno != EINTR && errno != EAGAIN)
		attach->failed = true;
}

int
attach_rest(struct attach *attach, struct err *err)
{
	struct pollfd out;
	int patience = 0, rc;

	while ((rc = attach_poll(attach, &out, &patience, err)) == 1 && !attach->failed) {
		if (poll(&out, 1, -1) == 1)
			attach_show(attach);
	}
	return (rc < 0 ? -1 : 0);
}
