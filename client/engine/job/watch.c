/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor does while its job lives: see watch.h.
 * TRUST: unprivileged
 * INPUT: calls from clients, signals, ends of processes
 * MUST: as in watch.h
 */
#include "client/engine/job/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/job/calls.h"
#include "client/engine/job/control.h"
#include "client/engine/job/history.h"
#include "client/engine/job/restart.h"
#include "client/engine/job/rights.h"
#include "common/io.h"

#define TIMEOUT_GRACE 10000 /* ms from SIGTERM to SIGKILL after --timeout */
#define STOP_GRACE 5000 /* after "daemon stop" */
#define CLOCK_SET_NOTICED 30000 /* a clock that was set forwards */

bool
watch_is_running(const struct watch *watch)
{
	return watch->first->pid != 0;
}

/* A shell at a terminal ignores SIGTERM, not SIGHUP. */
static void
ask_to_end(struct watch *watch, int number, int64_t grace)
{
	process_signal(watch->first, number);
	if (watch->task->job->run.tty && number == SIGTERM)
		process_signal(watch->first, SIGHUP);
	process_continue(watch->first);
	if (watch->kill_at == 0 || clock_ms() + grace < watch->kill_at)
		watch->kill_at = clock_ms() + grace;
}

bool
watch_settle(struct watch *watch)
{
	if (!watch->settled)
		watch->settled = rights_settle(watch->task) == 0;
	return watch->settled;
}

void
watch_stop(struct watch *watch, int number, int64_t grace)
{
	watch_no_more(watch);
	ask_to_end(watch, number, grace);
}

void
watch_no_more(struct watch *watch)
{
	if (watch->record.stopped)
		return;
	watch->record.stopped = true;
	history_write(watch);
}

void
watch_detach(struct watch *watch)
{
	/* without a log what comes is forgotten */
	if (watch->output == NULL)
		watch->output = output_new(watch->task->dir);
	history_detached(watch);
}

void
watch_end(struct watch *watch)
{
	(void)watch;
	process_signal_all(SIGKILL);
}

static void
tell_started(struct watch *watch, struct process *process)
{
	struct client *client = process->client;
	bool last = process->first ? watch->output != NULL : process->detached;

	if (client == NULL)
		return;
	if (reply_started(client->conn.fd, watch->task, last ? -1 : process->pty.master, last) ==
	    -1)
		calls_hang_up(watch, client);
	else if (last)
		client_close(client);
}

static void
take_report(struct watch *watch, struct process *process)
{
	if (!process_take_report(process))
		return;
	if (process->first)
		history_started(watch);
	tell_started(watch, process);
}

/* Before the command ran something else failed than the execution. */
static bool
is_failure(const struct process *process)
{
	return process->failure.step != STEP_INVALID && process->failure.step != STEP_EXEC;
}

static struct outcome
outcome_of(const struct process *process)
{
	const struct err *err = &process->failure.err;
	struct outcome outcome = { .reason = "exited", .why = "" };

	if (process->failure.step == STEP_EXEC) {
		bool missing = err->errnum == ENOENT || err->errnum == ENOTDIR;

		outcome.reason = missing ? "not_found" : "not_executable";
		outcome.status = missing ? PROCESS_NOT_FOUND : PROCESS_NOT_EXECUTABLE;
		outcome.why = err->why;
	} else if (is_failure(process)) {
		outcome.reason = "failed";
		outcome.status = PROCESS_FAILED;
		outcome.why = err->what;
	} else if (WIFSIGNALED(process->status)) {
		outcome.reason = "signaled";
		outcome.status = 128 + WTERMSIG(process->status);
	} else {
		outcome.status = WEXITSTATUS(process->status);
	}
	return outcome;
}

/* Of the first one, where more than its own end counts. */
static struct outcome
outcome_of_first(const struct watch *watch)
{
	struct outcome outcome = outcome_of(watch->first);

	if (watch->first->failure.step != STEP_INVALID)
		return outcome;
	if (watch->expired)
		return (struct outcome){ PROCESS_FAILED, "expired", "the grant has ended" };
	if (watch->timed_out)
		return (struct outcome){ PROCESS_TIMED_OUT, "timeout", "" };
	if (watch->lost[0] != '\0')
		return (struct outcome){ RECORD_LOST, "lost", watch->lost };
	return outcome;
}

