/* SPDX-License-Identifier: ISC */
/*
 * When a job whose command has ended is started again.
 * TRUST: unprivileged
 * INPUT: the job's policy; how its command ended
 * MUST: bound how often that happens in a time; never restart what a person, its time-out or its grant
 *       has ended.
 */
#ifndef CLIENT_ENGINE_JOB_RESTART_H
#define CLIENT_ENGINE_JOB_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "client/engine/job/record.h"

#define RESTART_DELAY_FIRST 100 /* ms, doubled each time */
#define RESTART_DELAY_MAX 60000
#define RESTART_GOOD_RUN 10000 /* who ran so long begins with the first delay again */

/* Does its policy want a job again that has ended as its record says? */
bool restart_wanted(const struct record *record);

/* The next delay, in ms, after the one before (0: there was none) and a run of so many ms. */
int64_t restart_delay(int64_t before, int64_t ran);

#endif
