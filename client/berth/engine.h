/* SPDX-License-Identifier: ISC */
/*
 * Calls to the engine: the greeting, the retry while nobody has served us, and its errors.
 * TRUST: unprivileged
 * INPUT: what the engine answers
 * MUST: act on no answer before the greeting; repeat a call only as long as it was not served.
 */
#ifndef CLIENT_BERTH_ENGINE_H
#define CLIENT_BERTH_ENGINE_H

#include "client/berth/connect.h"
#include "client/lib/varlink.h"

/* A call on its way. */
struct engine_call {
	const char *method; /* "Run" */
	struct json_object *params; /* owned by the call from engine_open on; may be NULL */
	bool more;
	const int *fds;
	size_t nfds;
	int patience; /* milliseconds for the answer of engine_call; 0: as for the greeting */
};

#define ENGINE_FOREVER (-1) /* patience for what takes as long as it takes */

/* One answer. */
struct engine_answer {
	struct json_object *message; /* the receiver's to put */
	struct json_object *params; /* borrowed from it */
};

/*
 * Connects (and starts an engine, if way says so), sends greeting and call with one sendmsg(2) and
 * reads the greeting. 0: read the answers from conn and close it; 1: no engine runs and none was
 * to be started; -1 with err.
 */
int engine_open(struct way *way, struct engine_call *call, struct varlink *conn, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The two halves of engine_open on a connection that is there: greeting and call, with one
 * sendmsg(2), and the greeting of the engine. 0; 1 we were not served; -1 with err.
 */
int engine_send(struct engine_call *call, struct varlink *conn, struct err *err)
    __attribute__((warn_unused_result));
int engine_greet(struct way *way, struct varlink *conn, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Judges one answer: *params are its parameters, borrowed from message, and never NULL.
 * 0, or -1 with err and the reason in cli when it is an error.
 */
int engine_answer(struct cli *cli, struct json_object *message, struct json_object **params,
    struct err *err) __attribute__((warn_unused_result));

/*
 * The next answer to a call; patience as in struct engine_call. 0; -1 with err (way->hung_up: the
 * connection had ended), and then *answer has the members of an error that the engine answered.
 */
int engine_next(struct way *way, struct varlink *conn, int patience, struct engine_answer *answer,
    struct err *err) __attribute__((warn_unused_result));

/*
 * A call with one answer. *params belongs to the caller, and may be NULL with -1; an error that the
 * engine answered has its members there. 0; 1 no engine runs (or it was ended: way->killed); -1
 * with err.
 */
int engine_call(struct way *way, struct engine_call *call, struct json_object **params,
    struct err *err) __attribute__((warn_unused_result));

/*
 * As engine_call, and starts no engine: args belongs to it. *params is the caller's with 0 alone.
 */
int engine_ask(struct cli *cli, const char *method, struct json_object *args,
    struct json_object **params, struct err *err) __attribute__((warn_unused_result));

/* Asks the engine at the default address to leave as soon as no job runs: has it agreed? */
bool engine_retire(struct cli *cli);

/* A member of an answer; "" when there is none. */
const char *engine_text(struct json_object *params, const char *name);

/* The descriptor that a member of an answer means, a copy; -1: there is none. */
int engine_fd(const struct varlink *conn, struct json_object *params, const char *name);

#endif
