/* SPDX-License-Identifier: ISC */
/*
 * What the supervisor of a job asks of its client: directories in which the user's files belong to another id
 * of the job's, which the launcher alone can mount, and the client alone can call.
 * TRUST: unprivileged
 * INPUT: the event "map", whose sender may be a job that took the engine over
 * MUST: run the launcher for nothing that the job did not ask for, and no more often than it can have
 *       mounts; pass on no descriptor but the three of the event; keep none of them.
 */
#ifndef CLIENT_BERTH_MAPCALL_H
#define CLIENT_BERTH_MAPCALL_H

#include <stdbool.h>

#include "client/berth/cli.h"
#include "client/lib/job.h"
#include "client/lib/varlink.h"

struct json_object;

struct mapcall {
	struct cli *cli;
	const struct job *job; /* NULL: it is not known here what it asked for */
	unsigned int made;
	/* The launcher ended with ERR_UNAVAILABLE: this directory cannot be mapped. */
	bool unsupported;
};

/* Is it that event? */
bool mapcall_is(struct json_object *params);

/* Is it "unmappable"? The error that says why comes behind it. */
bool mapcall_is_refusal(struct json_object *params);

/*
 * Runs the launcher with the descriptors of the event, which are closed in every case. 0, or -1 with err:
 * then the job does not start, once its supervisor sees the connection end.
 */
int mapcall_serve(struct mapcall *call, struct varlink *conn, struct json_object *params,
    struct err *err) __attribute__((warn_unused_result));

#endif
