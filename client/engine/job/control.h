/* SPDX-License-Identifier: ISC */
/*
 * The socket ctl of a job, over which the engine hands on what its clients ask of the job: one Varlink
 * message, as the client sent it. The first descriptor that comes with it is the client's connection,
 * the others are those that came with the call; the indices in its parameters count from there. The
 * engine that does it need not be the one that started the job.
 * TRUST: unprivileged
 * INPUT: whoever of the user's connects; the messages and descriptors of the user's clients
 * MUST: take nothing from another user (SO_PEERCRED); wait for nobody; leave no descriptor behind; have
 *       answered everybody who could connect when the job is over.
 */
#ifndef CLIENT_ENGINE_JOB_CONTROL_H
#define CLIENT_ENGINE_JOB_CONTROL_H

#include "client/engine/job/watch.h"

/* Lets in who connects, while there is room. */
void control_accept(struct watch *watch);

/* Something came from one of kind CLIENT_ENGINE: hands the call's client on, or closes it. */
void control_take(struct watch *watch, struct client *engine);

/* Drops who has connected and said nothing for long; how long until there is somebody, in ms, -1: for
 * ever. */
void control_look(struct watch *watch);
int control_wait(const struct watch *watch);

/* The job is over, and the record says so: nobody else can connect, who did is answered. */
void control_finish(struct watch *watch);

#endif
