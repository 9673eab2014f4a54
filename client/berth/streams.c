/* SPDX-License-Identifier: ISC */
/*
 * One direction of a stream between a terminal and a job. Contract in relay.h.
 * TRUST: unprivileged
 * INPUT: what the terminal and the job write
 * MUST: wait only in poll(2); our end of each pipe is non-blocking, the terminal is shared with
 *       others and is left as it is, so it is written only when poll says so.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "client/berth/relay.h"

/* What is written to a terminal at once: with more, output that is stopped (^S) would hold us. */
#define CHUNK 2048

/* The terminal's descriptor is the caller's; only the pipe is ours to close. */
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
	ssize_t got = read(channel->from, channel->buf, sizeof(channel->buf));

	channel->start = 0;
	if (got > 0)
		channel->len = (size_t)got;
	/* EIO: a terminal that hung up, or that is not ours in the background: its end as well. */
	else if (got == 0 || !is_passing(errno))
		end(channel);
}

static void
empty(struct channel *channel)
{
	size_t len = channel->len;
	ssize_t put;

	if (!channel->input && len > CHUNK)
		len = CHUNK;
	put = write(channel->to, channel->buf + channel->start, len);
	if (put < 0 && !is_passing(errno))
		end(channel);
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

/* The job has ended, so all that it wrote lies in the pipe. */
void
channel_drain(struct channel *channel)
{
	while (channel->from >= 0 && !channel->input) {
		struct pollfd fd;

		channel_poll(channel, &fd);
		/* Only the terminal may be waited for: nothing comes into the pipe any more. */
		if (poll(&fd, 1, channel->len > 0 ? -1 : 0) == 0)
			break;
		channel_move(channel);
	}
}
