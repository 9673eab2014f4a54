/* SPDX-License-Identifier: ISC */
/*
 * Calls of the Varlink interfaces io.berth.Engine and org.varlink.service.
 * TRUST: unprivileged
 * INPUT: messages from any client of the user's
 * MUST: know every method and every member of its parameters; close the connection of a client
 *       that says what it does not know, and every descriptor that no method took.
 */
#ifndef CLIENT_ENGINE_API_CALL_H
#define CLIENT_ENGINE_API_CALL_H

#include "client/engine/api/server.h"

struct json_object;

/* Handles one call. 0: the connection goes on; -1: it is to be closed here. */
int call_handle(struct engine *engine, struct connection *connection, struct json_object *message)
    __attribute__((warn_unused_result));

/*
 * Answers a Hello. A client that has had this answer never sends its call a second time, so it is
 * sent only when the call behind Hello has come as a whole, or when there is none: an engine that
 * leaves in between has not greeted, and the call is tried again. 0 or -1, as call_handle.
 */
int call_greet(struct engine *engine, struct connection *connection)
    __attribute__((warn_unused_result));

/* A call that is being handled. */
struct call {
	struct engine *engine;
	struct connection *connection;
	struct json_object *parameters; /* an object, maybe an empty one */
	bool more;
	bool oneway;
};

/*
 * Takes a message apart by the table of a call's members; a message without parameters gets an
 * empty object. What call and *method point to belongs to message. 0, or -1 with err.
 */
int call_head(struct json_object *message, struct call *call, const char **method, struct err *err)
    __attribute__((warn_unused_result));

/* Does the call carry no parameters, as it must? 0, or -1: the error has been sent. */
int call_no_parameters(const struct call *call) __attribute__((warn_unused_result));

/*
 * Answers and frees parameters; status other than 0: they are not whole, and are only freed.
 * Returns what call_handle does.
 */
int call_answer(const struct call *call, struct json_object *parameters, int status);

/* Was it called with "more", as it must? 0, or -1: the error has been sent. */
int call_must_have_more(const struct call *call) __attribute__((warn_unused_result));

/* Answers that a parameter is wrong: err as json_fields has it. Returns -1. */
int call_invalid(const struct call *call, const struct err *err);

/* io.berth.Engine.Stop and Reset; in stop.c. As call_handle. */
int call_stop(struct call *call) __attribute__((warn_unused_result));
int call_reset(struct call *call) __attribute__((warn_unused_result));

/* The resetter has ended, and is not reaped yet: answers those who wait for it. */
void call_reset_ended(struct engine *engine);

/* Somebody who waited for it is gone: with the last one it is given up. */
void call_reset_left(struct engine *engine);

/* io.berth.Engine.Info and State; in info.c. As call_handle. */
int call_info(struct call *call) __attribute__((warn_unused_result));
int call_state(struct call *call) __attribute__((warn_unused_result));

/* io.berth.Engine.Run; in run.c. As call_handle: a connection that a job took is closed here. */
int call_run(struct call *call) __attribute__((warn_unused_result));

/* Exec, Attach, Wait, Kill, StopJob, Open; in forward.c. As call_run. */
int call_exec(struct call *call) __attribute__((warn_unused_result));
int call_attach(struct call *call) __attribute__((warn_unused_result));
int call_wait(struct call *call) __attribute__((warn_unused_result));
int call_kill(struct call *call) __attribute__((warn_unused_result));
int call_stop_job(struct call *call) __attribute__((warn_unused_result));
int call_open(struct call *call) __attribute__((warn_unused_result));

/* List, Inspect; in jobs.c. Remove, Usage, Prune; in remove_job.c. A child answers them. */
int call_list(struct call *call) __attribute__((warn_unused_result));
int call_inspect(struct call *call) __attribute__((warn_unused_result));
int call_remove(struct call *call) __attribute__((warn_unused_result));
int call_usage(struct call *call) __attribute__((warn_unused_result));
int call_prune(struct call *call) __attribute__((warn_unused_result));

/* Volumes; in volumes.c and create_volume.c. A child answers them. */
int call_list_volumes(struct call *call) __attribute__((warn_unused_result));
int call_create_volume(struct call *call) __attribute__((warn_unused_result));
int call_inspect_volume(struct call *call) __attribute__((warn_unused_result));
int call_remove_volume(struct call *call) __attribute__((warn_unused_result));
int call_prune_volumes(struct call *call) __attribute__((warn_unused_result));

/* The volumes' part of Usage; NULL with errno. In volumes.c. */
struct json_object *volumes_usage(int jobs);

/* Copy; in copy.c. A child answers it. */
int call_copy(struct call *call) __attribute__((warn_unused_result));

/* StartJob; in start.c. */
int call_start_job(struct call *call) __attribute__((warn_unused_result));

/* StartJob and Remove of a job that lives no more; found->dir is -1 when it is gone. */
struct found;
int start_found(struct call *call, struct found *found) __attribute__((warn_unused_result));
int remove_found(struct call *call, struct found *found) __attribute__((warn_unused_result));

/* The text of config/io.berth.Engine.varlink. */
extern const char interface_text[];

#endif
