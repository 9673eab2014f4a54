/* SPDX-License-Identifier: ISC */
/*
 * One direction of a stream between the caller's terminal and a job. Contract in relay.h.
 * TRUST: unprivileged
 * INPUT: what the terminal and the job write
 * MUST: wait only in poll(2): the job's side does not block; the terminal is shared with others and
 *       is left as it is, so it is touched only when poll says so, and written in small pieces.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/berth/relay.h"

#define BUFFER 16384

/* What is written to a terminal at once: with more, output that is stopped (^S) would hold us. */
#define CHUNK 2048

/* The terminal's descriptor is the caller's; the other side, a pipe or the job's terminal, is ours to
 * close. One that detach() has taken the input from is closed by relay_close. */
static void
end(struct channel *channel)
{
	close(channel->input ? channel->to : channel->from);
	channel->from = -1;
	channel->to = -1;
	channel->len = 0;
}

void
channel_poll(const struct channel *channel, struct pollfd *out)
{
	bool full = channel->len > 0;

	*out = (struct pollfd){ .fd = full ? channel->to : channel->from,
		.events = full ? POLLOUT : POLLIN };
}

static bool
is_passing(int errnum)
{
	return (errnum == EINTR || errnum == EAGAIN);
}

static void
fill(struct channel *channel)
{
	size_t room = BUFFER - (channel->keys != NULL ? TERMINAL_KEYS_MAX : 0);
	ssize_t got = -1;

	if (channel->buf == NULL)
		channel->buf = malloc(BUFFER);
	if (channel->buf != NULL)
		got = read(channel->from, channel->buf, room);
	channel->start = 0;
	if (got > 0) {
		channel->len = (size_t)got;
		if (channel->keys != NULL)
			channel->len = terminal_filter(channel->keys, channel->buf, channel->len);
		return;
	}
	/* EIO: a terminal that hung up, or that is not ours in the background: its end as well. */
	if (got == 0 || !is_passing(errno)) {
		channel->broken = channel->input;
		end(channel);
	}
}

static void
empty(struct channel *channel)
{
	size_t len = channel->len;
	ssize_t put;

	if (!channel->input && len > CHUNK)
		len = CHUNK;
	put = write(channel->to, channel->buf + channel->start, len);
	if (put < 0 && !is_passing(errno)) {
		channel->broken = !channel->input;
		end(channel);
	}
	if (put <= 0)
		return;
	channel->start += (size_t)put;
	channel->len -= (size_t)put;
}

void
channel_move(struct channel *channel)
{
	if (channel->len > 0)
		empty(channel);
	else
		fill(channel);
}
