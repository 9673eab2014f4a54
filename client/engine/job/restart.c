/* SPDX-License-Identifier: ISC */
/*
 * When a job is started again: see restart.h.
 * TRUST: unprivileged
 * INPUT: the job's policy; how its command ended
 * MUST: as in restart.h
 */
#include "client/engine/job/restart.h"

bool
restart_wanted(const struct record *record)
{
	if (record->stopped || record->reason == RECORD_REASON_TIMEOUT ||
	    record->reason == RECORD_REASON_EXPIRED)
		return false;
	switch (record->restart) {
	case JOB_RESTART_ALWAYS:
		return true;
	case JOB_RESTART_ON_FAILURE:
		return record->status != 0 &&
		       (record->restart_max == 0 || record->restarts < record->restart_max);
	case JOB_RESTART_NO:
	case JOB_RESTART_INVALID:
		break;
	}
	return false;
}

int64_t
restart_delay(int64_t before, int64_t ran)
{
	if (before == 0 || ran >= RESTART_GOOD_RUN)
		return RESTART_DELAY_FIRST;
	return before >= RESTART_DELAY_MAX / 2 ? RESTART_DELAY_MAX : before * 2;
}
