/* SPDX-License-Identifier: ISC */
/*
 * The connections of a supervisor: see clients.h.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: as in clients.h
 */
#include "client/engine/job/clients.h"

#include <stdlib.h>

#include "client/engine/clock.h"
#include "client/engine/job/process.h"
#include "common/io.h"

struct client *
clients_add(struct client **clients, enum client_kind kind, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		io_close(&fd);
		return NULL;
	}
	client->kind = kind;
	client->since = clock_ms();
	varlink_init(&client->conn, fd);
	client->next = *clients;
	*clients = client;
	return client;
}

size_t
clients_count(const struct client *clients)
{
	size_t n = 0;

	for (; clients != NULL; clients = clients->next)
		n += !clients->done;
	return n;
}

void
client_close(struct client *client)
{
	if (client->process != NULL)
		client->process->client = NULL;
	client->process = NULL;
	varlink_close(&client->conn);
	client->done = true;
}

void
clients_sweep(struct client **clients)
{
	struct client **at = clients;

	while (*at != NULL) {
		struct client *client = *at;

		if (!client->done) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		free(client);
	}
}
