/* SPDX-License-Identifier: ISC */
/*
 * The time between the start of a job and its end. Contract in relay.h.
 * TRUST: unprivileged
 * INPUT: the caller's streams and signals, the job's output, the engine's answers
 * MUST: as relay.h says
 */
#include "client/berth/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/attach.h"
#include "client/berth/engine.h"
#include "client/berth/relaywait.h"

#define LATE_MS 10000 /* a job starts within milliseconds */
#define TERMINAL_HOLDS (1 << 17) /* twice what the kernel keeps of what was written to one */

/* Makes a pipe: *ours does not block and is the relay's, the other end is the job's. */
static int
make_pipe(struct relay *relay, struct channel *channel, int terminal, struct err *err)
{
	int ends[2], ours, theirs;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot make a pipe"));
	channel->input = terminal == STDIN_FILENO;
	ours = ends[channel->input ? 1 : 0];
	theirs = ends[channel->input ? 0 : 1];
	channel->from = channel->input ? terminal : ours;
	channel->to = channel->input ? ours : terminal;
	relay->theirs[relay->nchans++] = theirs;
	if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
		return (err_sys(err, "cannot make a pipe"));
	return (theirs);
}

/* Output and errors on one terminal share a pipe: so they arrive in the order of their writing. */
static bool
same_terminal(int a, int b)
{
	struct stat first, second;

	return (fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
		first.st_rdev == second.st_rdev && first.st_ino == second.st_ino &&
		first.st_dev == second.st_dev);
}

int
relay_open(struct relay *relay, bool interactive, int stdio[3], struct err *err)
{
	bool shared;

	for (int i = 0; i < CHANNELS; i++) {
		relay->theirs[i] = -1;
		stdio[i] = i;
	}
	relay->null = -1;
	relay->nchans = 0;
	/* The job makes its own, and what leads there comes when it has started. */
	if (relay->terminal != NULL || relay->detach || relay->attach != NULL) {
		stdio[0] = stdio[1] = stdio[2] = -1;
		return (0);
	}
	if (!interactive) {
		relay->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (relay->null < 0)
			return (err_sys(err, "cannot open /dev/null"));
		stdio[0] = relay->null;
	}
	for (int i = interactive ? 0 : 1; i < CHANNELS; i++) {
		if (!isatty(i))
			continue;
		shared = i == 2 && stdio[1] != 1 && same_terminal(1, 2);
		stdio[i] =
		    shared ? stdio[1] : make_pipe(relay, &relay->chans[relay->nchans], i, err);
		if (stdio[i] < 0)
			return (-1);
	}
	return (0);
}

void
relay_sent(struct relay *relay)
{
	for (int i = 0; i < CHANNELS; i++) {
		io_close(&relay->theirs[i]);
		relay->theirs[i] = -1;
	}
	io_close(&relay->null);
	relay->null = -1;
}

void
relay_close(struct relay *relay)
{
	relay_sent(relay);
	for (size_t i = 0; i < relay->nchans; i++) {
		io_close(relay->chans[i].input ? &relay->chans[i].to : &relay->chans[i].from);
		free(relay->chans[i].buf);
	}
	relay->nchans = 0;
}

/* The keys were typed: what came before them still goes to the job. */
static int
detach(struct wait *wait, struct err *err)
{
	struct terminal *terminal = wait->relay->terminal;

	for (size_t i = 0; i < wait->relay->nchans; i++) {
		struct channel *channel = &wait->relay->chans[i];

		if (channel->input && channel->len > 0)
			channel_move(channel);
		if (channel->input)
			channel->from = -1;
		channel->len = channel->input ? 0 : channel->len;
	}
	/* If no answer comes, ^C ends this program again. */
	terminal_restore(terminal);
	if (wait->relay->attach != NULL) {
		wait->status = 0;
		wait->detached = wait->abandoned = true;
		return (0);
	}
	wait->leaving = true;
	return (relay_tell(wait, BERTH_INTERFACE ".Detach", NULL, err));
}

/* With a terminal the caller's side is one thing: a job without it has nobody to talk to. */
static void
check_terminal(struct wait *wait)
{
	for (size_t i = 0; i < wait->relay->nchans && wait->status < 0; i++) {
		const struct channel *channel = &wait->relay->chans[i];

		if (channel->broken)
			relay_give_up(wait, channel->input ? SIGHUP : SIGPIPE);
	}
}

static void
check_log(struct wait *wait)
{
	struct attach *attach = wait->relay->attach;

	if (attach != NULL && attach->failed && wait->status < 0)
		relay_give_up(wait, SIGPIPE);
}

/* What the poll(2) of a step waits for: answers, signals, streams, the log. */
struct polled {
	struct pollfd fds[3 + CHANNELS];
	nfds_t n;
	int patience;
};

static int
prepare(const struct wait *wait, struct polled *polled, struct err *err)
{
	struct relay *relay = wait->relay;

	polled->patience = wait->started || wait->late ? -1 : LATE_MS;
	polled->n = 3;
	polled->fds[0] = (struct pollfd){ .fd = wait->conn->fd, .events = POLLIN };
	polled->fds[1] = (struct pollfd){ .fd = wait->signals, .events = POLLIN };
	polled->fds[2] = (struct pollfd){ .fd = -1 };
	for (size_t i = 0; i < relay->nchans; i++)
		channel_poll(&relay->chans[i], &polled->fds[polled->n++]);
	if (relay->attach == NULL || !wait->started)
		return (0);
	return (attach_poll(relay->attach, &polled->fds[2], &polled->patience, err) < 0 ? -1 : 0);
}

