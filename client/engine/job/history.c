/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a job, on disk before anybody is told: see history.h.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: as in history.h
 */
#include "client/engine/job/history.h"

#include <signal.h>

#include "client/engine/clock.h"
#include "client/engine/job/request.h"

#define SHORT_JOB 10 /* ms */

void
history_open(struct watch *watch)
{
	const struct task *task = watch->task;

	if (task->record != NULL) {
		watch->record = *task->record;
		watch->recorded = true;
	} else if (task->job->keep || task->job->detach) {
		watch->recorded =
		    record_begin(&watch->record, task->id, task->name, task->job) == 0;
		watch->record.once = task->engine->mode == FACTS_ONCE;
		(void)!request_write(task->dir, task->job);
	} else {
		record_init(&watch->record);
		if (task->job->stop_signal != 0)
			watch->record.stop_signal = task->job->stop_signal;
	}
}

void
history_write(struct watch *watch)
{
	if (watch->recorded)
		(void)!record_write(watch->task->dir, &watch->record);
}

void
history_started(struct watch *watch)
{
	watch->started = true;
	watch->record.state = RECORD_RUNNING;
	watch->record.started = record_now();
	watch->record.finished = 0;
	if (watch->recorded)
		history_write(watch);
	else
		watch->record_at = clock_ms() + SHORT_JOB;
}

void
history_begin(struct watch *watch)
{
	const struct record now = watch->record;
	const struct task *task = watch->task;

	if (watch->recorded || record_begin(&watch->record, task->id, task->name, task->job) == -1)
		return;
	watch->record.created = watch->record.started = now.started;
	watch->record.once = task->engine->mode == FACTS_ONCE;
	watch->record.state = now.state;
	watch->record.stopped = now.stopped;
	watch->record.detached = now.detached;
	watch->recorded = true;
	(void)!request_write(task->dir, task->job);
	history_write(watch);
}

void
history_detached(struct watch *watch)
{
	watch->record.detached = true;
	history_write(watch);
}

void
history_ended(struct watch *watch, const struct outcome *outcome)
{
	record_end(
	    &watch->record, record_reason_of(outcome->reason), outcome->status, outcome->why);
}

void
history_restarting(struct watch *watch)
{
	watch->record.state = RECORD_RESTARTING;
	watch->record.restarts++;
	history_write(watch);
}

bool
history_keeps(const struct watch *watch)
{
	return watch->task->job->keep && (watch->started || watch->task->again);
}

void
history_over(struct watch *watch)
{
	watch->record.state = RECORD_EXITED;
	/* one that never was: its name is free before its client knows */
	watch->record.kept = history_keeps(watch);
	/* the directory of another one is about to be removed */
	if (watch->task->job->keep)
		history_write(watch);
}
