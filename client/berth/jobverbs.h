/* SPDX-License-Identifier: ISC */
/*
 * What verbs about jobs share.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: as each file says
 */
#ifndef CLIENT_BERTH_JOBVERBS_H
#define CLIENT_BERTH_JOBVERBS_H

#include "client/berth/eachjob.h"

/* cmd_start.c: an each_act, without a context. */
each_act job_start;

#endif
