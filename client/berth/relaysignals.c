/* SPDX-License-Identifier: ISC */
/*
 * The caller's signals while a job runs. Contract in relaywait.h.
 * TRUST: unprivileged
 * INPUT: signals
 * MUST: as relay.h says
 */
#include "client/berth/relaywait.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/attach.h"
#include "client/berth/connect.h"
#include "client/berth/message.h"
#include "client/berth/ticks.h"

#define START_MS 1000 /* on a busy host; an engine that does not answer is left after it */
#define INSISTS 3 /* as docker(1) */
#define INSISTS_MS \
	1000 /* from one to the next; who answers ^C now and then does not ask for this */

/* Taken from the signalfd; SIGTTIN and SIGTTOU do with the client what they always do. */
static const int taken[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
	SIGTSTP, SIGCONT };

static void
what_is_taken(sigset_t *take)
{
	sigemptyset(take);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct sigaction action;

		/* nohup(1) and background jobs of sh(1): a blocked signal is queued even if ignored. */
		if (sigaction(taken[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(take, taken[i]);
	}
}

void
relay_hold(struct way *way)
{
	way->hold = true;
	what_is_taken(&way->held);
}

int
relay_signals(void)
{
	sigset_t take, block;

	what_is_taken(&take);
	block = take;
	/* A job that closed its input, a terminal that is gone: write(2) says so. */
	sigaddset(&block, SIGPIPE);
	sigprocmask(SIG_BLOCK, &block, NULL);
	return (signalfd(-1, &take, SFD_CLOEXEC | SFD_NONBLOCK));
}

static int
forward(const struct wait *wait, int signal, struct err *err)
{
	struct json_object *params = json_object_new_object();

	message_debug(wait->cli, "signal %d goes to the job", signal);
	json_object_object_add(params, "signal", json_object_new_int(signal));
	return (relay_tell(wait, BERTH_INTERFACE ".Signal", params, err));
}

void
relay_give_up(struct wait *wait, int signal)
{
	wait->status = 128 + signal;
	wait->abandoned = true;
}

/*
 * To the job. Who sends it SIGINT or SIGTERM again and again wants to be rid of it, and it may be in no
 * state to end: a process of its own can trace the command and never look at it.
 */
static int
forward_insisting(struct wait *wait, int signal, struct err *err)
{
	int64_t at = ticks_ms();

	if (forward(wait, signal, err) != 0)
		return (-1);
	if (signal != SIGINT && signal != SIGTERM)
		return (0);
	wait->insisted = at - wait->insisted_at <= INSISTS_MS ? wait->insisted + 1 : 1;
	wait->insisted_at = at;
	if (wait->insisted < INSISTS)
		return (0);
	relay_unmoved(wait);
	relay_give_up(wait, signal);
	return (0);
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
		relay_give_up(wait, signal);
		return (0);
	case SIGCONT:
		terminal_resize(wait->relay->terminal);
		return (terminal_raw(wait->relay->terminal, err));
	case SIGWINCH:
		terminal_resize(wait->relay->terminal);
		return (0);
	}
	return (forward_insisting(wait, signal, err));
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
		rc = relay_receive(wait, err);
	return (rc);
}

/* The job runs by itself: ^Z and a terminal that is gone are about who looks at it. */
static int
take_attached_signal(struct wait *wait, int signal, struct err *err)
{
	struct terminal *terminal = wait->relay->terminal;

	if (signal == SIGTSTP && terminal != NULL)
		terminal_restore(terminal);
	if (signal == SIGTSTP)
		stop_here();
	if (signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH) {
		if (terminal == NULL)
			return (0);
		if (signal != SIGWINCH && terminal_raw(terminal, err) != 0)
			return (-1);
		terminal_resize(terminal);
		return (0);
	}
	if (signal != SIGHUP && terminal == NULL && wait->relay->attach->proxy)
		return (forward_insisting(wait, signal, err));
	relay_give_up(wait, signal);
	return (0);
}

/* Before the job has started nobody can be told: what would end us does. */
int
relay_signal(struct wait *wait, struct err *err)
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
	if (wait->relay->attach != NULL && wait->started && wait->status < 0)
		return (take_attached_signal(wait, signal, err));
	if (signal == SIGTSTP && !wait->leaving)
		return (stop(wait, err));
	if (!wait->started || wait->leaving || wait->status >= 0) {
		if (signal != SIGWINCH && signal != SIGCONT && signal != SIGTSTP)
			relay_give_up(wait, signal);
		return (0);
	}
	if (wait->relay->terminal != NULL)
		return (take_terminal_signal(wait, signal, err));
	return (forward_insisting(wait, signal, err));
}