/* The client of a process that is over. */
static void
tell_end(struct process *process, const struct outcome *outcome)
{
	struct client *client = process->client;

	if (client == NULL)
		return;
	if (is_failure(process))
		(void)!reply_failed(client->conn.fd, &process->failure.err);
	else
		(void)!reply_exited(client->conn.fd, outcome, NULL);
	client_close(client);
}

/* A later one; what it left running goes on. */
static void
finish_later(struct watch *watch, struct process *process)
{
	struct outcome outcome;

	if (process->report != -1)
		take_report(watch, process);
	/* now the client finds the terminal's end behind the last of the output */
	io_close(&process->pty.slave);
	process->pty.slave = -1;
	outcome = outcome_of(process);
	tell_end(process, &outcome);
}

/* Frees those that were reaped, but for the first one. */
static void
sweep_processes(struct watch *watch)
{
	struct process **at = &watch->processes;

	while (*at != NULL) {
		struct process *process = *at;

		if (process->first || process->pid != 0) {
			at = &process->next;
			continue;
		}
		*at = process->next;
		finish_later(watch, process);
		process_free(process);
	}
}

static void
reap(struct watch *watch)
{
	int status;
	pid_t pid;

	while (process_reap(&pid, &status)) {
		for (struct process *at = watch->processes; at != NULL; at = at->next) {
			if (at->pid != pid)
				continue;
			at->pid = 0;
			at->status = status;
		}
	}
}

/*
 * SIGCHLD, which only wakes, or SIGTERM from the engine, who is outside of this pid namespace and so has no number. A job
 * that sends its pid 1 a SIGTERM ends as well, but its policy goes on: no person has asked.
 */
static void
take_signal(struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM && info.ssi_pid == 0)
		watch_stop(watch, SIGTERM, STOP_GRACE);
	else if (info.ssi_signo == SIGTERM)
		ask_to_end(watch, SIGTERM, STOP_GRACE);
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

static bool
is_due(int64_t *at)
{
	if (*at == 0 || clock_ms() < *at)
		return false;
	*at = 0;
	return true;
}

static void
look_at_clock(struct watch *watch)
{
	/* The launcher's watcher gives no time to save anything either. */
	if (until_left(watch) == 0) {
		watch->expired = true;
		process_signal_all(SIGKILL);
	}
	if (is_due(&watch->timeout_at)) {
		watch->timed_out = true;
		ask_to_end(watch, SIGTERM, TIMEOUT_GRACE);
	}
	if (is_due(&watch->kill_at))
		process_signal_all(SIGKILL);
	for (struct process *at = watch->processes; at != NULL; at = at->next) {
		if (!is_due(&at->kill_at))
			continue;
		if (at->first)
			process_signal_all(SIGKILL);
		else
			process_signal_group(at, SIGKILL);
	}
	(void)is_due(&watch->accept_at);
	if (is_due(&watch->record_at))
		history_begin(watch);
	if (watch->output != NULL)
		output_look(watch->output);
	control_look(watch);
}

static int
sooner(int wait, int64_t at)
{
	return at == 0 ? wait : clock_sooner(wait, clock_until(at));
}

/* For poll(2). */
static int
wait_time(const struct watch *watch)
{
	int wait = (int)until_left(watch);

	wait = sooner(wait, watch->timeout_at);
	wait = sooner(wait, watch->kill_at);
	wait = sooner(wait, watch->record_at);
	wait = sooner(wait, watch->accept_at);
	if (!watch_is_running(watch))
		wait = sooner(wait, watch->restart_at);
	for (const struct process *at = watch->processes; at != NULL; at = at->next)
		wait = sooner(wait, at->kill_at);
	if (watch->output != NULL)
		wait = clock_sooner(wait, output_wait(watch->output));
	return clock_sooner(wait, control_wait(watch));
}

/* fd -1 never has an event. */
static size_t
add(struct watch *watch, int fd)
{
	watch->fds[watch->nfds] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return watch->nfds++;
}

static void
gather(struct watch *watch, size_t *signals, size_t *ctl)
{
	bool room = clients_count(watch->clients) < CLIENTS_MAX && watch->accept_at == 0;

	watch->nfds = 0;
	*signals = add(watch, watch->signals);
	*ctl = add(watch, room ? watch->task->ctl : -1);
	for (struct process *at = watch->processes; at != NULL; at = at->next) {
		at->report_slot = add(watch, at->report);
		at->output_slot = add(watch, at->unread ? at->pty.master : -1);
	}
	for (struct client *at = watch->clients; at != NULL; at = at->next)
		at->slot = add(watch, at->conn.fd);
	for (size_t i = 0; watch->output != NULL && i < OUTPUT_STREAMS; i++)
		watch->output->slots[i] = add(watch, watch->output->from[i]);
}

