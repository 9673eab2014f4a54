/* SPDX-License-Identifier: ISC */
/*
 * A command that runs in a job, as its supervisor sees it: the first one, whose end is the job's, or
 * a later one. What it leaves running stays, unless it was the first.
 * TRUST: unprivileged
 * INPUT: what its fork reports before the command runs; ends of processes
 * MUST: name it by its number only while it is a child that was not reaped.
 */
#ifndef CLIENT_ENGINE_JOB_PROCESS_H
#define CLIENT_ENGINE_JOB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/engine/job/command.h"
#include "client/engine/job/pty.h"

struct client;

/* What berth run ends with when it is not the command's status. */
#define PROCESS_TIMED_OUT 124
#define PROCESS_FAILED 125 /* berth itself failed, or the grant has ended */
#define PROCESS_NOT_EXECUTABLE 126
#define PROCESS_NOT_FOUND 127

struct process {
	struct process *next;
	bool first;
	pid_t pid; /* 0: it was reaped */
	int report; /* -1: the command was executed, or failure says why not */
	struct report failure; /* step STEP_INVALID: none */
	struct pty pty; /* its terminal; -1 without one */
	struct client *client; /* whom its events are for; NULL: nobody */
	bool detached; /* it never had a client but to be told of its start */
	bool unread; /* nobody but the supervisor reads its terminal */
	bool stopped; /* by its client's SIGTSTP */
	int status; /* of wait(2), when it was reaped */
	int64_t kill_at; /* clock_ms; 0: it is not to be killed */
	size_t report_slot; /* of poll(2): watch.h */
	size_t output_slot;
};

/* A new one without anything. NULL when memory is short. */
struct process *process_new(bool first);

/* Closes what it has and frees it. It must have been reaped, or never been forked. */
void process_free(struct process *process);

/*
 * Forks it; the command's report is filled in here, all else by the caller. 0 with pid and report, or
 * -1 with err.
 */
int process_fork(struct process *process, struct command *command, struct err *err)
    __attribute__((warn_unused_result));

/* Reads what the report says, the pipe being readable or its process dead. True: the command runs. */
bool process_take_report(struct process *process);

/* Is there a process in the job that is not reaped? All that run become the supervisor's children. */
bool process_any(void);

/* To the command alone; to it and its group, which is its own; to everything in the job. */
void process_signal(const struct process *process, int number);
void process_signal_group(const struct process *process, int number);
void process_signal_all(int number);

/* SIGTSTP and SIGCONT as a client means them, anything else as it is: see process.c. */
void process_pass_signal(struct process *process, int number);

/* Continues what process_pass_signal has stopped. */
void process_continue(struct process *process);

/* Everything in the job has been killed: reaps it all. status of process is set. */
void process_reap_all(struct process *processes);

/* Reaps one child that has ended, if there is any: true, and *pid and *status are set. */
bool process_reap(pid_t *pid, int *status);

#endif
