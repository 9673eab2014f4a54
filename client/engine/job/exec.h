/* SPDX-License-Identifier: ISC */
/*
 * A later process in a job that runs: io.berth.Engine.Exec.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's
 * MUST: give it what the first process has and no more (command.h); leave none of its descriptors in
 *       the supervisor.
 */
#ifndef CLIENT_ENGINE_JOB_EXEC_H
#define CLIENT_ENGINE_JOB_EXEC_H

#include "client/engine/job/watch.h"

/*
 * Serves a call of the client's; call_fds holds the descriptors that came with it, which are borrowed.
 * The client has its process then, or was told why not and is closed.
 */
void exec_serve(struct watch *watch, struct client *client, struct json_object *parameters,
    const struct varlink *call_fds);

#endif