/* What comes from a terminal that no client reads. */
static void
take_terminal(struct watch *watch, struct process *process, short events)
{
	if (events == 0)
		return;
	/* its session has ended, and the process any moment */
	if ((events & POLLIN) == 0)
		process->unread = false;
	else if (process->first && watch->output != NULL)
		(void)output_read_terminal(watch->output, &process->pty);
	else
		pty_discard(&process->pty);
}

static void
serve_processes(struct watch *watch)
{
	for (struct process *at = watch->processes; at != NULL; at = at->next) {
		take_terminal(watch, at, watch->fds[at->output_slot].revents);
		if (watch->fds[at->report_slot].revents != 0)
			take_report(watch, at);
	}
}

static void
serve_client(struct watch *watch, struct client *client)
{
	switch (client->kind) {
	case CLIENT_ENGINE:
		control_take(watch, client);
		break;
	case CLIENT_PROCESS:
	case CLIENT_ATTACHED:
		calls_take(watch, client);
		break;
	case CLIENT_WAITING:
	case CLIENT_STOPPING:
	case CLIENT_INVALID:
		/* it has gone, or makes no sense */
		client_close(client);
		break;
	}
}

static void
serve_clients(struct watch *watch)
{
	/* a new one comes before the first of the list, and is looked at in the next round */
	for (struct client *at = watch->clients; at != NULL; at = at->next)
		if (!at->done && watch->fds[at->slot].revents != 0)
			serve_client(watch, at);
	clients_sweep(&watch->clients);
}

static void
serve_ready(struct watch *watch, size_t signals, size_t ctl)
{
	serve_processes(watch);
	for (size_t i = 0; watch->output != NULL && i < OUTPUT_STREAMS; i++)
		if (watch->output->from[i] != -1 &&
		    watch->fds[watch->output->slots[i]].revents != 0)
			(void)output_read(watch->output, i);
	if (watch->fds[signals].revents != 0)
		take_signal(watch);
	reap(watch);
	/* what they say to a command that has ended is said to nobody */
	if (watch_is_running(watch) || watch->restart_at != 0)
		serve_clients(watch);
	if (watch->fds[ctl].revents != 0)
		control_accept(watch);
}

/* It hears nobody any more: the job must not outlive that. */
static void
give_up(struct watch *watch, const char *call)
{
	snprintf(watch->lost, sizeof(watch->lost), "what looks after it could not go on: %s: %s",
	    call, strerror(errno));
	watch_end(watch);
	process_reap_all(watch->processes);
}

static void
wait_and_serve(struct watch *watch)
{
	size_t signals;
	size_t ctl;
	int ready;

	gather(watch, &signals, &ctl);
	ready = poll(watch->fds, watch->nfds, wait_time(watch));
	if (ready > 0)
		serve_ready(watch, signals, ctl);
	else if (ready == 0 || errno == EINTR)
		reap(watch);
	else
		give_up(watch, "poll");
	look_at_clock(watch);
	sweep_processes(watch);
}

/* What the first command left running ends with it, and so do the later ones. */
static void
end_run(struct watch *watch)
{
	struct process *first = watch->first;

	if (process_any())
		process_signal_all(SIGKILL);
	process_reap_all(watch->processes);
	if (first->report != -1)
		take_report(watch, first);
	io_close(&first->pty.slave);
	first->pty.slave = -1;
	if (watch->output != NULL)
		output_finish(watch->output, &first->pty);
	sweep_processes(watch);
	watch->kill_at = first->kill_at = 0;
}

/* The last end, to who reads the output: its files may be removed before a slow one has come to the last. */
static void
tell_reader(const struct watch *watch, const struct client *client, const struct outcome *outcome)
{
	struct log_files files;
	int fd = client->conn.fd;

	joblog_files(watch->task->dir, &files.older, &files.log);
	(void)!(client->kind == CLIENT_ATTACHED ? reply_exited : reply_status)(fd, outcome, &files);
	io_close(&files.older);
	io_close(&files.log);
}

