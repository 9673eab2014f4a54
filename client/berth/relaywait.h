/* SPDX-License-Identifier: ISC */
/*
 * What the files of relay.h share: relay.c has the loop and the streams, relayevents.c what engine and
 * job answer, relaysignals.c the caller's signals, relaywords.c what is said to people.
 * TRUST: unprivileged
 * INPUT: as relay.h says
 * MUST: as relay.h says
 */
#ifndef CLIENT_BERTH_RELAYWAIT_H
#define CLIENT_BERTH_RELAYWAIT_H

#include <stdint.h>

#include "client/berth/relay.h"

struct json_object;

/* What the loop knows. */
struct wait {
	struct relay *relay;
	struct cli *cli;
	struct varlink *conn;
	int signals;
	int64_t since; /* seconds of the wall clock, when it was sent */
	bool started;
	bool late; /* that it has not started was said */
	bool leaving; /* Detach was sent */
	bool detached;
	int insisted; /* how many SIGINT and SIGTERM came one soon after the other */
	int64_t insisted_at; /* ms, the last of them */
	bool abandoned; /* nobody waits for the rest of the output */
	int status; /* -1 until the job has ended */
	struct json_object *result; /* parameters of "exited", or NULL */
};

/* relayevents.c: takes what lies in the buffer, or what can be received. 0, or -1 with err. */
int relay_answers(struct wait *wait, struct err *err) __attribute__((warn_unused_result));
int relay_receive(struct wait *wait, struct err *err) __attribute__((warn_unused_result));

/* A call without an answer to the job's supervisor, which takes over params. 0, or -1 with err. */
int relay_tell(const struct wait *wait, const char *method, struct json_object *params,
    struct err *err) __attribute__((warn_unused_result));

/* relaysignals.c: a descriptor that the signals come from, or -1. What the caller ignores stays so. */
int relay_signals(void);

/* Takes one signal from it. 0, or -1 with err. */
int relay_signal(struct wait *wait, struct err *err) __attribute__((warn_unused_result));

/* Ends the wait as that signal would. */
void relay_give_up(struct wait *wait, int signal);

/* relaywords.c: that it takes long; what there is to say at the end. */
void relay_late(struct wait *wait);
void relay_report(struct wait *wait);

/* relaywords.c: that it has not ended, however often it was told to. */
void relay_unmoved(const struct wait *wait);

#endif
