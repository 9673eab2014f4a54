/* SPDX-License-Identifier: ISC */
/*
 * A job's start: see launch.h.
 * TRUST: unprivileged
 * INPUT: descriptions that job_decode has accepted
 * MUST: as in launch.h
 */
#include "client/engine/api/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/authority.h"
#include "client/engine/api/reply.h"
#include "client/engine/hide.h"
#include "client/engine/job/children.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/host.h"
#include "client/engine/job/names.h"
#include "client/engine/job/overlay.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/request.h"
#include "client/engine/job/scratch.h"
#include "client/engine/job/spare.h"
#include "client/engine/job/streams.h"
#include "client/engine/job/supervisor.h"
#include "client/engine/log.h"
#include "client/engine/owner.h"
#include "client/engine/state.h"
#include "common/io.h"

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

/* Directories that only a launcher of the client's can mount. */
static int
check_maps(const struct launch *launch, struct err *err)
{
	if (!job_is_mapped(launch->job))
		return 0;
	if (launch->engine->mode == FACTS_ROOTLESS) {
		err_set(err, ERR_FAILED, "a directory cannot belong to another user in the job");
		err_why(err, "that needs a grant, and this engine works without one");
		return err_todo(err, "leave uid= and gid= away: the job's root owns it then");
	}
	if (launch->maps)
		return 0;
	err_set(err, ERR_FAILED, "its directories with uid= and gid= need a client to mount them");
	err_why(err, "nobody who could do it has asked for this start");
	return err_todo(err, "start it again:  berth start");
}

static int
check_here(const struct job *job, struct err *err)
{
	for (int i = 0; i < 3 && job->run.stdio[i] >= 0; i++)
		if (streams_check(job->run.stdio[i], i, err) == -1)
			return -1;
	return check_limits(job, err);
}

/* The job's directory, locked; the lock lives as long as a supervisor has the descriptor. */
static int
make_directory(const struct engine *engine, char id[JOB_ID_LEN + 1], struct err *err)
{
	int dir = scratch_directory(engine->jobs, id);

	if (dir != -1 && overlay_directories(dir) == 0 &&
	    owner_give(engine, dir, OVERLAY_UPPER) == 0)
		return dir;
	state_unusable(engine, err);
	if (dir != -1)
		(void)!remove_tree(engine->jobs, id);
	io_close(&dir);
	return -1;
}

/* The directory of one that was there before. */
static int
prepare_again(const struct launch *launch, char id[JOB_ID_LEN + 1], struct err *err)
{
	int dir = fcntl(launch->again->dir, F_DUPFD_CLOEXEC, 0);

	memcpy(id, launch->again->id, JOB_ID_LEN + 1);
	/* its supervisor makes it ready: what is in it can take long to remove */
	return dir != -1 ? dir : err_sys(err, "the job's directory cannot be used again");
}

/* Its name, if it was given one. */
static int
take_name(struct launch *launch, const struct child *child, struct err *err)
{
	const char *name = launch->job->name;
	int ret = name == NULL ? 0 : names_take(launch->engine, name, child->id, launch->holder);

	/* it says who has the name, and nothing else */
	if (ret != 1)
		launch->holder[0] = '\0';
	if (ret == -1)
		return err_sys(err, "the name %s cannot be taken", name);
	if (ret == 0)
		return 0;
	err_set(err, ERR_FAILED, "a job called %s is there already", name);
	return err_todo(err, "choose another name:  --name");
}

/* Of a job that stays there is everything on disk before anything of it runs. */
static int
write_down(struct launch *launch, const struct child *child, int dir, struct err *err)
{
	struct record *record = &launch->record;
	int ret;

	if (!launch->job->keep)
		return 0;
	ret = record_begin(record, child->id, launch->job->name, launch->job);
	record->once = launch->engine->mode == FACTS_ONCE;
	record->restarts = launch->restarts;
	if (launch->again != NULL)
		record->created = launch->again->record.created;
	if (ret == 0 && launch->again == NULL)
		ret = request_write(dir, launch->job);
	if (ret == 0)
		ret = record_write(dir, record);
	return ret == 0 ? 0 : state_unusable(launch->engine, err);
}

/* Everything on disk and the socket. The directory, or -1 with err; then undo follows. */
static int
prepare(struct launch *launch, struct child *child, int *ctl, struct err *err)
{
	const char *name = launch->job->name;
	int dir = launch->again != NULL ? prepare_again(launch, child->id, err)
					: make_directory(launch->engine, child->id, err);

	if (dir == -1)
		return -1;
	snprintf(child->name, sizeof(child->name), "%s", name != NULL ? name : child->id);
	child->kept = launch->job->keep;
	/* without the socket the job runs all the same; nobody enters it */
	*ctl = ctl_listen(child->id);
	if (take_name(launch, child, err) == 0 && write_down(launch, child, dir, err) == 0)
		return dir;
	io_close(&dir);
	return -1;
}

