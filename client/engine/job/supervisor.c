/* SPDX-License-Identifier: ISC */
/*
 * The supervisor of a job: sets it up and starts it. See supervisor.h; what it does while the
 * command runs is in watch.c.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon
 * MUST: as in supervisor.h
 */
#include "client/engine/job/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/job/account.h"
#include "client/engine/job/command.h"
#include "client/engine/job/environ.h"
#include "client/engine/job/identity.h"
#include "client/engine/job/keep.h"
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
	int fds[7 + JOB_MOUNTS_MAX];
	size_t n = 0;

	fds[n++] = task->conn;
	fds[n++] = task->dir;
	fds[n++] = task->engine->jobs;
	fds[n++] = job->image_fd;
	for (size_t i = 0; i < 3; i++)
		fds[n++] = job->stdio[i];
	for (size_t i = 0; i < job->nmounts; i++)
		fds[n++] = job->mounts[i].fd;
	keep_only(fds, n);
}

/* What the command has and the supervisor needs no longer: the streams, so that their other ends
 * see the command's end, the arguments, the power to mount. */
static int
drop_the_rest(const struct task *task, int report, struct err *err)
{
	int fds[] = { task->conn, task->dir, task->engine->jobs, report };

	keep_only(fds, sizeof(fds) / sizeof(fds[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || identity_reduce(CAPS_KEPT) == -1)
		return err_sys(err, "the supervisor cannot give up its capabilities");
	return 0;
}

static int
loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int AUTO_CLOSE fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
}

static const char *
hostname_of(const struct task *task)
{
	return task->job->hostname != NULL ? task->job->hostname : task->id;
}

static int
set_up(const struct task *task, struct identity *identity, struct err *err)
{
	const char *hostname = hostname_of(task);

	if (sethostname(hostname, strlen(hostname)) == -1)
		return err_sys(err, "the hostname %s cannot be set", hostname);
	if (task->job->network != JOB_NETWORK_HOST && loopback_up() == -1)
		return err_sys(err, "the job's loopback interface cannot be set up");
	if (rootfs_enter(task, err) == -1)
		return -1;
	return account_find(task->job->user, identity, err);
}

/* Forks pid 2. Its pid, or -1 with err; *report is where it says what went wrong. */
static pid_t
start_command(
    const struct task *task, const struct identity *identity, int *report, struct err *err)
{
	struct command command = { .task = task, .identity = identity };
	int ends[2];
	pid_t pid;

	command.env = environ_build(&task->job->env, identity->home, hostname_of(task));
	if (command.env == NULL || pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "the command cannot be prepared");
	command.report = ends[1];
	pid = fork();
	if (pid == 0)
		command_exec(&command);
	if (pid == -1)
		return err_sys(err, "the command cannot be started");
	free(command.env);
	*report = ends[0];
	return drop_the_rest(task, *report, err) == -1 ? -1 : pid;
}

/* The client has had its answer already. */
static void leave(const struct task *task) __attribute__((noreturn));

static void
leave(const struct task *task)
{
	close(task->conn);
	(void)!remove_tree(task->engine->jobs, task->id);
	_exit(0);
}

void
supervisor_run(struct task *task)
{
	struct watch watch = { .task = task, .report = -1 };
	struct identity identity;
	struct err err;

	prctl(PR_SET_NAME, "berth-job");
	drop_descriptors(task);
	if (set_up(task, &identity, &err) == 0)
		watch.main = start_command(task, &identity, &watch.report, &err);
	else
		watch.main = -1;
	if (watch.main == -1) {
		task->engine->finished[task->slot] = 1;
		reply_failed(task->conn, &err);
		leave(task);
	}
	watch_run(&watch);
	leave(task);
}
