/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor does while the command runs: see watch.h.
 * TRUST: unprivileged
 * INPUT: calls from the client, signals, ends of processes
 * MUST: as in watch.h
 */
#include "client/engine/job/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/lib/json.h"
#include "common/io.h"

#define TIMEOUT_GRACE 10000 /* ms from SIGTERM to SIGKILL after --timeout */
#define STOP_GRACE 5000 /* after "daemon stop" */
#define CLOCK_SET_NOTICED 30000 /* a clock that was set forwards */
#define HANGUP_GRACE 2000 /* after the terminal is gone: an editor saves what it has */

static void
continue_all(struct watch *watch)
{
	if (watch->stopped)
		kill(-1, SIGCONT);
	watch->stopped = false;
}

/* SIGTERM now, SIGKILL in grace milliseconds. A shell at a terminal ignores SIGTERM, not SIGHUP. */
static void
ask_to_end(struct watch *watch, int64_t grace)
{
	kill(watch->main, SIGTERM);
	if (watch->task->job->run.tty)
		kill(watch->main, SIGHUP);
	continue_all(watch);
	if (watch->kill_at == 0)
		watch->kill_at = clock_ms() + grace;
}

static void
end_now(struct watch *watch)
{
	watch->gone = true;
	kill(-1, SIGKILL);
}

/* The client is gone. The kernel tells the session when the last master is closed. */
static void
hang_up(struct watch *watch)
{
	if (watch->pty.master == -1 || watch->report != -1) {
		end_now(watch);
		return;
	}
	watch->gone = true;
	pty_hang_up(&watch->pty);
	continue_all(watch);
	if (watch->kill_at == 0)
		watch->kill_at = clock_ms() + HANGUP_GRACE;
}

/* The pipe ends when the command is executed; before that it may bring why it cannot be. */
static void
read_report(struct watch *watch)
{
	ssize_t got = read(watch->report, &watch->failure, sizeof(watch->failure));

	io_close(&watch->report);
	watch->report = -1;
	if (got == (ssize_t)sizeof(watch->failure))
		return;
	watch->failure.step = STEP_INVALID;
	if (!watch->over && reply_started(watch->task, watch->pty.master) == -1)
		end_now(watch);
}

static void
reap(struct watch *watch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == watch->main) {
			watch->over = true;
			watch->status = status;
		}
	}
}

/* SIGCHLD, or SIGTERM from the engine; a job that sends its pid 1 a SIGTERM asks for the same. */
static void
take_signal(struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM)
		ask_to_end(watch, STOP_GRACE);
	reap(watch);
}

static int
store_signal(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 1, NSIG - 1, &number) == -1)
		return err_set(err, ERR_USAGE, "not a signal");
	*(int *)out = (int)number;
	return 0;
}

/*
 * Without a terminal a session ignores SIGTSTP (its processes are an orphaned group), and behind one
 * the client's stop is none of the job's business: so it is SIGSTOP, for all of them.
 */
static int
call_signal(struct watch *watch, struct json_object *parameters, struct err *err)
{
	static const struct json_field fields[] = {
		{ "signal", store_signal, true },
		{ NULL, NULL, false },
	};
	int number;

	if (json_fields(parameters, fields, &number, err) == -1)
		return -1;
	if (number == SIGTSTP) {
		watch->stopped = true;
		kill(-1, SIGSTOP);
	} else if (number == SIGCONT && watch->stopped) {
		continue_all(watch);
	} else {
		kill(watch->main, number);
	}
	return 1;
}

/* Only a terminal can be kept for the job: the other streams are the client's own. */
static int
call_detach(struct watch *watch, struct json_object *parameters, struct err *err)
{
	static const struct json_field none[] = { { NULL, NULL, false } };

	if (json_fields(parameters, none, NULL, err) == -1 || watch->pty.master == -1 ||
	    watch->report != -1)
		return -1;
	continue_all(watch);
	watch->gone = true;
	watch->detached = true;
	/* the call is a oneway one: its sender may have left already */
	(void)!reply_detached(watch->task->conn);
	return 1;
}

/* What a client may call after "started", oneway both. 1, or -1 when it is none of it. */
static int
take_call(struct watch *watch, struct json_object *message)
{
	struct call call = { 0 };
	const char *method;
	struct err err;

	if (call_head(message, &call, &method, &err) == -1 || !call.oneway || call.more)
		return -1;
	if (strcmp(method, BERTH_INTERFACE ".Signal") == 0)
		return call_signal(watch, call.parameters, &err);
	if (strcmp(method, BERTH_INTERFACE ".Detach") == 0)
		return call_detach(watch, call.parameters, &err);
	return -1;
}

static void
take_calls(struct watch *watch)
{
	struct json_object *message;
	int ret = varlink_receive(&watch->conn);

	varlink_drop_fds(&watch->conn);
	if (ret == -1 && errno == EAGAIN)
		return;
	/* the end of the stream, or a reset because it left answers unread: the client hung up */
	if (ret == 0 || (ret == -1 && errno == ECONNRESET)) {
		hang_up(watch);
		return;
	}
	while (ret == 1 && !watch->detached) {
		ret = varlink_next(&watch->conn, &message);
		if (ret == 0)
			return;
		if (ret == 1) {
			ret = take_call(watch, message);
			json_object_put(message);
		}
	}
	if (!watch->detached)
		end_now(watch);
}

