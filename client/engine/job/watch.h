/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor does while its job lives: reaps, serves those who ask for something, keeps the
 * timeout, writes down what becomes of the job, tells those who wait, starts the command again.
 * TRUST: unprivileged
 * INPUT: calls from clients, signals from the engine and from inside the job, ends of processes
 * MUST: end everything in the job when its first command ends, when the client of that hangs up
 *       (unless it detached before, or there never was one) or sends what is no oneway call of Signal or
 *       Detach; write the end down before anybody is told; tell the status that wait(2) told, not what
 *       the job says (C34); wait for no client.
 */
#ifndef CLIENT_ENGINE_JOB_WATCH_H
#define CLIENT_ENGINE_JOB_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "client/engine/job/clients.h"
#include "client/engine/job/output.h"
#include "client/engine/job/process.h"
#include "client/engine/job/record.h"
#include "client/engine/job/task.h"

#define WATCH_PROCESSES_MAX 256
#define WATCH_LOST_SIZE 128
#define WATCH_POLL_MAX (2 + OUTPUT_STREAMS + CLIENTS_MAX + 2 * WATCH_PROCESSES_MAX)

struct watch {
	const struct task *task;
	struct process *first; /* among the following; its pid is 0 between two runs */
	struct process *processes;
	struct client *clients;
	struct output *output; /* NULL: a client has what the first command writes */
	struct record record;
	int signals;
	bool settled; /* later processes can be started: rights.h */
	bool recorded; /* the record is on disk, and is kept up to date there */
	bool started; /* the command was executed, the first time */
	bool timed_out;
	bool expired; /* what it may do has ended */
	char lost[WATCH_LOST_SIZE]; /* why the supervisor cannot go on; empty: it can */
	int result; /* what berth run ends with; for the engine's log */
	int64_t began; /* clock_ms of this run */
	int64_t delay; /* before this run; 0: it was the first */
	int64_t restart_at; /* milliseconds of clock_ms; each 0: none */
	int64_t record_at;
	int64_t timeout_at;
	int64_t kill_at;
	int64_t accept_at; /* nobody is let in before */
	size_t nfds;
	struct pollfd fds[WATCH_POLL_MAX];
};

/* Until the job is over and those who waited were told. */
void watch_run(struct watch *watch);

/* Instead of it: the command could not be started at all. */
void watch_failed(struct watch *watch, const struct err *err);

/* Before a later process: the supervisor is as those have to find it. False with errno: it cannot. */
bool watch_settle(struct watch *watch);

/* Is the first command one that runs, or is about to? */
bool watch_is_running(const struct watch *watch);

/*
 * The first command is asked to end with that signal, and is not restarted; everything is killed in
 * grace milliseconds.
 */
void watch_stop(struct watch *watch, int number, int64_t grace);

/* A person has asked for its end: it is not restarted. */
void watch_no_more(struct watch *watch);

/* The first command's terminal has no reader any more: what comes is written to the log. */
void watch_detach(struct watch *watch);

/* Kills everything, now: the client is gone, or makes no sense. */
void watch_end(struct watch *watch);

/* How the first command has ended, for those who are told: points into the record. */
struct outcome;
struct outcome watch_outcome(const struct watch *watch);

#endif
