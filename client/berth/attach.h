/* SPDX-License-Identifier: ISC */
/*
 * What a client does that is attached to a job which runs by itself: it shows what the job's log gets,
 * and writes to its input, or to its terminal. The part of a relay (relay.h) that differs from a job in
 * the foreground.
 * TRUST: unprivileged
 * INPUT: the log, which the caller's other programs can edit; the engine's answers; what is typed
 * MUST: hold up nobody, whatever is done with the output; change no flag of the job's input, which
 *       others write to as well.
 */
#ifndef CLIENT_BERTH_ATTACH_H
#define CLIENT_BERTH_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/berth/logread.h"
#include "client/berth/terminal.h"

struct cli;
struct relay;
struct varlink;
struct json_object;
struct pollfd;

struct attach {
	bool input; /* pass standard input on */
	bool proxy; /* and signals */
	const char *keys; /* as terminal_open takes them */
	int dir; /* jobs/ID, owned; -1 */
	bool failed; /* what it is written to has failed */
	size_t shown; /* of record.len */
	struct log_record record;
	struct logread log;
	struct terminal terminal; /* of the job, if it has one */
	int64_t settle_at; /* CLOCK_MONOTONIC, ms: then it gets its right size; 0: it has it */
};

void attach_init(struct attach *attach);
void attach_close(struct attach *attach);

/* It is over for this client: its terminal is left with the right size, before that is closed. */
void attach_leave(struct attach *attach);

/*
 * What is logged from now on is shown. Takes over dir, also when it fails. 0, or -1 with err. Called
 * before the job is started again, it misses nothing; else attach_begin does it.
 */
int attach_watch(struct attach *attach, int dir, struct err *err)
    __attribute__((warn_unused_result));

/* "attached" has come, with these parameters and descriptors. 0, or -1 with err. */
int attach_begin(struct relay *relay, struct varlink *conn, struct json_object *params,
    struct err *err) __attribute__((warn_unused_result));

/* "exited" has come, with these parameters: the files of the log, as they were then. */
void attach_end(struct attach *attach, struct varlink *conn, struct json_object *params);

/*
 * Is there something to show? 1: out becomes ready when that can be written; 0: no, and out tells of
 * more, or *patience is when to look again (milliseconds; not changed if it is never); -1 with err.
 */
int attach_poll(struct attach *attach, struct pollfd *out, int *patience, struct err *err)
    __attribute__((warn_unused_result));

/* Writes a piece, when poll(2) has said that it can be written. */
void attach_show(struct attach *attach);

/* Shows what is there still, of a job that is over. 0, or -1 with err. */
int attach_rest(struct attach *attach, struct err *err) __attribute__((warn_unused_result));

/*
 * cmd_attach.c: attaches to a job by id, prefix of an id, or name, until it has ended. As relay_run;
 * attach_close after it.
 */
int attach_job(struct cli *cli, struct attach *attach, const char *job, struct err *err)
    __attribute__((warn_unused_result));

#endif
