/* SPDX-License-Identifier: ISC */
/*
 * Mounts in which the user's files belong to another id of the job's. Only the launcher can make them, and
 * only the client can call it: the supervisor sends what the launcher needs over the client's connection,
 * and gets a mount back on a socket of its own.
 * TRUST: unprivileged
 * INPUT: descriptors from whoever serves the client's connection
 * MUST: take nothing but a mount of the very directory that was asked for, with the owner that was asked
 *       for and with flags that are not weaker than the directory's; wait for a bounded time, and not
 *       for a client that has gone; keep no descriptor of what was refused.
 */
#ifndef CLIENT_ENGINE_JOB_HANDOVER_H
#define CLIENT_ENGINE_JOB_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define HANDOVER_FDS 3 /* of the event "map": config/io.berth.Engine.varlink */

struct json_object;

/* What is asked for. */
struct handover {
	const char *source; /* path, for messages and for the client to compare */
	int directory; /* O_PATH, as opened in this mount namespace */
	uint32_t uid; /* whom of the job the user's files shall belong to; not both 0 */
	uint32_t gid;
};

/*
 * Asks the client at conn, who may keep the mount and change it until it is attached: what it is then its
 * caller has to see to. In the mount namespace in which the directory was opened, and which the job's
 * root is built in. A mount whose top is the directory, nosuid and nodev at least; or -1
 * with err.
 */
int handover_mount(int conn, const struct handover *wanted, struct err *err)
    __attribute__((warn_unused_result));

/* Is it the event "map"? parameters of a message of a supervisor's. */
bool handover_is(struct json_object *parameters);

#endif
