/* SPDX-License-Identifier: ISC */
/*
 * What a job writes when no client reads it: see output.h.
 * TRUST: unprivileged
 * INPUT: whatever a job writes
 * MUST: as in output.h
 */
#include "client/engine/job/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "common/io.h"

/* ms that the beginning of a line waits for its end: then it is written. At a terminal somebody types. */
#define PART_PAUSE 50
#define PART_PAUSE_TERMINAL 10
#define REST_MAX (4 << 20) /* bytes; more than a pipe can hold is somebody else's */

struct output *
output_new(int dir)
{
	struct output *output = calloc(1, sizeof(*output));

	if (output == NULL)
		return NULL;
	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		output->from[i] = output->to[i] = -1;
	output->input_from = output->input_to = -1;
	output->streams[0].name = "stdout";
	output->streams[1].name = "stderr";
	joblog_open(&output->log, dir);
	return output;
}

/* Only the end that is read here does not wait: the other one is the job's. */
static int
make_pipe(int *from, int *to, int nonblocking)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	*from = ends[0];
	*to = ends[1];
	return nonblocking == -1 ? 0 : fcntl(ends[nonblocking], F_SETFL, O_NONBLOCK);
}

int
output_pipes(struct output *output, bool interactive, struct err *err)
{
	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		if (make_pipe(&output->from[i], &output->to[i], 0) == -1)
			return err_sys(err, "the job's log cannot be written");
	if (interactive && make_pipe(&output->input_from, &output->input_to, -1) == -1)
		return err_sys(err, "the job's input cannot be made");
	return 0;
}

void
output_streams(const struct output *output, int stdio[3])
{
	stdio[0] = output->input_from != -1 ? output->input_from : 0;
	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		stdio[i + 1] = output->to[i];
}

size_t
output_descriptors(const struct output *output, int *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < OUTPUT_STREAMS; i++) {
		fds[n++] = output->from[i];
		fds[n++] = output->to[i];
	}
	fds[n++] = output->input_from;
	fds[n++] = output->input_to;
	fds[n++] = output->log.fd;
	return n;
}

static bool
take(struct output *output, size_t i, ssize_t len, int pause)
{
	if (len <= 0)
		return false;
	joblog_take(&output->log, &output->streams[i], output->bytes, (size_t)len);
	/* not put off by what follows: that may go on for ever without a newline */
	if (output->streams[i].len == 0)
		output->part_at[i] = 0;
	else if (output->part_at[i] == 0)
		output->part_at[i] = clock_ms() + pause;
	return true;
}

bool
output_read(struct output *output, size_t i)
{
	return take(
	    output, i, read(output->from[i], output->bytes, sizeof(output->bytes)), PART_PAUSE);
}

bool
output_read_terminal(struct output *output, const struct pty *pty)
{
	return take(
	    output, 0, pty_read(pty, output->bytes, sizeof(output->bytes)), PART_PAUSE_TERMINAL);
}

int
output_wait(const struct output *output)
{
	int wait = -1;

	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		if (output->part_at[i] != 0)
			wait = clock_sooner(wait, clock_until(output->part_at[i]));
	return wait;
}

static void
take_part(struct output *output, size_t i)
{
	joblog_take_part(&output->log, &output->streams[i]);
	output->part_at[i] = 0;
}

void
output_look(struct output *output)
{
	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		if (output->part_at[i] != 0 && clock_ms() >= output->part_at[i])
			take_part(output, i);
}

void
output_finish(struct output *output, const struct pty *pty)
{
	for (size_t i = 0; i < OUTPUT_STREAMS; i++) {
		size_t rest = REST_MAX / sizeof(output->bytes);

		while (output->from[i] != -1 && rest-- > 0 && output_read(output, i))
			;
	}
	if (pty->master != -1)
		for (size_t i = 0; i < REST_MAX / sizeof(output->bytes); i++)
			if (!output_read_terminal(output, pty))
				break;
	for (size_t i = 0; i < OUTPUT_STREAMS; i++)
		take_part(output, i);
}

void
output_free(struct output *output)
{
	if (output == NULL)
		return;
	for (size_t i = 0; i < OUTPUT_STREAMS; i++) {
		io_close(&output->from[i]);
		io_close(&output->to[i]);
	}
	io_close(&output->input_from);
	io_close(&output->input_to);
	free(output);
}
