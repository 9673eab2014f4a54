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
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/job/account.h"
#include "client/engine/job/command.h"
#include "client/engine/job/identity.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/netns.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/rootfs.h"
#include "client/engine/job/watch.h"
#include "common/io.h"

/* To remove what other ids of the job wrote, and to end what runs as them. */
#define CAPS_KEPT (1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER | 1U << CAP_KILL)

/* The listening socket, the user's lock, other clients: none of it is for this process. */
static void
drop_descriptors(const struct task *task)
{
	const struct job *job = task->job;
	int fds[8 + JOB_MOUNTS_MAX];
	size_t n = 0;

	fds[n++] = task->conn;
	fds[n++] = task->dir;
	fds[n++] = task->net;
	fds[n++] = task->engine->jobs;
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
	if (task->net != -1) {
		if (setns(task->net, CLONE_NEWNET) == -1)
			return err_sys(err, "the job's network cannot be entered");
	} else if (task->job->network != JOB_NETWORK_HOST && netns_loopback() == -1) {
		return err_sys(err, "the job's loopback interface cannot be set up");
	}
	return 0;
}

/*
 * Forks pid 2 early: it takes what does not depend on the root while the root is built here, and
 * then waits for its identity. Its pid, or -1 with err.
 */
static pid_t
fork_command(const struct task *task, int *report, int *go, struct err *err)
{
	struct command command = { .task = task };
	int up[2];
	int down[2];
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) == -1 || pipe2(down, O_CLOEXEC) == -1)
		return err_sys(err, "the command cannot be prepared");
	command.report = up[1];
	command.go = down[0];
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		command_exec(&command);
	}
	if (pid == -1)
		return err_sys(err, "the command cannot be started");
	close(up[1]);
	close(down[0]);
	*report = up[0];
	*go = down[1];
	return pid;
}

static int
set_up(const struct task *task, struct identity *identity, struct err *err)
{
	const char *hostname = task_hostname(task);

	if (sethostname(hostname, strlen(hostname)) == -1)
		return err_sys(err, "the hostname %s cannot be set", hostname);
	if (rootfs_enter(task, err) == -1)
		return -1;
	return account_of_run(task, &task->job->run, identity, err);
}

/*
 * What the command has and the supervisor needs no longer: the streams, so that their other ends
 * see the command's end, and the power to mount. It keeps a job's terminal open: otherwise one that
 * no process has open for a moment would have ended for the client.
 */
static int
drop_the_rest(const struct watch *watch, int go, struct err *err)
{
	const struct task *task = watch->task;
	int fds[] = { task->conn, task->dir, task->engine->jobs, watch->report, go,
		task->pty.master, task->pty.slave };

	keep_only(fds, sizeof(fds) / sizeof(fds[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
	    (!task_keeps_groups(task) && (setgroups(0, NULL) == -1 || getgroups(0, NULL) != 0)) ||
	    identity_reduce(CAPS_KEPT) == -1)
		return err_sys(err, "the supervisor cannot give up its rights");
	return 0;
}

/* 0 with the command on its way, or -1 with err. */
static int
start(struct task *task, struct watch *watch, struct err *err)
{
	struct identity identity;
	int go = -1;

	if (enter_network(task, err) == -1 ||
	    (task->job->run.tty &&
		pty_open(&task->pty, task->job, task->engine->host.gid_tty, err) == -1))
		return -1;
	watch->main = fork_command(task, &watch->report, &go, err);
	if (watch->main == -1 || set_up(task, &identity, err) == -1)
		return -1;
	/* a number that cannot own it is one that cannot be taken either: the command says so */
	if (task->job->run.tty)
		(void)!fchown(task->pty.slave, identity.uid, (gid_t)-1);
	if (drop_the_rest(watch, go, err) == -1)
		return -1;
	watch->pty = task->pty;
	/* if it is dead already, its report or its status tells */
	(void)!io_write_all(go, &identity, sizeof(identity));
	close(go);
	return 0;
}

/* The client has had its answer already. */
static void leave(const struct task *task, int result) __attribute__((noreturn));

static void
leave(const struct task *task, int result)
{
	close(task->conn);
	(void)!remove_tree(task->engine->jobs, task->id);
	_exit(result);
}

void
supervisor_run(struct task *task)
{
	struct watch watch = {
		.task = task, .report = -1, .pty = { -1, -1, -1 }, .result = WATCH_FAILED
	};
	struct err err;

	prctl(PR_SET_NAME, "berth-job");
	drop_descriptors(task);
	if (start(task, &watch, &err) == 0) {
		watch_run(&watch);
	} else {
		task->engine->finished[task->slot] = 1;
		(void)!reply_failed(task->conn, &err);
	}
	leave(task, watch.result);
}
