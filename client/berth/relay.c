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
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

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
	if (relay->terminal != NULL) {
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
	for (size_t i = 0; i < relay->nchans; i++)
		io_close(relay->chans[i].input ? &relay->chans[i].to : &relay->chans[i].from);
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

static int
step(struct wait *wait, struct err *err)
{
	struct relay *relay = wait->relay;
	struct pollfd fds[2 + CHANNELS] = { { .fd = wait->conn->fd, .events = POLLIN },
		{ .fd = wait->signals, .events = POLLIN } };
	size_t nchans = relay->nchans;
	int count;

	for (size_t i = 0; i < nchans; i++)
		channel_poll(&relay->chans[i], &fds[2 + i]);
	count = poll(fds, 2 + nchans, wait->started || wait->late ? -1 : LATE_MS);
	if (count < 0)
		return (errno == EINTR ? 0 : err_sys(err, "cannot wait for the job"));
	if (count == 0)
		relay_late(wait);
	for (size_t i = 0; i < nchans; i++) {
		if (fds[2 + i].revents != 0)
			channel_move(&relay->chans[i]);
	}
	if (fds[1].revents != 0 && relay_signal(wait, err) != 0)
		return (-1);
	if (fds[0].revents != 0 && wait->status < 0 && relay_receive(wait, err) != 0)
		return (-1);
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
	if (relay->terminal != NULL)
		terminal_close(relay->terminal);
	if (rc == 0)
		relay_report(&wait);
	json_object_put(wait.result);
	return (rc == 0 ? wait.status : -1);
}
