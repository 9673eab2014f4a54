/* SPDX-License-Identifier: ISC */
/*
 * The engine's children: see children.h.
 * TRUST: unprivileged
 * INPUT: the ends of processes
 * MUST: as in children.h
 */
#include "client/engine/job/children.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "client/engine/job/names.h"
#include "client/engine/job/spare.h"
#include "client/engine/job/sweep.h"
#include "client/engine/log.h"
#include "common/io.h"

struct child *
child_new(struct engine *engine, bool is_job)
{
	struct child *child = calloc(1, sizeof(*child));

	if (child == NULL)
		return NULL;
	child->source = SOURCE_CHILD;
	child->pidfd = -1;
	child->sock = -1;
	child->is_job = is_job;
	if (!is_job)
		return child;
	while (child->slot < ENGINE_JOBS_MAX && engine->slots[child->slot] != 0)
		child->slot++;
	if (child->slot == ENGINE_JOBS_MAX) {
		free(child);
		errno = EAGAIN;
		return NULL;
	}
	engine->slots[child->slot] = 1;
	engine->finished[child->slot] = 0;
	return child;
}

void
child_free(struct engine *engine, struct child *child)
{
	if (child->is_job)
		engine->slots[child->slot] = 0;
	io_close(&child->pidfd);
	io_close(&child->sock);
	free(child);
}

int
child_fork(struct engine *engine, struct child *child, uint64_t namespaces)
{
	struct clone_args args = {
		.flags = namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&child->pidfd,
		.exit_signal = SIGCHLD,
	};
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = child };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid <= 0)
		return (int)pid;
	child->next = engine->children;
	engine->children = child;
	/* fails when memory is short: then the child is reaped when the engine ends */
	(void)!epoll_ctl(engine->epoll, EPOLL_CTL_ADD, child->pidfd, &event);
	return 1;
}

static void
unlink_child(struct engine *engine, const struct child *child)
{
	for (struct child **at = &engine->children; *at != NULL; at = &(*at)->next) {
		if (*at == child) {
			*at = child->next;
			return;
		}
	}
}

/* A supervisor ends with the status of its job. */
static void
tell_end(const struct engine *engine, const struct child *child, const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		log_line(engine, "job %s (%s) ended with status %d", child->id, child->name,
		    info->si_status);
	else
		log_line(engine, "job %s (%s) ended: its supervisor was killed by signal %d",
		    child->id, child->name, info->si_status);
}

/*
 * Has its supervisor left what it should have removed? One that was killed may have to start again, and
 * what it was filling for the job is not kept with that.
 */
static bool
clean_up(struct engine *engine, const struct child *child, bool killed)
{
	if (!child->is_job)
		return child->worker && killed;
	if (child->kept) {
		if (killed)
			engine_look_at(engine, 0);
		/* its command could not be started: there is no such job */
		else if (faccessat(engine->jobs, child->id, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
			names_drop(child->name, child->id);
		return killed;
	}
	names_drop(child->name, child->id);
	return faccessat(engine->jobs, child->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void
engine_look_at(struct engine *engine, int64_t left)
{
	int64_t then = clock_ms() + left;

	if (engine->look_at == 0 || then < engine->look_at)
		engine->look_at = then;
}

void
child_ended(struct engine *engine, struct child *child)
{
	bool was_spare = child->is_job && child->id[0] == '\0';
	bool was_job = child->is_job && !was_spare;
	bool kept = child->kept;
	bool left, killed;
	siginfo_t info;

	/* the end of one that is traced is its tracer's first, although the pidfd tells of it */
	if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG) == -1 || info.si_pid == 0)
		return;
	if (was_job)
		tell_end(engine, child, &info);
	unlink_child(engine, child);
	if (child == engine->spare)
		engine->spare = NULL;
	/* other children may still hold copies of the pidfd: see drop in server.c */
	(void)!epoll_ctl(engine->epoll, EPOLL_CTL_DEL, child->pidfd, NULL);
	killed = info.si_code != CLD_EXITED;
	left = !was_spare && clean_up(engine, child, killed);
	/* it may have been a sweeper */
	if (killed && !child->is_job)
		sweep_later(engine);
	child_free(engine, child);
	/* with nobody left here also what nobody looks after: the job of an engine that was killed
	 * before its supervisor was */
	if (left && !kept)
		engine->sweep_after = 0;
	if (left || (was_job && !children_busy(engine)))
		sweep_leftovers(engine);
	if (!was_job)
		return;
	engine->used = clock_ms();
	/* now the engine has time */
	spare_prepare(engine);
}

bool
children_busy(const struct engine *engine)
{
	const struct child *child = engine->children;

	return child != NULL && (child != engine->spare || child->next != NULL);
}

size_t
children_jobs(const struct engine *engine)
{
	size_t n = 0;

	for (const struct child *child = engine->children; child != NULL; child = child->next)
		n += child->is_job && engine->finished[child->slot] == 0;
	return n;
}

bool
children_over(const struct engine *engine, const char *id)
{
	for (const struct child *child = engine->children; child != NULL; child = child->next)
		if (child->is_job && strcmp(child->id, id) == 0)
			return engine->finished[child->slot] != 0 && !child->kept;
	return false;
}

bool
children_copy(const struct engine *engine, const char *id)
{
	for (const struct child *child = engine->children; child != NULL; child = child->next)
		if (child->copier && strcmp(child->id, id) == 0)
			return true;
	return false;
}

void
children_signal(const struct engine *engine, int signal)
{
	for (const struct child *child = engine->children; child != NULL; child = child->next)
		if (child->is_job)
			syscall(SYS_pidfd_send_signal, child->pidfd, signal, NULL, 0);
}

void
children_signal_one(const struct engine *engine, const char *id, int signal)
{
	for (const struct child *child = engine->children; child != NULL; child = child->next)
		if (child->is_job && strcmp(child->id, id) == 0)
			syscall(SYS_pidfd_send_signal, child->pidfd, signal, NULL, 0);
}
