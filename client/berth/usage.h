/* SPDX-License-Identifier: ISC */
/*
 * What a job takes of the machine, from its procfs.
 * TRUST: shared, reads hostile input
 * INPUT: as procread.h
 * MUST: leave process 1 out, which is berth's own; never overflow, whatever numbers come.
 */
#ifndef CLIENT_BERTH_USAGE_H
#define CLIENT_BERTH_USAGE_H

#include "client/berth/procread.h"

/* At one moment. */
struct usage {
	int64_t at; /* nanoseconds, CLOCK_MONOTONIC */
	uint64_t ticks; /* of processors, those of children that have ended with them */
	uint64_t memory; /* bytes */
	uint64_t read, written; /* bytes, of block devices */
	uint64_t received, sent; /* bytes, of its own network */
	uint32_t tasks;
	bool told; /* read and written are known, of one process at least */
};

/* What so many processes take. */
void usage_sum(const struct proc *list, int64_t count, struct usage *usage);

/*
 * network: the job has one of its own, whose traffic is counted. 0; 1: nothing runs there any more; -1
 * with err.
 */
int usage_read(int procfs, bool network, struct usage *usage, struct err *err)
    __attribute__((warn_unused_result));

/* Per cent of one processor between the two; hz: ticks of a second. */
double usage_cpu(const struct usage *before, const struct usage *after, long hz);

/* The memory of this host in bytes; 0: it is not told. */
uint64_t usage_total(void);

#endif
