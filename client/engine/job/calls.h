/* SPDX-License-Identifier: ISC */
/*
 * What a client says to the process that it has, or is attached to: Signal and Detach.
 * TRUST: unprivileged
 * INPUT: messages of a client's
 * MUST: end what the client has when the client is gone or says anything else.
 */
#ifndef CLIENT_ENGINE_JOB_CALLS_H
#define CLIENT_ENGINE_JOB_CALLS_H

#include "client/engine/job/watch.h"

/* Something came from the client, or it is gone. */
void calls_take(struct watch *watch, struct client *client);

/* The client takes no answer any more: its process loses it. */
void calls_hang_up(struct watch *watch, struct client *client);

/* A json_store for a signal's number, an int. */
int calls_store_signal(void *out, struct json_object *value, struct err *err);

#endif
