/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Run: from a hostile message to a supervisor that owns the connection.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's
 * MUST: decode, check and decide before anything is made; hold the job's lock before there is
 *       anybody else who could remove its directory; forget the connection once a job has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/api/authority.h"
#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/hide.h"
#include "client/engine/job/children.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/host.h"
#include "client/engine/job/netns.h"
#include "client/engine/job/overlay.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/scratch.h"
#include "client/engine/job/streams.h"
#include "client/engine/job/supervisor.h"
#include "client/engine/log.h"
#include "client/engine/state.h"
#include "common/io.h"

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static int
check_limits(const struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->nulimits; i++) {
		const struct job_ulimit *u = &job->ulimits[i];
		struct rlimit now;

		if (syscall(SYS_prlimit64, 0, job_ulimit_resource(u->name), NULL, &now) == -1)
			return err_sys(err, "ulimit %s cannot be read", u->name);
		if ((rlim_t)u->hard <= now.rlim_max)
			continue;
		err_set(err, ERR_FAILED, "ulimit %s cannot be raised", u->name);
		return err_why(
		    err, "the limit that you have is %llu", (unsigned long long)now.rlim_max);
	}
	return 0;
}

static int
check_here(const struct engine *engine, const struct job *job, struct err *err)
{
	for (int i = 0; i < 3 && !job->run.tty; i++)
		if (streams_check(job->run.stdio[i], i, err) == -1)
			return -1;
	if (check_limits(job, err) == -1)
		return -1;
	if (job->name != NULL && children_named(engine, job->name)) {
		err_set(err, ERR_FAILED, "a job called %s runs already", job->name);
		return err_todo(err, "choose another name:  --name");
	}
	return 0;
}

/* The job's directory, locked; the lock lives as long as a supervisor has the descriptor. */
static int
make_directory(const struct engine *engine, char id[JOB_ID_LEN + 1], struct err *err)
{
	int dir = scratch_directory(engine->jobs, id);

	if (dir != -1 && overlay_directories(dir) == 0)
		return dir;
	state_unusable(engine, err);
	if (dir != -1)
		(void)!remove_tree(engine->jobs, id);
	io_close(&dir);
	return -1;
}

/* Forks the supervisor of a job that may run until then. 0, or -1 with err. */
static int
start_job(struct call *call, struct job *job, int64_t until, struct err *err)
{
	struct engine *engine = call->engine;
	struct child *child = child_new(engine, true);
	uint64_t namespaces = NAMESPACES;
	int AUTO_CLOSE dir = -1;
	int AUTO_CLOSE net = -1;
	int AUTO_CLOSE ctl = -1;
	int ret;

	if (child == NULL)
		return err_sys(err, "no more jobs can run at once");
	dir = make_directory(engine, child->id, err);
	if (dir == -1) {
		child_free(engine, child);
		return -1;
	}
	/* without it the job runs all the same; nobody enters it */
	ctl = ctl_listen(child->id);
	snprintf(child->name, sizeof(child->name), "%s", job->name != NULL ? job->name : child->id);
	if (job->network != JOB_NETWORK_HOST) {
		net = netns_take(engine);
		namespaces |= net == -1 ? CLONE_NEWNET : 0;
	}
	ret = child_fork(engine, child, namespaces);
	if (ret == 1)
		log_line(engine, "job %s (%s) started", child->id, child->name);
	if (ret == 0) {
		struct task task = { .engine = engine,
			.job = job,
			.id = child->id,
			.name = child->name,
			.conn = call->connection->varlink.fd,
			.dir = dir,
			.net = net,
			.slot = child->slot,
			.until = until,
			.ctl = ctl,
			.console = -1,
			.devpts = -1,
			.proc = -1 };

		supervisor_run(&task);
	}
	if (ret == 1)
		return 0;
	err_sys(err, "the job's namespaces cannot be made");
	(void)!remove_tree(engine->jobs, child->id);
	child_free(engine, child);
	return -1;
}

/*
 * Stop answers when there is no job any more: one that starts behind it would be killed. Reset takes
 * away what a job needs.
 */
static int
check_stays(const struct engine *engine, struct err *err)
{
	if (engine->stop_by == 0 && engine->resetter == NULL)
		return 0;
	err_set(err, ERR_FAILED, "the engine starts no more jobs");
	err_why(err, engine->stop_by != 0 ? "it is being stopped" : "its state is being reset");
	return err_todo(err, "try again when it is gone");
}

/* Decoded and checked: decides and starts. The answer to a refusal is sent here. */
static int
decide_and_start(struct call *call, struct job *job, struct err *err)
{
	static struct job_wants wants;
	int fd = call->connection->varlink.fd;
	struct policy policy = { 0 };
	struct decision decision = { 0 };
	int ret;

	ret = check_stays(call->engine, err);
	if (ret == 0)
		ret = job_wants(job, &wants, err);
	if (ret == 0)
		ret = authority_decide(call->engine, &wants, &policy, &decision, err);
	if (ret == 0)
		ret = check_here(call->engine, job, err);
	if (ret == 0)
		ret = hide_sockets(call->engine, err);
	if (ret == 0 && job->image == JOB_IMAGE_HOST)
		ret = host_prepare(call->engine, err);
	if (ret == 0)
		ret = start_job(call, job, decision.grant.until, err);
	if (ret == 0) {
		policy_free(&policy);
		return 0;
	}
	log_line(call->engine, "job not started: %s: %s", err->what, err->why);
	if (decision.verdict == VERDICT_REFUSE)
		ret = reply_refused(fd, &decision, err);
	else
		ret = reply_failed(fd, err);
	policy_free(&policy);
	return ret == -1 ? -1 : 1;
}

int
call_run(struct call *call)
{
	struct varlink *conn = &call->connection->varlink;
	struct job job;
	struct err err;
	int ret;

	call->engine->used = clock_ms();
	if (!call->more) {
		(void)!reply_service(conn->fd, "ExpectedMore", NULL, NULL);
		return -1;
	}
	/* what is behind this call would be lost: the connection changes its owner now */
	if (conn->len != 0)
		return -1;
	if (job_decode(call->parameters, conn, &job, &err) == 0) {
		ret = decide_and_start(call, &job, &err);
	} else if (err.code == ERR_USAGE) {
		ret = call_invalid(call, &err);
	} else {
		ret = reply_failed(conn->fd, &err) == -1 ? -1 : 1;
	}
	job_free(&job);
	/* a job that started has the connection, and this process is done with it */
	return ret == 1 ? 0 : -1;
}
