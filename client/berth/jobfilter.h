/* SPDX-License-Identifier: ISC */
/*
 * Which jobs ps shows: --filter KEY=VALUE, with the keys and the meaning that docker(1) has.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: refuse a key or a value that means nothing, instead of ignoring it.
 */
#ifndef CLIENT_BERTH_JOBFILTER_H
#define CLIENT_BERTH_JOBFILTER_H

#include "client/berth/jobview.h"
#include "common/err.h"

#define JOBFILTER_MANY 32

enum filter_key {
	FILTER_INVALID = 0,
	FILTER_ID, /* the id begins so */
	FILTER_NAME, /* an extended regular expression that is found in the name */
	FILTER_LABEL, /* NAME or NAME=VALUE */
	FILTER_STATUS, /* the state */
	FILTER_EXITED, /* it is over, with this status */
	FILTER_BEFORE, /* made before that job */
	FILTER_SINCE /* made after that job */
};

/*
 * Of several filters of one key one has to hold, but every label; and of each key that is used. Values
 * are the command line's.
 */
struct jobfilter {
	size_t count;
	struct {
		enum filter_key key;
		const char *value;
		int64_t number; /* of exited; of before and since: when that job was made */
	} term[JOBFILTER_MANY];
};

/* The keys for help and completion; ends with NULL. */
extern const char *const jobfilter_keys[];

/* The states that a job can have; ends with NULL. */
extern const char *const jobfilter_states[];

/* Takes one KEY=VALUE. 0, or -1 with ERR_USAGE. */
int jobfilter_add(struct jobfilter *filter, const char *text, struct err *err)
    __attribute__((warn_unused_result));

/* Does a filter name a state, so that a job need not run to be shown? */
bool jobfilter_wants_state(const struct jobfilter *filter);

/*
 * Finds the jobs that before and since name among all. 0, or -1 with err: there is none, or a pattern
 * of name is none.
 */
int jobfilter_resolve(struct jobfilter *filter, struct json_object *list, struct err *err)
    __attribute__((warn_unused_result));

/* After jobfilter_resolve. */
bool jobfilter_takes(const struct jobfilter *filter, const struct jobview *view);

#endif
