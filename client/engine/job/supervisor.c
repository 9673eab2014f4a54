/* SPDX-License-Identifier: ISC */
/*
 * The supervisor of a job: sets it up and starts it. See supervisor.h; what it does while the
 * command runs is in watch.c.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon
 * MUST: as in supervisor.h
 */
#include "client/engine/job/supervisor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/engine/job/command.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/history.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/netns.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/rights.h"
#include "client/engine/job/rootfs.h"
#include "client/engine/job/watch.h"

#define FDS_MAX (24 + JOB_MOUNTS_MAX)

/* The listening socket, the user's lock, other clients: none of it is for this process. */
static void
drop_descriptors(const struct task *task)
{
	const struct job *job = task->job;
	int fds[FDS_MAX];
	size_t n = 0;

	fds[n++] = task->conn;
	fds[n++] = task->dir;
	fds[n++] = task->ctl;
	fds[n++] = task->stage.dev;
	fds[n++] = task->stage.proc;
	fds[n++] = task->stage.sys;
	fds[n++] = task->stage.tmp;
	fds[n++] = task->stage.run;
	fds[n++] = task->engine->jobs;
	fds[n++] = task->engine->over;
	fds[n++] = job->image_fd;
	/* a job with a terminal has no streams, and its terminal is not made yet */
	for (size_t i = 0; i < 3; i++)
		fds[n++] = job->run.stdio[i];
	for (size_t i = 0; i < job->nmounts; i++)
		fds[n++] = job->mounts[i].fd;
	keep_only(fds, n);
}

/* The network comes first, for the command is forked off into it. */
static int
enter_network(const struct task *task, struct err *err)
{
	if (task->ahead || task->job->network == JOB_NETWORK_HOST || netns_make() == 0)
		return 0;
	return err_sys(err, "the job's network namespace cannot be made");
}

/* The terminal or the pipes of a job that no client reads, or its terminal for the client. */
static int
make_streams(struct task *task, struct watch *watch, struct err *err)
{
	const struct job *job = task->job;

	if (job->detach) {
		watch->output = output_new(task->dir);
		if (watch->output == NULL)
			return err_sys(err, "the job's log cannot be written");
	}
	if (!job->run.tty)
		return job->detach ? output_pipes(watch->output, job->interactive, err) : 0;
	task->devpts = pty_mount(task->engine->host.gid_tty);
	if (task->devpts == -1)
		return err_sys(err, "the job's terminal cannot be made");
	watch->first->unread = job->detach;
	if (pty_open(&watch->first->pty, task->devpts, &job->run, err) == -1)
		return -1;
	task->console = watch->first->pty.slave;
	return 0;
}

/*
 * Forks pid 2 early: it takes what does not depend on the root while the root is built here, and
 * then waits until it may enter it. *go: what tells it.
 */
static int
fork_command(const struct task *task, struct watch *watch, int *go, struct err *err)
{
	struct command command = { .task = task, .run = &task->job->run };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "the command cannot be prepared");
	*go = ends[1];
	command.go = ends[0];
	if (task->job->run.tty)
		command.pty = &watch->first->pty;
	else if (watch->output != NULL)
		output_streams(watch->output, command.stdio);
	else
		memcpy(command.stdio, task->job->run.stdio, sizeof(command.stdio));
	if (process_fork(watch->first, &command, err) == -1)
		return -1;
	close(ends[0]);
	return 0;
}

static int
set_up(struct task *task, struct err *err)
{
	const char *hostname = task_hostname(task);

	if (sethostname(hostname, strlen(hostname)) == -1)
		return err_sys(err, "the hostname %s cannot be set", hostname);
	return rootfs_enter(task, err);
}

/*
 * What the command has and the supervisor needs no longer: the streams, so that their other ends
 * see the command's end, above all. It keeps a job's terminal open: otherwise one that no process has
 * open for a moment would have ended for the client.
 */
static void
drop_streams(const struct watch *watch, int go)
{
	const struct task *task = watch->task;
	const struct process *first = watch->first;
	int fds[FDS_MAX];
	size_t n = 0;

	fds[n++] = task->conn;
	fds[n++] = task->dir;
	fds[n++] = task->ctl;
	fds[n++] = task->devpts;
	fds[n++] = task->proc;
	fds[n++] = task->engine->jobs;
	fds[n++] = task->engine->over;
	fds[n++] = first->report;
	fds[n++] = first->pty.master;
	fds[n++] = first->pty.slave;
	fds[n++] = go;
	for (size_t i = 0; i < task->nvolumes; i++)
		fds[n++] = task->volumes[i];
	if (watch->output != NULL)
		n += output_descriptors(watch->output, fds + n);
	keep_only(fds, n);
}

/* 0 with the command on its way, or -1 with err. */
static int
start(struct task *task, struct watch *watch, struct err *err)
{
	const char word = COMMAND_GO;
	int go = -1;

	if (enter_network(task, err) == -1 || make_streams(task, watch, err) == -1 ||
	    fork_command(task, watch, &go, err) == -1 || set_up(task, err) == -1)
		return -1;
	/* it takes its identity while rights are given up here, and runs when that is done: when the
	   pipe is closed; if it is dead already, its report or its status tells */
	(void)!write(go, &word, 1);
	drop_streams(watch, go);
	if (rights_drop(task, err) == -1)
		return -1;
	close(go);
	return 0;
}

/* Nobody waits for it any more. */
static void leave(const struct task *task, bool keep, int result) __attribute__((noreturn));

static void
leave(const struct task *task, bool keep, int result)
{
	if (!keep)
		(void)!remove_tree(task->engine->jobs, task->id);
	_exit(result);
}

/* The first process and its client. False: memory is short. */
static bool
fill_watch(struct watch *watch, const struct task *task)
{
	watch->task = task;
	watch->result = PROCESS_FAILED;
	watch->first = watch->processes = process_new(true);
	if (watch->first == NULL)
		return false;
	watch->first->client = clients_add(&watch->clients, CLIENT_PROCESS, task->conn);
	if (watch->first->client == NULL)
		return false;
	watch->first->client->process = watch->first;
	return true;
}

void
supervisor_run(struct task *task)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct err err;

	prctl(PR_SET_NAME, "berth-job");
	drop_descriptors(task);
	ctl_own(task->ctl);
	if (watch == NULL || !fill_watch(watch, task))
		leave(task, task->again, PROCESS_FAILED);
	history_open(watch);
	if (start(task, watch, &err) == 0)
		watch_run(watch);
	else
		watch_failed(watch, &err);
	leave(task, history_keeps(watch), watch->result);
}
