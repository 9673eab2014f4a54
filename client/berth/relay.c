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
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

/* Forwarded; those of job control (TSTP, TTIN, TTOU) do with the client what they always do. */
static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
	SIGWINCH, SIGCONT };

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

/* A descriptor that the signals to forward come from, or -1. What the caller ignores stays so. */
static int
take_signals(void)
{
	sigset_t take, block;

	sigemptyset(&take);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
		struct sigaction action;

		/* nohup(1) and background jobs of sh(1): a blocked signal is queued even if ignored. */
		if (sigaction(forwarded[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&take, forwarded[i]);
	}
	block = take;
	/* A job that closed its input, a terminal that is gone: write(2) says so. */
	sigaddset(&block, SIGPIPE);
	sigprocmask(SIG_BLOCK, &block, NULL);
	return (signalfd(-1, &take, SFD_CLOEXEC | SFD_NONBLOCK));
}

/* What the loop knows. */
struct wait {
	const struct relay *relay;
	struct cli *cli;
	struct varlink *conn;
	int signals;
	bool started;
	int status; /* -1 until the job has ended */
};

/* Before the job has started nobody can be told: what would end us does. */
static int
take_signal(struct wait *wait, struct err *err)
{
	struct signalfd_siginfo info;
	struct json_object *params, *call;
	int signal, rc;

	if (read(wait->signals, &info, sizeof(info)) != sizeof(info))
		return (0);
	signal = (int)info.ssi_signo;
	if (!wait->started) {
		if (signal != SIGWINCH && signal != SIGCONT)
			wait->status = 128 + signal;
		return (0);
	}
	message_debug(wait->cli, "signal %d goes to the job", signal);
	params = json_object_new_object();
	json_object_object_add(params, "signal", json_object_new_int(signal));
	call = varlink_oneway(BERTH_INTERFACE ".Signal", params);
	rc = call == NULL ? -1 : varlink_send(wait->conn->fd, &call, 1, NULL, 0);
	json_object_put(call);
	/* The job has just ended: its result lies behind this in the socket. */
	if (rc != 0 && errno != EPIPE && errno != ECONNRESET)
		return (err_sys(err, "cannot forward a signal to the job"));
	return (0);
}

static void
take_result(struct wait *wait, struct json_object *params)
{
	const char *reason = engine_text(params, "reason");
	struct err note = { .code = ERR_FAILED };

	wait->status = (int)(json_number(params, "status", EXIT_BERTH) & 0xff);
	if (strcmp(reason, "timeout") == 0)
		message_note(wait->cli, "the job was ended: its time (--timeout) is over");
	if (strcmp(reason, "not_found") != 0 && strcmp(reason, "not_executable") != 0)
		return;
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "%s", reason);
	err_set(&note, ERR_FAILED, "cannot run %s in the job", wait->relay->command);
	message_foreign(note.why, engine_text(params, "why"));
	message_error(wait->cli, &note);
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
		if (rc == 0 && strcmp(engine_text(params, "event"), "started") == 0)
			wait->started = true;
		else if (rc == 0 && strcmp(engine_text(params, "event"), "exited") == 0)
			take_result(wait, params);
		json_object_put(message);
		if (rc != 0)
			return (-1);
	}
	return (0);
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
	return (err_todo(err, "see what runs:  berth daemon state"));
}

static int
step(struct relay *relay, struct wait *wait, struct err *err)
{
	struct pollfd fds[2 + CHANNELS] = { { .fd = wait->conn->fd, .events = POLLIN },
		{ .fd = wait->signals, .events = POLLIN } };

	for (size_t i = 0; i < relay->nchans; i++)
		channel_poll(&relay->chans[i], &fds[2 + i]);
	if (poll(fds, 2 + relay->nchans, -1) < 0)
		return (errno == EINTR ? 0 : err_sys(err, "cannot wait for the job"));
	for (size_t i = 0; i < relay->nchans; i++) {
		if (fds[2 + i].revents != 0)
			channel_move(&relay->chans[i]);
	}
	if (fds[1].revents != 0 && take_signal(wait, err) != 0)
		return (-1);
	return (fds[0].revents != 0 ? take_connection(wait, err) : 0);
}

int
relay_run(struct relay *relay, struct varlink *conn, struct err *err)
{
	int signals AUTO_CLOSE = take_signals();
	struct wait wait = {
		.relay = relay, .cli = relay->cli, .conn = conn, .signals = signals, .status = -1
	};
	int rc;

	/* What came with the greeting is in the buffer already. */
	rc = signals < 0 ? err_sys(err, "cannot take signals") : take_answers(&wait, err);
	while (rc == 0 && wait.status < 0)
		rc = step(relay, &wait, err);
	for (size_t i = 0; i < relay->nchans; i++)
		channel_drain(&relay->chans[i]);
	return (rc == 0 ? wait.status : -1);
}
