/* SPDX-License-Identifier: ISC */
/*
 * The caller's terminal. Contract in terminal.h.
 * TRUST: unprivileged
 * INPUT: what is typed, --detach-keys, signals
 * MUST: as terminal.h says
 */
#include "client/berth/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#define KEYS_DEFAULT "ctrl-p,ctrl-q"

/* What a signal handler needs; in is -1 unless the terminal is raw. */
static struct {
	volatile sig_atomic_t in;
	struct termios found;
} rescue = { .in = -1 };

/* The others that end a program come through the signalfd of relay.c; and see arm_rescue. */
static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGXCPU,
	SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT };

static void
restore_and_end(int number)
{
	if (rescue.in >= 0)
		tcsetattr(rescue.in, TCSANOW, &rescue.found);
	/* SA_RESETHAND: now it does what it always does */
	raise(number);
}

static void
arm(int number)
{
	struct sigaction action = { .sa_handler = restore_and_end, .sa_flags = (int)SA_RESETHAND };
	struct sigaction now;

	if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(number, &action, NULL);
}

static void
arm_rescue(void)
{
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		arm(fatal[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		arm(number);
}

/* One key, "a", "ctrl-p" or "DEL", as docker(1) has them: its byte, or -1. */
static int
parse_key(const char *key, size_t len)
{
	static const char others[] = "@abcdefghijklmnopqrstuvwxyz[\\]^_";
	const char *at;

	if (len == 1)
		return ((unsigned char)key[0]);
	if (len == 3 && strncmp(key, "DEL", 3) == 0)
		return (127);
	if (len != 6 || strncmp(key, "ctrl-", 5) != 0)
		return (-1);
	at = strchr(others, key[5]);
	return (at == NULL ? -1 : (int)(at - others));
}

static int
parse_keys(struct terminal *terminal, const char *text, struct err *err)
{
	const char *key = text;
	bool more = *text != '\0';

	while (more) {
		size_t len = strcspn(key, ",");
		int byte = parse_key(key, len);

		if (byte < 0 || terminal->nkeys == TERMINAL_KEYS_MAX) {
			err_set(err, ERR_USAGE, "--detach-keys=%s: not a sequence of keys", text);
			err_why(err,
			    "it is up to %d characters, or ctrl- with a letter or one of @[\\]^_,"
			    " with commas between",
			    TERMINAL_KEYS_MAX);
			return (err_todo(err, "the default is --detach-keys=" KEYS_DEFAULT));
		}
		terminal->keys[terminal->nkeys++] = (char)byte;
		key += len;
		more = *key++ == ',';
	}
	return (0);
}

int
terminal_check_keys(const char *keys, struct err *err)
{
	struct terminal terminal = { .nkeys = 0 };

	return (keys == NULL ? 0 : parse_keys(&terminal, keys, err));
}

static int
no_input(struct err *err)
{
	err_set(err, ERR_USAGE, "the input device is not a TTY");
	err_why(err, "-t and -i together pass a terminal on, and standard input is none");
	return (err_todo(err, "to pass the input as it is:  -i without -t"));
}

int
terminal_open(struct terminal *terminal, const char *keys, bool interactive, struct job_run *run,
    struct err *err)
{
	static const int order[] = { STDOUT_FILENO, STDIN_FILENO, STDERR_FILENO };
	struct winsize size;

	*terminal = (struct terminal){ .in = -1, .size = -1, .master = -1 };
	if (parse_keys(terminal, keys != NULL ? keys : KEYS_DEFAULT, err) != 0)
		return (-1);
	if (interactive && !isatty(STDIN_FILENO))
		return (no_input(err));
	terminal->in = interactive ? STDIN_FILENO : -1;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && terminal->size < 0; i++) {
		if (ioctl(order[i], TIOCGWINSZ, &size) != 0)
			continue;
		terminal->size = order[i];
		run->rows = size.ws_row;
		run->columns = size.ws_col;
	}
	return (0);
}

void
terminal_close(struct terminal *terminal)
{
	terminal_restore(terminal);
	io_close(&terminal->master);
	terminal->master = -1;
}

int
terminal_start(struct terminal *terminal, int master, struct err *err)
{
	unsigned int number;

	terminal->master = master;
	/* Whatever serves us: bytes are copied to nothing but another terminal's master. */
	if (ioctl(master, TIOCGPTN, &number) != 0 || fcntl(master, F_SETFL, O_NONBLOCK) != 0)
		return (err_set(err, ERR_UNAVAILABLE, "the engine sent no terminal of a job"));
	terminal_resize(terminal);
	return (terminal_raw(terminal, err));
}

void
terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (terminal->size >= 0 && ioctl(terminal->size, TIOCGWINSZ, &size) == 0)
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}

