/* SPDX-License-Identifier: ISC */
/*
 * The time between the start of a job, or of a later process in one, and its end: standard streams,
 * signals, the result. Also for as long as one looks at a job that runs by itself: attach.h.
 * A stream that is no terminal is given to the job as it is. A terminal never is: a job could push
 * input into the caller's shell through it (TIOCSTI, CVE-2023-1523); a pipe stands between, or with
 * -t a terminal of the job's own.
 * TRUST: unprivileged
 * INPUT: the caller's streams and signals, the job's output, the engine's answers
 * MUST: change no flag of a stream that others share; lose no byte of a job that has ended; end
 *       when it has, whoever holds its streams, and when the connection ends; be stopped and continued
 *       as any program, and the job with it.
 */
#ifndef CLIENT_BERTH_RELAY_H
#define CLIENT_BERTH_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "client/berth/cidfile.h"
#include "client/berth/cli.h"
#include "client/berth/mapcall.h"
#include "client/berth/peer.h"
#include "client/berth/terminal.h"
#include "client/lib/varlink.h"

/* From one descriptor to another. */
struct channel {
	int from; /* -1: not in use any more */
	int to;
	bool input; /* terminal to job, else job to terminal */
	bool broken; /* the caller's side of it has failed */
	struct terminal *keys; /* what is typed goes through its filter; NULL: unseen */
	size_t start; /* of what waits to be written */
	size_t len;
	char *buf; /* NULL: nothing came yet */
};

#define CHANNELS 3

/* What it is that ends. */
enum relay_kind {
	RELAY_INVALID = 0,
	RELAY_RUN, /* a job */
	RELAY_EXEC, /* a later process in one */
	RELAY_ATTACH /* a job that needs no client */
};

struct attach;

struct relay {
	struct cli *cli;
	enum relay_kind kind;
	bool detach; /* nobody waits: done when it has started */
	const char *command; /* for messages; NULL with RELAY_ATTACH */
	struct attach *attach; /* of RELAY_ATTACH, else NULL */
	struct job *job; /* of RELAY_RUN: its secrets are let go when it has them; else NULL */
	struct mapcall maps; /* of RELAY_RUN: directories that the launcher mounts */
	const char *cidfile; /* gets the id; NULL: none does */
	char id[JOB_NAME_MAX + 1]; /* what "started" said; attach: as it was named */
	char name[JOB_NAME_MAX + 1];
	struct peer engine; /* who took the call; pid 0: it cannot be named */
	struct terminal *terminal; /* NULL: the job has none */
	int null; /* /dev/null, or -1 */
	int theirs[CHANNELS]; /* pipe ends to close once they were sent; -1 */
	struct channel chans[CHANNELS]; /* as many as there are terminals */
	size_t nchans;
};

/*
 * Chooses what the job gets as stdio[0..2], which stay the relay's: /dev/null as input unless
 * interactive; nothing at all if nobody waits, or who does is attached. 0, or -1 with err; relay_close in
 * both cases.
 */
int relay_open(struct relay *relay, bool interactive, int stdio[3], struct err *err)
    __attribute__((warn_unused_result));
void relay_close(struct relay *relay);

struct way;

/* Before the call is sent: what relay_run takes waits for it from then on. */
void relay_hold(struct way *way);

/* After the call was sent: closes the job's ends of the pipes here. */
void relay_sent(struct relay *relay);

/*
 * Forwards until it has ended. Returns its exit status; 128+n when signal n ended the wait: before
 * the start, or SIGHUP or SIGTERM with a terminal, or one that attach does not pass on; 0 when it was
 * left running; -1 with err.
 */
int relay_run(struct relay *relay, struct varlink *conn, struct err *err)
    __attribute__((warn_unused_result));

struct engine_call;

/*
 * Sends call, whose parameters belong to it, and waits as relay_run does. An engine is started if none
 * is there: it finds the jobs that run.
 */
int relay_call(struct relay *relay, struct engine_call *call, struct err *err)
    __attribute__((warn_unused_result));

/* What is typed goes to the job's terminal, which relay->terminal has. 0, or -1 with err. */
int relay_keys(struct relay *relay, struct err *err) __attribute__((warn_unused_result));

/* streams.c: the channels' part of a poll(2). */
struct pollfd;
void channel_poll(const struct channel *channel, struct pollfd *out);
void channel_move(struct channel *channel);

#endif
