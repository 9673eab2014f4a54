/* SPDX-License-Identifier: ISC */
/*
 * Records of a log as berth logs prints them: the bytes of each stream to the stream of that name, or
 * as JSON, an object a line; with the time before each line; of the last lines only.
 * TRUST: unprivileged
 * INPUT: records of a log, which its user can edit; what a job wrote
 * MUST: print every byte that is asked for, once, and none that is not.
 */
#ifndef CLIENT_BERTH_LOGSHOW_H
#define CLIENT_BERTH_LOGSHOW_H

#include "client/berth/logread.h"

/* A record that waits: it may be one of the last lines. */
struct logshow_held;

struct logshow {
	bool stamps;
	bool json;
	int64_t since, until; /* nanoseconds since the epoch; what is outside is not shown */
	int64_t tail; /* so many lines of what comes before logshow_flush; -1: all of them */
	bool within[3]; /* the line of that stream has begun */
	struct logshow_held *first, *last;
	int64_t lines; /* that begin among those that are held */
	enum log_stream shown; /* the stream that was written to last */
};

/* Shows the record, or holds it back. 0, or -1: memory is short. */
int logshow_take(struct logshow *show, const struct log_record *record)
    __attribute__((warn_unused_result));

/* Shows what was held back; from then on nothing is. */
void logshow_flush(struct logshow *show);

/* Forgets what was held back. */
void logshow_free(struct logshow *show);

#endif