/* What a detached job writes to its terminal has nowhere to go. */
static void
take_output(struct watch *watch, short events)
{
	if ((events & POLLIN) != 0)
		pty_discard(&watch->pty);
	else if (events != 0)
		pty_hang_up(&watch->pty);
}

/* Milliseconds until the wall clock says what the grants say, at most so many that a clock that was
 * set is noticed. */
static int64_t
until_left(const struct watch *watch)
{
	struct timespec ts;
	int64_t left;

	if (watch->task->until == 0 || watch->expired)
		return -1;
	(void)!clock_gettime(CLOCK_REALTIME, &ts);
	left = (watch->task->until - ts.tv_sec) * 1000 - ts.tv_nsec / 1000000;
	if (left < 0)
		return 0;
	return left > CLOCK_SET_NOTICED ? CLOCK_SET_NOTICED : left;
}

static void
check_clock(struct watch *watch)
{
	/* The launcher's watcher gives no time to save anything either. */
	if (until_left(watch) == 0) {
		watch->expired = true;
		kill(-1, SIGKILL);
	}
	if (watch->timeout_at != 0 && clock_ms() >= watch->timeout_at) {
		watch->timeout_at = 0;
		watch->timed_out = true;
		ask_to_end(watch, TIMEOUT_GRACE);
	}
	if (watch->kill_at != 0 && clock_ms() >= watch->kill_at) {
		watch->kill_at = 0;
		kill(-1, SIGKILL);
	}
}

static int
wait_time(const struct watch *watch)
{
	int64_t next = watch->timeout_at;
	int64_t end = until_left(watch);
	int64_t left;

	if (next == 0 || (watch->kill_at != 0 && watch->kill_at < next))
		next = watch->kill_at;
	if (next == 0)
		return (int)end;
	left = next - clock_ms();
	if (end >= 0 && end < left)
		left = end;
	if (left < 0)
		return 0;
	/* poll(2) takes an int; a longer wait is asked again */
	return left > 1000000 ? 1000000 : (int)left;
}

static void
wait_and_serve(struct watch *watch)
{
	struct pollfd fds[] = {
		{ .fd = watch->signals, .events = POLLIN },
		{ .fd = watch->report, .events = POLLIN },
		{ .fd = watch->gone ? -1 : watch->conn.fd, .events = POLLIN },
		{ .fd = watch->detached ? watch->pty.master : -1, .events = POLLIN },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), wait_time(watch)) <= 0) {
		check_clock(watch);
		return;
	}
	if (fds[1].revents != 0)
		read_report(watch);
	if (fds[0].revents != 0)
		take_signal(watch);
	if (fds[2].revents != 0 && !watch->over)
		take_calls(watch);
	take_output(watch, fds[3].revents);
	check_clock(watch);
}

/* What the command left running ends with it. */
static void
end_job(struct watch *watch)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	if (watch->report != -1)
		read_report(watch);
	/* now the client finds the terminal's end behind the last of the output */
	io_close(&watch->pty.slave);
	watch->pty.slave = -1;
	watch->task->engine->finished[watch->task->slot] = 1;
}

static void
tell(struct watch *watch)
{
	const struct report *failure = &watch->failure;
	struct outcome outcome = { .reason = "exited", .why = "" };
	struct err err;

	if (failure->step != STEP_INVALID)
		command_explain(failure, watch->task->job, &err);
	if (failure->step != STEP_INVALID && failure->step != STEP_EXEC) {
		watch->result = WATCH_FAILED;
		if (!watch->gone)
			reply_failed(watch->task->conn, &err);
		return;
	}
	if (failure->step == STEP_EXEC) {
		bool missing = failure->errnum == ENOENT || failure->errnum == ENOTDIR;

		outcome.reason = missing ? "not_found" : "not_executable";
		outcome.status = missing ? WATCH_NOT_FOUND : WATCH_NOT_EXECUTABLE;
		outcome.why = err.why;
	} else if (watch->expired) {
		err_set(&err, ERR_REFUSED, "the grant has ended");
		outcome.reason = "expired";
		outcome.status = WATCH_FAILED;
		outcome.why = err.what;
	} else if (watch->timed_out) {
		outcome.reason = "timeout";
		outcome.status = WATCH_TIMED_OUT;
	} else if (WIFSIGNALED(watch->status)) {
		outcome.reason = "signaled";
		outcome.status = 128 + WTERMSIG(watch->status);
	} else {
		outcome.status = WEXITSTATUS(watch->status);
	}
	watch->result = outcome.status;
	if (!watch->gone)
		reply_exited(watch->task->conn, &outcome);
}

void
watch_run(struct watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	varlink_init(&watch->conn, watch->task->conn);
	if (watch->task->job->timeout != 0)
		watch->timeout_at = clock_ms() + (int64_t)watch->task->job->timeout * 1000;
	/* all signals have been blocked since the engine's start: none is lost before this */
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->signals == -1)
		end_now(watch);
	while (!watch->over) {
		if (watch->signals != -1)
			wait_and_serve(watch);
		else
			watch->over = waitpid(watch->main, &watch->status, 0) == watch->main;
	}
	end_job(watch);
	tell(watch);
}