/* What prepare made. */
static void
undo(const struct launch *launch, struct child *child)
{
	const struct found *again = launch->again;

	/* its record is as it was before */
	if (again != NULL)
		(void)!record_write(again->dir, &again->record);
	else if (child->id[0] != '\0') {
		(void)!remove_tree(launch->engine->jobs, child->id);
		if (child->name[0] != '\0')
			names_drop(child->name, child->id);
	}
	if (child->sock != -1)
		spare_drop(launch->engine, child);
	else
		child_free(launch->engine, child);
}

/* The spare, if it can be of use, or room for one that is forked for this job. */
static struct child *
choose_child(const struct launch *launch)
{
	struct child *spare = NULL;

	if (launch->parameters != NULL && launch->job->network != JOB_NETWORK_HOST)
		spare = spare_take(launch->engine);
	return spare != NULL ? spare : child_new(launch->engine, true);
}

/* It could not be given the job, which a new one gets. NULL: there is no room. */
static struct child *
replace(struct engine *engine, struct child *spare)
{
	struct child *child = child_new(engine, true);

	if (child == NULL)
		return NULL;
	memcpy(child->id, spare->id, sizeof(child->id));
	memcpy(child->name, spare->name, sizeof(child->name));
	child->kept = spare->kept;
	spare_drop(engine, spare);
	return child;
}

/* Has a supervisor run the task: in *child, unless that is a spare that cannot. 0, or -1. */
static int
start_supervisor(struct launch *launch, struct child **child, struct task *task)
{
	struct engine *engine = launch->engine;
	struct child *other;
	int ret;

	if ((*child)->sock != -1) {
		engine->finished[task->slot] = 0;
		if (spare_run(*child, task, launch->parameters, launch->came) == 0)
			return 0;
		other = replace(engine, *child);
		if (other == NULL)
			return -1;
		*child = other;
		task->id = (*child)->id;
		task->name = (*child)->name;
		task->slot = (*child)->slot;
	}
	ret = child_fork(engine, *child, CLONE_JOB);
	if (ret == 0)
		supervisor_run(task);
	return ret == 1 ? 0 : -1;
}

/* Starts the supervisor. 0, or -1 with err. */
static int
start_job(struct launch *launch, struct err *err)
{
	struct engine *engine = launch->engine;
	struct child *child = choose_child(launch);
	int AUTO_CLOSE ctl = -1;
	int AUTO_CLOSE dir = -1;
	struct task task;

	if (child == NULL)
		return err_sys(err, "no more jobs can run at once");
	dir = prepare(launch, child, &ctl, err);
	if (dir == -1) {
		undo(launch, child);
		return -1;
	}
	task = (struct task){ .engine = engine,
		.job = launch->job,
		.id = child->id,
		.name = child->name,
		.conn = launch->conn,
		.dir = dir,
		.stage = STAGE_NONE,
		.slot = child->slot,
		.until = launch->decision.grant.until,
		.record = launch->job->keep ? &launch->record : NULL,
		.again = launch->again != NULL,
		.ctl = ctl,
		.console = -1,
		.devpts = -1,
		.proc = -1 };
	if (start_supervisor(launch, &child, &task) == 0) {
		log_line(engine, "job %s (%s) started", child->id, child->name);
		return 0;
	}
	err_sys(err, "the job's namespaces cannot be made");
	undo(launch, child);
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

int
launch_job(struct launch *launch, struct err *err)
{
	static struct job_wants wants;
	struct engine *engine = launch->engine;
	const struct job *job = launch->job;
	int ret = check_stays(engine, err);

	if (ret == 0)
		ret = check_maps(launch, err);
	if (ret == 0)
		ret = job_wants(job, &wants, err);
	if (ret == 0)
		ret = authority_decide(engine, &wants, &launch->policy, &launch->decision, err);
	if (ret == 0)
		ret = check_here(job, err);
	if (ret == 0)
		ret = hide_sockets(engine, err);
	if (ret == 0 && job->image == JOB_IMAGE_HOST)
		ret = host_prepare(engine, err);
	if (ret == 0)
		ret = start_job(launch, err);
	if (ret == -1)
		log_line(engine, "job not started: %s: %s", err->what, err->why);
	return ret;
}

int
launch_refuse(const struct launch *launch, int fd, const struct err *err)
{
	if (launch->decision.verdict == VERDICT_REFUSE)
		return reply_refused(fd, &launch->decision, err);
	if (launch->holder[0] != '\0')
		return answer_name_taken(fd, launch->job->name, launch->holder);
	return reply_failed(fd, err);
}

void
launch_free(struct launch *launch)
{
	policy_free(&launch->policy);
	record_free(&launch->record);
}
