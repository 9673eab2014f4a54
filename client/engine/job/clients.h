/* SPDX-License-Identifier: ISC */
/*
 * The connections of a supervisor, and what each of them waits for.
 * TRUST: unprivileged
 * INPUT: what the ends of the connections say
 * MUST: wait for none of them; hold no more than CLIENTS_MAX; free one only where nobody looks at it
 *       any more (clients_sweep).
 */
#ifndef CLIENT_ENGINE_JOB_CLIENTS_H
#define CLIENT_ENGINE_JOB_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/lib/varlink.h"

struct process;

#define CLIENTS_MAX 256

enum client_kind {
	CLIENT_INVALID = 0,
	CLIENT_ENGINE, /* brings a call of a client's */
	CLIENT_PROCESS, /* Run or Exec: has a process */
	CLIENT_ATTACHED,
	CLIENT_WAITING, /* Wait */
	CLIENT_STOPPING /* StopJob: waits for the end of the job */
};

struct client {
	struct client *next;
	enum client_kind kind;
	struct varlink conn;
	struct process *process; /* of CLIENT_PROCESS; NULL when that is over */
	int64_t since; /* clock_ms */
	bool done; /* nothing is said to it any more */
	size_t slot; /* of poll(2): watch.h */
};

/*
 * Takes the descriptor, closing it also when it fails. It is the first of the list then, or NULL:
 * memory is short.
 */
struct client *clients_add(struct client **clients, enum client_kind kind, int fd);

size_t clients_count(const struct client *clients);

/* Closes the connection: it is done. */
void client_close(struct client *client);

/* Frees those that are done. */
void clients_sweep(struct client **clients);

#endif
