/* SPDX-License-Identifier: ISC */
/*
 * Calls about jobs that are there already. An engine is started for them as for run, but only where
 * something of a job is kept.
 * TRUST: unprivileged
 * INPUT: what the engine answers; names that the caller typed
 * MUST: pass names on as they were typed: which job is meant is the engine's to say.
 */
#ifndef CLIENT_BERTH_JOBCALL_H
#define CLIENT_BERTH_JOBCALL_H

#include "client/berth/engine.h"

/* A call; params is used up by it. */
struct job_call {
	const char *method;
	const char *job;
	struct json_object *params; /* more than the job; may be NULL */
	int patience; /* as in struct engine_call */
	bool more; /* of job_send: there is more than one answer */
	bool
	    makes; /* of job_ask_all: an engine is started for it, also where nothing is kept yet */
	bool again; /* may be asked again when the answer got lost with the job's end */
};

/* *answer is the caller's with 0 alone; -1 with err. */
int job_ask(struct cli *cli, struct job_call *call, struct json_object **answer, struct err *err)
    __attribute__((warn_unused_result));

/*
 * A call about no job, or all of them; job is not used. 0 and *answer, the caller's; 1: no engine runs
 * and nothing of a job is kept; -1 with err.
 */
int job_ask_all(struct cli *cli, struct job_call *call, struct json_object **answer,
    struct err *err) __attribute__((warn_unused_result));

/* A call that is answered once for each of something, each time with a member of this name. */
struct job_all {
	const char *method;
	const char *member;
};

/* All of them as an array, which is the caller's with 0 alone; -1 with err. */
int job_all(struct cli *cli, const struct job_all *all, struct json_object **list, struct err *err)
    __attribute__((warn_unused_result));

/* The same for completion: see job_list_running. */
int job_all_running(struct cli *cli, const struct job_all *all, struct json_object **list)
    __attribute__((warn_unused_result));

/* The jobs as an array of the interface's Job, which is the caller's with 0 alone; -1 with err. */
int job_list(struct cli *cli, bool all, struct json_object **list, struct err *err)
    __attribute__((warn_unused_result));

/*
 * All jobs of an engine that runs, for completion: none is started, and the program ends if it takes
 * more than a moment. 0, or -1: there is none.
 */
int job_list_running(struct cli *cli, struct json_object **list)
    __attribute__((warn_unused_result));

/* A descriptor of the interface's Open, which is the caller's with 0 alone; -1 with err. */
int job_open(struct cli *cli, const char *job, const char *what, int *fd, struct err *err)
    __attribute__((warn_unused_result));

/* A call that was not answered yet: engine_next reads the answer. */
struct job_sent {
	struct way way;
	struct varlink conn; /* to be closed by the one who sent it */
};

/* Sends a call about one job. 0, or -1 with err, and nothing is to be closed. */
int job_send(struct cli *cli, struct job_call *call, struct job_sent *sent, struct err *err)
    __attribute__((warn_unused_result));

#endif
