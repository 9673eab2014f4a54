/* SPDX-License-Identifier: ISC */
/*
 * A later process in a job that runs: see exec.h.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's
 * MUST: as in exec.h
 */
#include "client/engine/job/exec.h"

#include <json-c/json.h>

#include "client/engine/api/reply.h"
#include "client/engine/job/streams.h"

static size_t
count(const struct process *processes)
{
	size_t n = 0;

	for (; processes != NULL; processes = processes->next)
		n++;
	return n;
}

/* What the command reads and writes. A terminal that nobody is to see is read here all the same. */
static int
set_streams(struct process *process, const struct job_exec *exec, const struct task *task,
    struct command *command, struct err *err)
{
	if (exec->run.tty) {
		process->unread = exec->detach;
		command->pty = &process->pty;
		return pty_open(&process->pty, task->devpts, &exec->run, err);
	}
	for (int i = 0; i < 3; i++) {
		/* the supervisor's own are /dev/null */
		command->stdio[i] = exec->detach ? i : exec->run.stdio[i];
		if (!exec->detach && streams_check(exec->run.stdio[i], i, err) == -1)
			return -1;
	}
	return 0;
}

/* The process, which is in the list then, or NULL with err. */
static struct process *
start(struct watch *watch, const struct job_exec *exec, struct err *err)
{
	struct command command = { .task = watch->task, .run = &exec->run, .go = -1 };
	struct process *process;

	if (count(watch->processes) >= WATCH_PROCESSES_MAX) {
		err_set(err, ERR_FAILED, "no more processes can be started in this job");
		err_why(err, "%d have been, and have not ended", WATCH_PROCESSES_MAX - 1);
		return NULL;
	}
	process = watch_settle(watch) ? process_new(false) : NULL;
	if (process == NULL) {
		err_sys(err, "nothing more can be started in this job");
		return NULL;
	}
	process->detached = exec->detach;
	if (set_streams(process, exec, watch->task, &command, err) == -1 ||
	    process_fork(process, &command, err) == -1) {
		process_free(process);
		return NULL;
	}
	process->next = watch->processes;
	watch->processes = process;
	return process;
}

void
exec_serve(struct watch *watch, struct client *client, struct json_object *parameters,
    const struct varlink *call_fds)
{
	struct process *process = NULL;
	struct job_exec exec;
	struct err err;

	if (job_exec_decode(parameters, call_fds, &exec, &err) == 0) {
		process = start(watch, &exec, &err);
		if (process == NULL)
			(void)!reply_failed(client->conn.fd, &err);
	} else if (err.code == ERR_USAGE) {
		(void)!reply_invalid(client->conn.fd, &err);
	} else {
		(void)!reply_failed(client->conn.fd, &err);
	}
	job_exec_free(&exec);
	if (process == NULL) {
		client_close(client);
		return;
	}
	client->kind = CLIENT_PROCESS;
	client->process = process;
	process->client = client;
}
