/* SPDX-License-Identifier: ISC */
/*
 * The way to the user's engine: the address, the checks before the first byte is spoken, and the
 * start of an engine when there is none and the address is the default one.
 * TRUST: unprivileged
 * INPUT: --host and BERTH_HOST (the caller's), the socket (maybe somebody else's)
 * MUST: start nothing at an address that the caller chose; speak only to a socket of the caller's
 *       in a directory that nobody else can write, served by the caller's own uid or by root; use
 *       a rootless engine for nobody who has a grant, or had one that ended or is malformed.
 */
#ifndef CLIENT_BERTH_CONNECT_H
#define CLIENT_BERTH_CONNECT_H

#include <signal.h>
#include <stdint.h>
#include <sys/un.h>

#include "client/berth/cli.h"
#include "client/berth/peer.h"

/* One attempt to reach the engine, with all that it takes; bounded by a deadline. */
struct way {
	struct cli *cli;
	bool start; /* start an engine if none answers */
	bool only_shared; /* this time no engine is started, and no rootless one looked for */
	bool standard; /* the default address */
	bool rootless; /* address is that of a rootless engine, which has no grant */
	bool started; /* the launcher has said that an engine is up */
	bool noted; /* "starting the engine" was said */
	bool mended; /* the launcher could not work, and was given time to be replaced */
	bool end_hung; /* end an engine that does not answer, as its user wishes */
	bool woken; /* it was stopped by a signal, and was told to go on */
	bool killed; /* it did not answer, and is gone */
	bool hung_up; /* the connection ended instead of an answer */
	char version[32]; /* of the engine, if it is another than ours */
	bool skew_told; /* and that was said, or need not be */
	struct peer peer; /* who serves the connection that way_connect gave */
	unsigned int tries;
	int64_t began; /* milliseconds, CLOCK_MONOTONIC */
	int64_t waited; /* of them for engines that had accepted the call, and ended */
	struct sockaddr_un address;
	bool hold; /* hold.h: signals in held wait, as soon as the call is on its way */
	bool holds; /* they do; before is what was blocked without them */
	sigset_t held;
	sigset_t before;
};

/* Reads --host and BERTH_HOST. 0, or -1 with err. */
int way_init(struct way *way, struct cli *cli, bool start, struct err *err)
    __attribute__((warn_unused_result));

/* The way to a rootless engine alone, which is not started. 0, or -1: there is no such address. */
int way_rootless(struct way *way, struct cli *cli) __attribute__((warn_unused_result));

/*
 * Connects, starting an engine when that is asked for. 0 and *fd (the caller closes it); 1 when
 * nothing runs at the default address and nothing should be started; -1 with err.
 */
int way_connect(struct way *way, int *fd, struct err *err) __attribute__((warn_unused_result));

/*
 * The connection ended before it was served: waits a moment. 0: try way_connect again, -1 with
 * err: the time for that is over.
 */
int way_again(struct way *way, struct err *err) __attribute__((warn_unused_result));

/* Milliseconds since way_init. */
int64_t way_elapsed(const struct way *way);

/* Says once that it takes long, when it does. */
void way_note(struct way *way);

#endif
