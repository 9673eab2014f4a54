/* SPDX-License-Identifier: ISC */
/*
 * The engine's event loop: see server.h.
 * TRUST: unprivileged
 * INPUT: whoever connects to the socket
 * MUST: as in server.h
 */
#include "client/engine/api/server.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/api/call.h"
#include "client/engine/api/crowd.h"
#include "client/engine/api/deferred.h"
#include "client/engine/api/reply.h"
#include "client/engine/api/start.h"
#include "client/engine/clock.h"
#include "client/engine/job/adopted.h"
#include "client/engine/job/children.h"
#include "client/engine/job/spare.h"
#include "client/engine/job/sweep.h"
#include "client/engine/log.h"
#include "client/engine/owner.h"
#include "client/engine/reset.h"
#include "common/facts.h"

#define EVENTS 16
#define PAUSE_NS 20000000L
#define ADOPTED_GRACE 8000 /* ms beyond the time that jobs of this engine have */
#define KILL_PAUSE 100 /* ms, between two SIGKILLs for the same job */

static int
watch(const struct engine *engine, int fd, void *source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Who is not let in waits in the backlog. */
static void
listen_or_not(const struct engine *engine, uint32_t events)
{
	static enum source listener = SOURCE_LISTENER;
	struct epoll_event event = { .events = events, .data.ptr = &listener };

	(void)!epoll_ctl(engine->epoll, EPOLL_CTL_MOD, ENGINE_FD_SOCKET, &event);
}

/* SIGTERM ends the engine where it holds nothing half done; its jobs go on. */
static int
take_signals(struct engine *engine)
{
	static enum source source = SOURCE_SIGNAL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	engine->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return engine->signals == -1 ? -1 : watch(engine, engine->signals, &source);
}

static int
hear_supervisors(struct engine *engine)
{
	static enum source source = SOURCE_OVER;

	engine->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return engine->over == -1 ? -1 : watch(engine, engine->over, &source);
}

int
server_open(struct engine *engine, struct err *err)
{
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (engine->epoll == -1 || take_signals(engine) == -1 ||
	    fcntl(ENGINE_FD_SOCKET, F_SETFL, O_NONBLOCK) == -1)
		return err_sys(err, "the engine cannot serve its socket");
	/* the socket is the one connection that there will ever be */
	if (engine->mode == FACTS_ONCE) {
		engine->retire = true;
		return 0;
	}
	/* listen(2) once more: SO_PEERCRED then shows this process, which a client that waits for it
	   in vain can name to its user (unix(7)) */
	if (listen(ENGINE_FD_SOCKET, SOMAXCONN) == -1 ||
	    watch(engine, ENGINE_FD_SOCKET, NULL) == -1 || hear_supervisors(engine) == -1)
		return err_sys(err, "the engine cannot serve its socket");
	listen_or_not(engine, EPOLLIN);
	return 0;
}

static void
drop(struct engine *engine, struct connection *connection)
{
	struct connection **at = &engine->connections;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	starting_forget(engine, connection);
	if (connection->resetting)
		call_reset_left(engine);
	/* closing is not enough: a supervisor has the same open description, and epoll(7) watches
	   that until the last one is closed */
	(void)!epoll_ctl(engine->epoll, EPOLL_CTL_DEL, connection->varlink.fd, NULL);
	varlink_close(&connection->varlink);
	free(connection);
	engine->nconnections--;
}

/* 0: the connection goes on. */
static int
serve(struct engine *engine, struct connection *connection)
{
	struct json_object *message;
	int ret = varlink_receive(&connection->varlink);

	if (ret == -1 && errno == EAGAIN)
		return 0;
	if (ret != 1)
		return -1;
	/* who waits for an answer has nothing to say */
	if (connection->deferred != DEFERRED_NONE)
		return -1;
	connection->heard = clock_ms();
	while ((ret = varlink_next(&connection->varlink, &message)) == 1) {
		ret = call_handle(engine, connection, message);
		json_object_put(message);
		if (ret == -1)
			return -1;
	}
	if (ret == 0 && connection->varlink.len == 0)
		ret = call_greet(engine, connection);
	return ret;
}

static void
welcome(struct engine *engine, int fd)
{
	struct connection *connection = owner_is_peer(fd) ? calloc(1, sizeof(*connection)) : NULL;

	if (connection == NULL) {
		close(fd);
		return;
	}
	connection->source = SOURCE_CONNECTION;
	connection->heard = clock_ms();
	varlink_init(&connection->varlink, fd);
	if (watch(engine, fd, connection) == -1) {
		varlink_close(&connection->varlink);
		free(connection);
		return;
	}
	connection->next = engine->connections;
	engine->connections = connection;
	engine->nconnections++;
	/* most clients have called already: berth sends before it waits */
	if (serve(engine, connection) == -1)
		drop(engine, connection);
}

/* Was there somebody? */
static bool
accept_one(struct engine *engine)
{
	int fd = accept4(ENGINE_FD_SOCKET, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd != -1)
		welcome(engine, fd);
	else
		engine->short_of_fds = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
	return fd != -1;
}

static void
handle(struct engine *engine, const struct epoll_event *event)
{
	enum source source = *(const enum source *)event->data.ptr;
	eventfd_t over;

	switch (source) {
	case SOURCE_LISTENER:
		if (engine->stop_by == 0)
			(void)accept_one(engine);
		break;
	case SOURCE_CONNECTION:
		if (engine->stop_by == 0 ||
		    ((const struct connection *)event->data.ptr)->stopping) {
			if (serve(engine, event->data.ptr) == -1)
				drop(engine, event->data.ptr);
		}
		break;
	case SOURCE_CHILD:
		if (event->data.ptr == engine->resetter)
			call_reset_ended(engine);
		child_ended(engine, event->data.ptr);
		break;
	case SOURCE_SIGNAL:
		engine->leave = "it was sent SIGTERM";
		break;
	case SOURCE_OVER:
		(void)!eventfd_read(engine->over, &over);
		spare_prepare(engine);
		break;
	case SOURCE_STARTING:
		starting_event(engine, event->data.ptr);
		break;
	case SOURCE_INVALID:
		break;
	}
}

/*
 * A client that asked for "stop --force" is answered when the jobs are gone. What the kernel cannot
 * end yet, a call to a file system that does not answer, is not asked to end without a pause.
 */
static int
stop_wait(const struct engine *engine)
{
	if (engine->stop_by == 0)
		return -1;
	return engine->adopted != NULL || clock_until(engine->stop_by) == 0 ? KILL_PAUSE : 1000;
}

/* To the next engine: none of them has been greeted, or has asked for anything since. */
static void
turn_away(struct engine *engine)
{
	struct connection *next;

	for (struct connection *at = engine->connections; at != NULL; at = next) {
		next = at->next;
		if (!at->stopping)
			drop(engine, at);
	}
	listen_or_not(engine, 0);
}

/* Jobs of an engine before this one cannot be killed from here; those that do not end are told of. */
static void
give_up_stop(struct engine *engine, size_t jobs)
{
	for (struct connection *at = engine->connections; at != NULL; at = at->next) {
		if (at->stopping)
			(void)!reply_busy(at->varlink.fd, jobs);
		at->stopping = false;
	}
	engine->stop_by = 0;
	listen_or_not(engine, EPOLLIN);
}

static void
finish_stop(struct engine *engine)
{
	size_t adopted;

	if (engine->stop_by == 0)
		return;
	turn_away(engine);
	if (children_jobs(engine) > 0) {
		if (clock_until(engine->stop_by) == 0)
			children_signal(engine, SIGKILL);
		return;
	}
	adopted = adopted_count(engine);
	if (adopted > 0) {
		if (clock_until(engine->stop_by + ADOPTED_GRACE) == 0)
			give_up_stop(engine, adopted);
		return;
	}
	for (struct connection *at = engine->connections; at != NULL; at = at->next)
		if (at->stopping)
			(void)!reply_send(at->varlink.fd, NULL);
	engine->leave = "it was stopped";
}

static int64_t
idle_end(const struct engine *engine)
{
	return engine->retire ? 0 : engine->used + (int64_t)engine->timeout * 1000;
}

int64_t
idle_left(const struct engine *engine)
{
	int64_t left = idle_end(engine) - clock_ms();

	return left > 0 ? left : 0;
}

/* Milliseconds until the engine leaves because nobody needs it, -1: something keeps it. */
static int
idle_wait(const struct engine *engine)
{
	if (children_busy(engine) || engine->connections != NULL || engine->adopted != NULL ||
	    engine->starting != NULL || engine->look_at != 0 ||
	    (engine->timeout == 0 && !engine->retire))
		return -1;
	return clock_until(idle_end(engine));
}

/*
 * Leaves when the time without use is over and nobody waits in the backlog. Who comes between this
 * accept(2) and the end of the process loses the connection before the greeting, and is sure by
 * that to have been served by nobody: berth calls again, and starts the next engine.
 */
static void
leave_when_idle(struct engine *engine)
{
	if (engine->leave == NULL && idle_wait(engine) == 0 &&
	    (engine->mode == FACTS_ONCE || !accept_one(engine)))
		engine->leave = engine->retire ? "no job runs, and nobody needs it"
					       : "nobody has needed it for its time";
}

/*
 * Between two rounds, when no event can be about one that is dropped: there is always room for one
 * more. Where there is none although nobody is left to go, it comes back by itself.
 */
static void
make_room(struct engine *engine)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct connection *surplus = crowd_surplus(engine, engine->short_of_fds);

	if (surplus == NULL && engine->short_of_fds)
		nanosleep(&pause, NULL);
	engine->short_of_fds = false;
	for (; surplus != NULL; surplus = crowd_surplus(engine, false))
		drop(engine, surplus);
}