bool
terminal_disturb(const struct terminal *terminal)
{
	struct winsize size;

	if (terminal->size < 0 || ioctl(terminal->size, TIOCGWINSZ, &size) != 0)
		return (false);
	/* Of a size that does not change nobody is told. */
	size.ws_row = size.ws_row > 1 ? (unsigned short)(size.ws_row - 1) : 2;
	return (ioctl(terminal->master, TIOCSWINSZ, &size) == 0);
}

/* A terminal that is not the controlling one has no background. */
static bool
in_background(const struct terminal *terminal)
{
	pid_t front = tcgetpgrp(terminal->in);

	return (front >= 0 && front != getpgrp());
}

/* 1: there is a SIGCONT that nobody has looked at. */
static bool
was_continued(void)
{
	sigset_t pending;

	return (sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1);
}

/*
 * The modes are looked at only in the foreground: what is set while a shell edits its line is the
 * shell's. False: this is still the background, for raise(3) did not stop us. The caller ignores
 * SIGTTOU, which would let tcsetattr(3) through, or nobody would continue us.
 */
static bool
await_foreground(const struct terminal *terminal)
{
	while (in_background(terminal)) {
		sigset_t cont;

		sigemptyset(&cont);
		sigaddset(&cont, SIGCONT);
		while (sigtimedwait(&cont, NULL, &(struct timespec){ .tv_sec = 0 }) > 0)
			;
		raise(SIGTTOU);
		if (!was_continued() && in_background(terminal))
			return (false);
	}
	return (true);
}

static int
stays_behind(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "cannot set the modes of the terminal");
	err_why(
	    err, "this program is in its background, and stopping it there (SIGTTOU) is ignored");
	return (err_todo(err, "call it in the foreground, or leave -i away:  berth run -t ..."));
}

/* By members: between them is padding that nobody sets. */
static bool
same_modes(const struct termios *a, const struct termios *b)
{
	return (a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
		a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0);
}

int
terminal_raw(struct terminal *terminal, struct err *err)
{
	struct termios now;

	if (terminal->in < 0)
		return (0);
	if (!await_foreground(terminal))
		return (stays_behind(err));
	if (tcgetattr(terminal->in, &now) != 0)
		return (err_sys(err, "cannot read the modes of the terminal"));
	/* After a kill -STOP and -CONT, say, nobody has changed what we set. */
	if (!terminal->raw || !same_modes(&now, &terminal->ours))
		terminal->found = now;
	terminal->ours = terminal->found;
	cfmakeraw(&terminal->ours);
	if (rescue.in < 0)
		arm_rescue();
	rescue.found = terminal->found;
	rescue.in = terminal->in;
	terminal->raw = true;
	if (tcsetattr(terminal->in, TCSANOW, &terminal->ours) != 0)
		return (err_sys(err, "cannot set the modes of the terminal"));
	/* as the kernel has it: it may not know every bit */
	(void)tcgetattr(terminal->in, &terminal->ours);
	return (0);
}

void
terminal_restore(struct terminal *terminal)
{
	if (!terminal->raw)
		return;
	/* In the background it is somebody else's already. A terminal that is gone needs none. */
	if (!in_background(terminal))
		(void)tcsetattr(terminal->in, TCSANOW, &terminal->found);
	terminal->raw = false;
	rescue.in = -1;
}

size_t
terminal_filter(struct terminal *terminal, char *buf, size_t len)
{
	char typed[TERMINAL_KEYS_MAX + 1];
	size_t out = 0, held = terminal->nheld;
	char *in = buf + TERMINAL_KEYS_MAX;

	if (terminal->nkeys == 0)
		return (len);
	/* What is held comes first, so there can be more out than in. */
	memmove(in, buf, len);
	for (size_t i = 0; i < len && !terminal->detach; i++) {
		memcpy(typed, terminal->keys, held);
		typed[held++] = in[i];
		/* The longest end of it that the keys begin with stays, the rest is no key. */
		while (held > 0 && memcmp(typed, terminal->keys, held) != 0) {
			buf[out++] = typed[0];
			memmove(typed, typed + 1, --held);
		}
		if (held == terminal->nkeys) {
			terminal->detach = true;
			held = 0;
		}
	}
	terminal->nheld = held;
	return (out);
}
