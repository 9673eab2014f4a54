/* SPDX-License-Identifier: ISC */
/*
 * What a job writes when no client reads it, on its way to the log: pipes or a terminal, and the job's
 * input, which stays open without anybody who writes to it.
 * TRUST: unprivileged
 * INPUT: whatever a job writes
 * MUST: never wait for the job, nor for anybody else.
 */
#ifndef CLIENT_ENGINE_JOB_OUTPUT_H
#define CLIENT_ENGINE_JOB_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/engine/job/joblog.h"
#include "client/engine/job/pty.h"

#define OUTPUT_STREAMS 2 /* stdout, which is a terminal's, too; stderr */

struct output {
	struct joblog log;
	struct joblog_stream streams[OUTPUT_STREAMS];
	int from[OUTPUT_STREAMS]; /* pipes; -1 with a terminal */
	int to[OUTPUT_STREAMS]; /* their ends for the job's processes */
	int input_from; /* the job's input; -1: /dev/null */
	int input_to; /* the end for those who attach */
	int64_t part_at
	    [OUTPUT_STREAMS]; /* clock_ms: then the beginning of a line is written; 0: there is
					    none */
	size_t slots[OUTPUT_STREAMS]; /* of poll(2): watch.h */
	char bytes[32768];
};

/* For a job with that directory, which is borrowed. NULL when memory is short. */
struct output *output_new(int dir);

/* Makes the pipes. 0, or -1 with err. */
int output_pipes(struct output *output, bool interactive, struct err *err)
    __attribute__((warn_unused_result));

/* A command's streams, for struct command; descriptor 0 is /dev/null. */
void output_streams(const struct output *output, int stdio[3]);

#define OUTPUT_FDS_MAX 7

/* All its descriptors, at most OUTPUT_FDS_MAX; -1 among them. Their number. */
size_t output_descriptors(const struct output *output, int *fds);

/* Reads once from pipe i, or from the terminal. False: there was nothing. */
bool output_read(struct output *output, size_t i);
bool output_read_terminal(struct output *output, const struct pty *pty);

/* Milliseconds until output_look has something to do, or -1. */
int output_wait(const struct output *output);

/* Writes the beginnings of lines when it is time to. */
void output_look(struct output *output);

/*
 * Nothing of the job runs any more: reads and writes what is left. pty: its terminal, whose slave is
 * closed.
 */
void output_finish(struct output *output, const struct pty *pty);

/* Closes and frees it; NULL is nothing. */
void output_free(struct output *output);

#endif