/* Those who wait for this end, or (last) for anything. */
static void
tell_waiting(struct watch *watch, bool last)
{
	const struct outcome outcome = watch_outcome(watch);

	for (struct client *at = watch->clients; at != NULL; at = at->next) {
		if (at->done)
			continue;
		if (last && (at->kind == CLIENT_WAITING || at->kind == CLIENT_ATTACHED))
			tell_reader(watch, at, &outcome);
		else if (at->kind == CLIENT_WAITING)
			(void)!reply_status(at->conn.fd, &outcome, NULL);
		else if (at->kind == CLIENT_STOPPING && last)
			(void)!reply_send(at->conn.fd, NULL);
		else
			continue;
		client_close(at);
	}
	clients_sweep(&watch->clients);
}

struct outcome
watch_outcome(const struct watch *watch)
{
	const struct record *record = &watch->record;

	return (struct outcome){ record->status, record_reason_name(record->reason),
		record->why == NULL ? "" : record->why };
}

/* Once more in the same job. What fails here is a run that failed. */
static void
start_again(struct watch *watch)
{
	const struct job_run *run = &watch->task->job->run;
	struct command command = { .task = watch->task, .run = run, .go = -1 };
	struct process *first = watch->first;

	watch->began = clock_ms();
	watch->restart_at = 0;
	watch->kill_at = 0; /* that was for the run before */
	first->failure.step = STEP_INVALID;
	first->stopped = false;
	first->unread = run->tty;
	command.pty = run->tty ? &first->pty : NULL;
	if (!run->tty)
		output_streams(watch->output, command.stdio);
	if (run->tty && pty_reopen(&first->pty) == -1)
		err_sys(&first->failure.err, "the job's terminal cannot be made");
	else if (process_fork(first, &command, &first->failure.err) == 0)
		return;
	first->failure.step = STEP_SESSION;
}

/* Has something come that ends it between two runs? */
static bool
is_ended(const struct watch *watch)
{
	return watch->record.stopped || watch->timed_out || watch->expired ||
	       watch->lost[0] != '\0';
}

static void
note_end(struct watch *watch)
{
	const struct outcome outcome = outcome_of_first(watch);

	history_ended(watch, &outcome);
	watch->result = outcome.status;
}

/* True: it runs once more, or could not be started once more. */
static bool
restart(struct watch *watch)
{
	if (!watch->started || watch->lost[0] != '\0' || !restart_wanted(&watch->record))
		return false;
	watch->delay = restart_delay(watch->delay, clock_ms() - watch->began);
	watch->restart_at = clock_ms() + watch->delay;
	history_restarting(watch);
	tell_waiting(watch, false);
	while (!is_ended(watch) && clock_ms() < watch->restart_at)
		wait_and_serve(watch);
	if (is_ended(watch)) {
		note_end(watch);
		return false;
	}
	start_again(watch);
	return true;
}

static void
run_once(struct watch *watch)
{
	while (watch_is_running(watch)) {
		if (watch->signals != -1)
			wait_and_serve(watch);
		else
			process_reap_all(watch->processes);
	}
	end_run(watch);
	note_end(watch);
}

/* Nothing works in them any more: who is told of the end may remove them at once. */
static void
give_back_volumes(const struct task *task)
{
	for (size_t i = 0; i < task->nvolumes; i++)
		(void)!flock(task->volumes[i], LOCK_UN);
}

/* The record says so: now those are told who waited for it. */
static void
finish(struct watch *watch)
{
	const struct outcome outcome = watch_outcome(watch);

	history_over(watch);
	give_back_volumes(watch->task);
	watch->task->engine->finished[watch->task->slot] = 1;
	tell_end(watch->first, &outcome);
	control_finish(watch);
	tell_waiting(watch, true);
	/* what is left to do here, the engine need not wait for */
	(void)!eventfd_write(watch->task->engine->over, 1);
}

void
watch_failed(struct watch *watch, const struct err *err)
{
	const struct outcome outcome = { PROCESS_FAILED, "failed", err->what };

	process_signal_all(SIGKILL);
	process_reap_all(watch->processes);
	watch->first->failure = (struct report){ STEP_SESSION, *err };
	history_ended(watch, &outcome);
	finish(watch);
}

static int
watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	/* all signals have been blocked since the engine's start: none is lost before this */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
watch_run(struct watch *watch)
{
	if (watch->task->job->timeout != 0)
		watch->timeout_at = clock_ms() + (int64_t)watch->task->job->timeout * 1000;
	watch->began = clock_ms();
	watch->signals = watch_signals();
	if (watch->signals == -1)
		give_up(watch, "signalfd");
	/* the command is on its way meanwhile, and nobody is served yet */
	else if (!watch_settle(watch))
		give_up(watch, "giving up its rights");
	do
		run_once(watch);
	while (restart(watch));
	finish(watch);
}
