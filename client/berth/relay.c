/* SPDX-License-Identifier: ISC */
/*
 * The time between the start of a job and its end. Contract in relay.h.
 * TRUST: unprivileged
 * INPUT: the caller's streams and signals, the job's output, the engine's answers
 * MUST: as relay.h says
 */
#include "client/berth/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/berth/view.h"
#include "client/lib/json.h"

/* Taken from the signalfd; SIGTTIN and SIGTTOU do with the client what they always do. */
static const int taken[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
	SIGTSTP, SIGCONT };

#define LATE_MS 10000 /* a job starts within milliseconds */
#define START_MS 200
#define TERMINAL_HOLDS (1 << 17) /* twice what the kernel keeps of what was written to one */

/* Makes a pipe: *ours does not block and is the relay's, the other end is the job's. */
static int
make_pipe(struct relay *relay, struct channel *channel, int terminal, struct err *err)
{
	int ends[2], ours, theirs;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot make a pipe"));
	channel->input = terminal == STDIN_FILENO;
	ours = ends[channel->input ? 1 : 0];
	theirs = ends[channel->input ? 0 : 1];
	channel->from = channel->input ? terminal : ours;
	channel->to = channel->input ? ours : terminal;
	relay->theirs[relay->nchans++] = theirs;
	if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
		return (err_sys(err, "cannot make a pipe"));
	return (theirs);
}

/* Output and errors on one terminal share a pipe: so they arrive in the order of their writing. */
static bool
same_terminal(int a, int b)
{
	struct stat first, second;

	return (fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
		first.st_rdev == second.st_rdev && first.st_ino == second.st_ino &&
		first.st_dev == second.st_dev);
}

int
relay_open(struct relay *relay, bool interactive, int stdio[3], struct err *err)
{
	bool shared;

	for (int i = 0; i < CHANNELS; i++) {
		relay->theirs[i] = -1;
		stdio[i] = i;
	}
	relay->null = -1;
	relay->nchans = 0;
	/* The job makes its own, and what leads there comes when it has started. */
	if (relay->terminal != NULL) {
		stdio[0] = stdio[1] = stdio[2] = -1;
		return (0);
	}
	if (!interactive) {
		relay->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (relay->null < 0)
			return (err_sys(err, "cannot open /dev/null"));
		stdio[0] = relay->null;
	}
	for (int i = interactive ? 0 : 1; i < CHANNELS; i++) {
		if (!isatty(i))
			continue;
		shared = i == 2 && stdio[1] != 1 && same_terminal(1, 2);
		stdio[i] =
		    shared ? stdio[1] : make_pipe(relay, &relay->chans[relay->nchans], i, err);
		if (stdio[i] < 0)
			return (-1);
	}
	return (0);
}

void
relay_sent(struct relay *relay)
{
	for (int i = 0; i < CHANNELS; i++) {
		io_close(&relay->theirs[i]);
		relay->theirs[i] = -1;
	}
	io_close(&relay->null);
	relay->null = -1;
}

void
relay_close(struct relay *relay)
{
	relay_sent(relay);
	for (size_t i = 0; i < relay->nchans; i++)
		io_close(relay->chans[i].input ? &relay->chans[i].to : &relay->chans[i].from);
	relay->nchans = 0;
}

