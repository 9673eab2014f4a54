/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a job, on disk before anybody is told: its supervisor's part of the record. A job that
 * nothing is kept of gets a record a moment after its start, when it is not over by then: who lists jobs
 * wants to see it, and a short one is not to wait for it.
 * TRUST: unprivileged
 * INPUT: none of its own
 * MUST: be no reason for a job to fail.
 */
#ifndef CLIENT_ENGINE_JOB_HISTORY_H
#define CLIENT_ENGINE_JOB_HISTORY_H

#include "client/engine/api/reply.h"
#include "client/engine/job/watch.h"

/* Before the command is forked. */
void history_open(struct watch *watch);

/* Writes what is in the record, if there is one on disk. */
void history_write(struct watch *watch);

/* The command was executed. */
void history_started(struct watch *watch);

/* watch->record_at has come. */
void history_begin(struct watch *watch);

/* What it writes goes to the log from now on. */
void history_detached(struct watch *watch);

/* Does what the job leaves stay? Not of one that could not even be started the first time. */
bool history_keeps(const struct watch *watch);

/* This run has ended so; not on disk yet, for it is not known what comes behind it. */
void history_ended(struct watch *watch, const struct outcome *outcome);

/* Behind that: once more, or no more. */
void history_restarting(struct watch *watch);
void history_over(struct watch *watch);

#endif