static int
step(struct wait *wait, struct err *err)
{
	struct relay *relay = wait->relay;
	struct polled polled;
	const struct pollfd *fds = polled.fds;
	int count;

	if (prepare(wait, &polled, err) != 0)
		return (-1);
	count = poll(polled.fds, polled.n, polled.patience);
	if (count < 0)
		return (errno == EINTR ? 0 : err_sys(err, "cannot wait for the job"));
	if (count == 0 && !wait->started)
		relay_late(wait);
	for (size_t i = 0; i + 3 < polled.n; i++) {
		if (fds[3 + i].revents != 0)
			channel_move(&relay->chans[i]);
	}
	if (fds[2].revents != 0 && fds[2].events == POLLOUT)
		attach_show(relay->attach);
	if (fds[1].revents != 0 && relay_signal(wait, err) != 0)
		return (-1);
	if (fds[0].revents != 0 && wait->status < 0 && relay_receive(wait, err) != 0)
		return (-1);
	check_log(wait);
	if (relay->terminal == NULL)
		return (0);
	if (relay->terminal->detach && !wait->leaving && wait->status < 0)
		return (detach(wait, err));
	check_terminal(wait);
	return (0);
}

/*
 * How much of what comes is the job's: what lies in its pipe now. Whoever it gave the other end to
 * may write for ever. A terminal counts but a part of its buffers: no more than all of them hold.
 */
static size_t
left_in(const struct relay *relay, const struct channel *channel)
{
	int count = 0;

	if (relay->terminal != NULL)
		return (TERMINAL_HOLDS);
	return (ioctl(channel->from, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0);
}

/*
 * The job has ended, so all that it wrote lies in the channel; only the caller's terminal is waited
 * for (^S), and that a signal ends.
 */
static void
drain(struct wait *wait, struct channel *channel)
{
	size_t left = channel->from >= 0 ? left_in(wait->relay, channel) : 0;
	struct err ignored;

	while (channel->from >= 0 && !channel->input && !wait->abandoned) {
		bool full = channel->len > 0;
		struct pollfd fds[2] = { { .fd = -1 },
			{ .fd = full ? wait->signals : -1, .events = POLLIN } };

		channel_poll(channel, &fds[0]);
		if ((!full && left == 0) || poll(fds, 2, full ? -1 : 0) == 0)
			break;
		if (fds[0].revents != 0)
			channel_move(channel);
		if (!full)
			left -= channel->len < left ? channel->len : left;
		if (fds[1].revents != 0 && relay_signal(wait, &ignored) != 0)
			break;
	}
}

/* The same of the log: its last record was written before the end was told. */
static void
drain_log(struct wait *wait)
{
	struct attach *attach = wait->relay->attach;
	struct err ignored;
	int patience = 0;

	while (attach != NULL && !attach->failed && !wait->abandoned) {
		struct pollfd fds[2] = { { .fd = -1 }, { .fd = wait->signals, .events = POLLIN } };

		if (attach_poll(attach, &fds[0], &patience, &ignored) != 1)
			break;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			attach_show(attach);
		if (fds[1].revents != 0 && relay_signal(wait, &ignored) != 0)
			break;
	}
}

int
relay_run(struct relay *relay, struct varlink *conn, struct err *err)
{
	int signals AUTO_CLOSE = relay_signals();
	struct wait wait = { .relay = relay,
		.cli = relay->cli,
		.conn = conn,
		.signals = signals,
		.status = -1,
		.since = (int64_t)time(NULL) };
	int rc;

	/* What came with the greeting is in the buffer already. */
	rc = signals < 0 ? err_sys(err, "cannot take signals") : relay_answers(&wait, err);
	while (rc == 0 && wait.status < 0)
		rc = step(&wait, err);
	/* After an error nobody says that the job has ended, nor what it was that comes. */
	for (size_t i = 0; i < relay->nchans && rc == 0; i++)
		drain(&wait, &relay->chans[i]);
	if (rc == 0)
		drain_log(&wait);
	if (relay->attach != NULL)
		attach_leave(relay->attach);
	if (relay->terminal != NULL)
		terminal_close(relay->terminal);
	if (rc == 0)
		relay_report(&wait);
	json_object_put(wait.result);
	return (rc == 0 ? wait.status : -1);
}

int
relay_call(struct relay *relay, struct engine_call *call, struct err *err)
{
	struct varlink conn;
	struct way way;
	int rc;

	if (way_init(&way, relay->cli, true, err) != 0) {
		json_object_put(call->params);
		return (-1);
	}
	relay_hold(&way);
	if (engine_open(&way, call, &conn, err) != 0)
		return (-1);
	relay->engine = way.peer;
	relay_sent(relay);
	rc = relay_run(relay, &conn, err);
	varlink_close(&conn);
	return (rc);
}
