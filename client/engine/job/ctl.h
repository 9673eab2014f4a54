/* SPDX-License-Identifier: ISC */
/*
 * The socket of a job, jobs/ID/ctl: over it an engine, also one that came later, hands a call on to the
 * job's supervisor, which then answers the client itself. One message a connection: the call, with the
 * client's connection as the first descriptor and those of the call behind it.
 * TRUST: unprivileged
 * INPUT: whoever listens there, which the kernel tells
 * MUST: never wait for a supervisor; hand a client to nobody but a process of the user's.
 */
#ifndef CLIENT_ENGINE_JOB_CTL_H
#define CLIENT_ENGINE_JOB_CTL_H

#include <stddef.h>

struct json_object;

#define CTL_FILE "ctl"

/* Binds it anew, in the job's directory below the working directory; it listens. -1 with errno. */
int ctl_listen(const char *id) __attribute__((warn_unused_result));

/* By the supervisor: from now on the kernel names it, not the engine, to who connects (SO_PEERCRED). */
void ctl_own(int ctl);

/*
 * Sends the message with client and fds. 0: the supervisor has them; the caller still closes its own.
 * -1 with errno: ENOENT and ECONNREFUSED when there is no supervisor, EAGAIN when it takes nothing now.
 */
int ctl_send(const char *id, struct json_object *message, int client, const int *fds, size_t nfds)
    __attribute__((warn_unused_result));

/*
 * Asks for something whose answer nobody waits for: method of the interface, parameters (which it frees)
 * but for the job. 0, or -1 as ctl_send.
 */
int ctl_ask(const char *id, const char *method, struct json_object *parameters)
    __attribute__((warn_unused_result));

#endif