/* For epoll_wait(2). */
static int
next_wait(const struct engine *engine)
{
	int next =
	    clock_sooner(clock_sooner(stop_wait(engine), idle_wait(engine)), crowd_wait(engine));

	if (engine->look_at != 0)
		next = clock_sooner(next, clock_until(engine->look_at));
	next = clock_sooner(next, clock_sooner(spare_wait(engine), sweep_wait(engine)));
	return clock_sooner(next, clock_sooner(deferred_wait(engine), adopted_wait(engine)));
}

/* Between two rounds: what no event tells of. */
static void
look_at_jobs(struct engine *engine)
{
	deferred_serve(engine, drop);
	if (adopted_wait(engine) == 0)
		(void)adopted_count(engine);
	start_lost(engine);
	if (spare_wait(engine) == 0)
		spare_prepare(engine);
	if (sweep_wait(engine) == 0)
		sweep_leftovers(engine);
}

void
server_run(struct engine *engine)
{
	struct epoll_event events[EVENTS];

	log_line(
	    engine, "engine started: version " BERTH_VERSION ", time-out %u s", engine->timeout);
	if (engine->mode == FACTS_ONCE) {
		welcome(engine, ENGINE_FD_SOCKET);
		leave_when_idle(engine);
	}
	while (engine->leave == NULL) {
		int n = epoll_wait(engine->epoll, events, EVENTS, next_wait(engine));

		for (int i = 0; i < n && engine->leave == NULL; i++)
			handle(engine, &events[i]);
		make_room(engine);
		look_at_jobs(engine);
		finish_stop(engine);
		leave_when_idle(engine);
	}
	spare_end(engine);
	(void)reset_give_up(engine);
	log_line(
	    engine, "engine leaves: %s; jobs that run: %zu", engine->leave, children_jobs(engine));
}