/* A descriptor that the signals come from, or -1. What the caller ignores stays so. */
static int
take_signals(void)
{
	sigset_t take, block;

	sigemptyset(&take);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct sigaction action;

		/* nohup(1) and background jobs of sh(1): a blocked signal is queued even if ignored. */
		if (sigaction(taken[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&take, taken[i]);
	}
	block = take;
	/* A job that closed its input, a terminal that is gone: write(2) says so. */
	sigaddset(&block, SIGPIPE);
	sigprocmask(SIG_BLOCK, &block, NULL);
	return (signalfd(-1, &take, SFD_CLOEXEC | SFD_NONBLOCK));
}

/* What the loop knows. */
struct wait {
	struct relay *relay;
	struct cli *cli;
	struct varlink *conn;
	int signals;
	int64_t since; /* wall clock, when it was sent */
	bool started;
	bool late; /* that it has not started was said */
	bool leaving; /* Detach was sent */
	bool detached;
	bool abandoned; /* nobody waits for the rest of the output */
	int status; /* -1 until the job has ended */
	char name[JOB_NAME_MAX + 1];
	struct json_object *result; /* parameters of "exited", or NULL */
};

/* A call without an answer to the job's supervisor, which takes over params. 0, or -1 with err. */
static int
tell_job(const struct wait *wait, const char *method, struct json_object *params, struct err *err)
{
	struct json_object *call = varlink_oneway(method, params);
	int rc = call == NULL ? -1 : varlink_send(wait->conn->fd, &call, 1, NULL, 0);

	json_object_put(call);
	/* The job has just ended: its result lies behind this in the socket. */
	if (rc != 0 && errno != EPIPE && errno != ECONNRESET)
		return (err_sys(err, "cannot tell the job"));
	return (0);
}

static int
forward(const struct wait *wait, int signal, struct err *err)
{
	struct json_object *params = json_object_new_object();

	message_debug(wait->cli, "signal %d goes to the job", signal);
	json_object_object_add(params, "signal", json_object_new_int(signal));
	return (tell_job(wait, BERTH_INTERFACE ".Signal", params, err));
}

static void
give_up(struct wait *wait, int signal)
{
	wait->status = 128 + signal;
	wait->abandoned = true;
}

/*
 * The default of SIGTSTP, as if it had not been blocked. In a group that nobody could continue the
 * kernel ignores it, and this returns at once.
 */
static void
stop_here(void)
{
	struct timespec no_time = { .tv_sec = 0 };
	sigset_t set;

	/* Continued already, before it came to this: a new SIGTSTP would make the kernel forget that. */
	if (sigpending(&set) == 0 && sigismember(&set, SIGCONT) == 1)
		return;
	raise(SIGTSTP);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	(void)sigtimedwait(&set, NULL, &no_time);
}

/* The job first, so that nothing of it goes on behind a shell that says "Stopped". */
static int
stop(const struct wait *wait, struct err *err)
{
	struct terminal *terminal = wait->started ? wait->relay->terminal : NULL;

	if (terminal != NULL)
		terminal_restore(terminal);
	if (wait->started && forward(wait, SIGTSTP, err) != 0)
		return (-1);
	stop_here();
	/* Continued in the background this stops once more, and the job is still stopped. */
	if (terminal != NULL && terminal_raw(terminal, err) != 0)
		return (-1);
	if (terminal != NULL)
		terminal_resize(terminal);
	return (wait->started ? forward(wait, SIGCONT, err) : 0);
}

/* The job's terminal sends its own signals; those to this program are about this program. */
static int
take_terminal_signal(struct wait *wait, int signal, struct err *err)
{
	switch (signal) {
	case SIGHUP:
	case SIGTERM:
		give_up(wait, signal);
		return (0);
	case SIGCONT:
		terminal_resize(wait->relay->terminal);
		return (terminal_raw(wait->relay->terminal, err));
	case SIGWINCH:
		terminal_resize(wait->relay->terminal);
		return (0);
	}
	return (forward(wait, signal, err));
}

/* The descriptor that came with "started"; the relay's own from then on, or -1. */
static int
take_master(const struct wait *wait, struct json_object *params)
{
	int64_t index = json_number(params, "terminal", -1);
	int fd = -1;

	if (index >= 0 && (uint64_t)index < wait->conn->nfds)
		fd = fcntl(wait->conn->fds[index], F_DUPFD_CLOEXEC, 3);
	varlink_drop_fds(wait->conn);
	return (fd);
}

/* Each channel closes its own end, so each gets a descriptor of the master. */
static int
open_terminal(struct relay *relay, int master, struct err *err)
{
	struct terminal *terminal = relay->terminal;
	struct channel *channel;

	if (terminal_start(terminal, master, err) != 0)
		return (-1);
	if (terminal->in >= 0) {
		channel = &relay->chans[relay->nchans++];
		*channel =
		    (struct channel){ .from = terminal->in, .input = true, .keys = terminal };
		channel->to = fcntl(master, F_DUPFD_CLOEXEC, 3);
		if (channel->to < 0)
			return (err_sys(err, "cannot use the job's terminal"));
	}
	channel = &relay->chans[relay->nchans++];
	*channel = (struct channel){ .to = STDOUT_FILENO };
	channel->from = fcntl(master, F_DUPFD_CLOEXEC, 3);
	return (channel->from < 0 ? err_sys(err, "cannot use the job's terminal") : 0);
}

static int
take_started(struct wait *wait, struct json_object *params, struct err *err)
{
	int master = take_master(wait, params);

	wait->started = true;
	message_debug(wait->cli, "the job runs");
	snprintf(wait->name, sizeof(wait->name), "%s", engine_text(params, "name"));
	if (wait->relay->terminal != NULL)
		return (open_terminal(wait->relay, master, err));
	io_close(&master);
	return (0);
}

static void
take_result(struct wait *wait, struct json_object *params)
{
	wait->status = (int)(json_number(params, "status", EXIT_BERTH) & 0xff);
	wait->result = json_object_get(params);
}

static int
take_event(struct wait *wait, struct json_object *params, struct err *err)
{
	const char *event = engine_text(params, "event");

	if (strcmp(event, "started") == 0 && !wait->started)
		return (take_started(wait, params, err));
	if (strcmp(event, "exited") == 0)
		take_result(wait, params);
	if (strcmp(event, "detached") == 0) {
		wait->status = 0;
		wait->detached = wait->abandoned = true;
	}
	return (0);
}

/* Takes all answers that have come. 0, or -1 with err. */
static int
take_answers(struct wait *wait, struct err *err)
{
	struct json_object *message, *params;
	int rc;

	while (wait->status < 0 && (rc = varlink_next(wait->conn, &message)) != 0) {
		if (rc < 0)
			return (err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed"));
		rc = engine_answer(wait->cli, message, &params, err);
		if (rc == 0)
			rc = take_event(wait, params, err);
		json_object_put(message);
		if (rc != 0)
			return (-1);
	}
	return (0);
}

/* A grant that ends takes all that runs on it along, supervisors too. */
static void
explain_loss(const struct wait *wait, struct err *err)
{
	struct err ended;
	const char *how;

	(void)err_set(&ended, ERR_UNAVAILABLE, "the job was ended, with its grant");
	how = view_ended(wait->since, &ended);
	if (how == NULL)
		return;
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "%s", how);
	(void)err_todo(&ended, "see what is left:  berth info");
	*err = ended;
}

static int
take_connection(struct wait *wait, struct err *err)
{
	int rc = varlink_receive(wait->conn);

	if (rc == 1)
		return (take_answers(wait, err));
	if (rc < 0 && (errno == EINTR || errno == EAGAIN))
		return (0);
	err_set(err, ERR_UNAVAILABLE, "the connection to the job was lost");
	err_why(err, wait->started ? "its supervisor was killed, and the job with it"
				   : "the engine ended before the job was started");
	(void)err_todo(err, "see what runs:  berth daemon state");
	explain_loss(wait, err);
	return (-1);
}

/*
 * A signal while the job has not started: what it prints can be faster than the news of its start,
 * so that is waited for a moment. 0, or -1 with err.
 */
static int
await_start(struct wait *wait, struct err *err)
{
	struct pollfd fd = { .fd = wait->conn->fd, .events = POLLIN };
	int rc = 0;

	while (rc == 0 && !wait->started && wait->status < 0 && poll(&fd, 1, START_MS) == 1)
		rc = take_connection(wait, err);
	return (rc);
}

/* Before the job has started nobody can be told: what would end us does. */
static int
take_signal(struct wait *wait, struct err *err)
{
	struct signalfd_siginfo info;
	int signal;

	if (read(wait->signals, &info, sizeof(info)) != sizeof(info))
		return (0);
	signal = (int)info.ssi_signo;
	if (!wait->started && await_start(wait, err) != 0)
		return (-1);
	/* It has ended without a start. */
	if (!wait->started && wait->status >= 0)
		return (0);
	if (signal == SIGTSTP && !wait->leaving)
		return (stop(wait, err));
	if (!wait->started || wait->leaving || wait->status >= 0) {
		if (signal != SIGWINCH && signal != SIGCONT && signal != SIGTSTP)
			give_up(wait, signal);
		return (0);
	}
	if (wait->relay->terminal != NULL)
		return (take_terminal_signal(wait, signal, err));
	return (forward(wait, signal, err));
}

/* The keys were typed: what came before them still goes to the job. */
static int
detach(struct wait *wait, struct err *err)
{
	struct terminal *terminal = wait->relay->terminal;

	for (size_t i = 0; i < wait->relay->nchans; i++) {
		struct channel *channel = &wait->relay->chans[i];

		if (channel->input && channel->len > 0)
			channel_move(channel);
		if (channel->input)
			channel->from = -1;
		channel->len = channel->input ? 0 : channel->len;
	}
	/* If no answer comes, ^C ends this program again. */
	terminal_restore(terminal);
	wait->leaving = true;
	return (tell_job(wait, BERTH_INTERFACE ".Detach", NULL, err));
}

/* With a terminal the caller's side is one thing: a job without it has nobody to talk to. */
static void
check_terminal(struct wait *wait)
{
	for (size_t i = 0; i < wait->relay->nchans && wait->status < 0; i++) {
		const struct channel *channel = &wait->relay->chans[i];

		if (channel->broken)
			give_up(wait, channel->input ? SIGHUP : SIGPIPE);
	}
}

/* A slow file system, or an engine that was stopped with the call in its hands: who knows says so. */
static void
tell_late(struct wait *wait)
{
	const struct peer *engine = &wait->relay->engine;

	wait->late = true;
	if (engine->pid > 0 && peer_is_stopped(engine->pid))
		message_warning(wait->cli,
		    "the job has not started: the engine (pid %d) is stopped:  kill -CONT %d",
		    engine->pid, engine->pid);
	else
		message_warning(wait->cli, "the job has not started yet");
}

static int
step(struct wait *wait, struct err *err)
{
	struct relay *relay = wait->relay;
	struct pollfd fds[2 + CHANNELS] = { { .fd = wait->conn->fd, .events = POLLIN },
		{ .fd = wait->signals, .events = POLLIN } };
	size_t nchans = relay->nchans;
	int count;

	for (size_t i = 0; i < nchans; i++)
		channel_poll(&relay->chans[i], &fds[2 + i]);
	count = poll(fds, 2 + nchans, wait->started || wait->late ? -1 : LATE_MS);
	if (count < 0)
		return (errno == EINTR ? 0 : err_sys(err, "cannot wait for the job"));
	if (count == 0)
		tell_late(wait);
	for (size_t i = 0; i < nchans; i++) {
		if (fds[2 + i].revents != 0)
			channel_move(&relay->chans[i]);
	}
	if (fds[1].revents != 0 && take_signal(wait, err) != 0)
		return (-1);
	if (fds[0].revents != 0 && wait->status < 0 && take_connection(wait, err) != 0)
		return (-1);
	if (relay->terminal == NULL)
		return (0);
	if (relay->terminal->detach && !wait->leaving && wait->status < 0)
		return (detach(wait, err));
	check_terminal(wait);
	return (0);
}

/*
 * How much of what comes is the job's: what lies in its pipe now. Whoever it gave the other end to
 * may write for ever. A terminal counts but a part of its buffers: no more than all of them hold.
 */
static size_t
left_in(const struct relay *relay, const struct channel *channel)
{
	int count = 0;

	if (relay->terminal != NULL)
		return (TERMINAL_HOLDS);
	return (ioctl(channel->from, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0);
}

/*
 * The job has ended, so all that it wrote lies in the channel; only the caller's terminal is waited
 * for (^S), and that a signal ends.
 */
static void
drain(struct wait *wait, struct channel *channel)
{
	size_t left = channel->from >= 0 ? left_in(wait->relay, channel) : 0;
	struct err ignored;

	while (channel->from >= 0 && !channel->input && !wait->abandoned) {
		bool full = channel->len > 0;
		struct pollfd fds[2] = { { .fd = -1 },
			{ .fd = full ? wait->signals : -1, .events = POLLIN } };

		channel_poll(channel, &fds[0]);
		if ((!full && left == 0) || poll(fds, 2, full ? -1 : 0) == 0)
			break;
		if (fds[0].revents != 0)
			channel_move(channel);
		if (!full)
			left -= channel->len < left ? channel->len : left;
		if (fds[1].revents != 0 && take_signal(wait, &ignored) != 0)
			break;
	}
}

static void
tell_expired(struct wait *wait)
{
	struct err err;

	(void)err_set(&err, ERR_REFUSED, "the job was ended: what it was allowed by has ended");
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "expired");
	(void)view_ended(wait->since, &err);
	(void)err_todo(&err, "see what is left:  berth info");
	message_error(wait->cli, &err);
}

/* The cursor is wherever the job has left it. */
static void
tell_detached(const struct wait *wait)
{
	if (!wait->cli->quiet && isatty(STDERR_FILENO))
		(void)!write(STDERR_FILENO, "\n", 1);
	message_note(wait->cli, "detached: the job %s goes on without its terminal", wait->name);
	message_note(wait->cli,
	    "nothing in this version returns to it; to end all jobs:  berth daemon stop --force");
}

/* What is said at the end is said on a terminal that is the caller's again. */
static void
tell_caller(struct wait *wait)
{
	const char *reason = engine_text(wait->result, "reason");
	struct err note = { .code = ERR_FAILED };

	if (wait->detached)
		tell_detached(wait);
	if (strcmp(reason, "timeout") == 0)
		message_warning(wait->cli, "the job was ended: its time (--timeout) is over");
	if (strcmp(reason, "expired") == 0)
		tell_expired(wait);
	if (strcmp(reason, "not_found") != 0 && strcmp(reason, "not_executable") != 0)
		return;
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "%s", reason);
	err_set(&note, ERR_FAILED, "cannot run %s in the job", wait->relay->command);
	message_foreign(note.why, engine_text(wait->result, "why"));
	message_error(wait->cli, &note);
}

int
relay_run(struct relay *relay, struct varlink *conn, struct err *err)
{
	int signals AUTO_CLOSE = take_signals();
	struct wait wait = { .relay = relay,
		.cli = relay->cli,
		.conn = conn,
		.signals = signals,
		.status = -1,
		.since = (int64_t)time(NULL) };
	int rc;

	/* What came with the greeting is in the buffer already. */
	rc = signals < 0 ? err_sys(err, "cannot take signals") : take_answers(&wait, err);
	while (rc == 0 && wait.status < 0)
		rc = step(&wait, err);
	/* After an error nobody says that the job has ended, nor what it was that comes. */
	for (size_t i = 0; i < relay->nchans && rc == 0; i++)
		drain(&wait, &relay->chans[i]);
	if (relay->terminal != NULL)
		terminal_close(relay->terminal);
	if (rc == 0)
		tell_caller(&wait);
	json_object_put(wait.result);
	return (rc == 0 ? wait.status : -1);
}
