/* SPDX-License-Identifier: ISC */
/*
 * The terminal of a job: see pty.h.
 * TRUST: unprivileged
 * INPUT: the size that the client named; what the job writes
 * MUST: as in pty.h
 */
#include "client/engine/job/pty.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "common/io.h"

#define WAKE_US 50000

int
pty_mount(bool tty_gid)
{
	static const struct mnt_option with_gid[] = {
		{ "newinstance", NULL },
		{ "ptmxmode", "0666" },
		{ "mode", "0620" },
		{ "gid", "5" },
		{ NULL, NULL },
	};
	static const struct mnt_option without_gid[] = {
		{ "newinstance", NULL },
		{ "ptmxmode", "0666" },
		{ "mode", "0600" },
		{ NULL, NULL },
	};

	return mnt_new(
	    "devpts", tty_gid ? with_gid : without_gid, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

/* The default of a terminal but for one bit: erasing a character takes all its bytes (UTF-8). */
static int
set_modes(int master)
{
	struct termios modes;

	if (tcgetattr(master, &modes) == -1)
		return -1;
	modes.c_iflag |= IUTF8;
	return tcsetattr(master, TCSANOW, &modes);
}

int
pty_open(struct pty *pty, int devpts, const struct job_run *run, struct err *err)
{
	struct winsize size = { .ws_row = run->rows, .ws_col = run->columns };
	int locked = 0;

	/* for the client, which gets this open description and may change it: nothing here relies
	   on O_NONBLOCK */
	pty->master = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (pty->master == -1 || ioctl(pty->master, TIOCSPTLCK, &locked) == -1 ||
	    ioctl(pty->master, TIOCSWINSZ, &size) == -1 || set_modes(pty->master) == -1)
		return err_sys(err, "the job's terminal cannot be made");
	pty->slave = ioctl(pty->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return pty->slave == -1 ? err_sys(err, "the job's terminal cannot be made") : 0;
}

int
pty_take(const struct pty *pty)
{
	for (int i = 0; i < 3; i++)
		if (dup2(pty->slave, i) != i)
			return -1;
	return ioctl(0, TIOCSCTTY, 0);
}

void
pty_discard(const struct pty *pty)
{
	/* read(2) would wait where the client cleared O_NONBLOCK and somebody else reads as well */
	(void)!ioctl(pty->master, TCFLSH, TCIFLUSH);
}

int
pty_reopen(struct pty *pty)
{
	io_close(&pty->slave);
	pty->slave = ioctl(pty->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return pty->slave == -1 ? -1 : 0;
}

static void
wake(int number)
{
	(void)number;
}

/*
 * The open description is also its clients': one of them can clear O_NONBLOCK behind this fcntl(2), and
 * another one read what poll(2) has seen. Then a signal ends the read(2), again and again, for the
 * first one may come before it.
 */
ssize_t
pty_read(const struct pty *pty, void *buf, size_t len)
{
	static const struct itimerval soon = { { 0, WAKE_US }, { 0, WAKE_US } };
	static const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = wake };
	int flags = fcntl(pty->master, F_GETFL);
	sigset_t set;
	sigset_t old;
	ssize_t got;

	if (flags == -1 || fcntl(pty->master, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    sigaction(SIGALRM, &action, NULL) == -1)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	got = read(pty->master, buf, len);
	setitimer(ITIMER_REAL, &never, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return got;
}

void
pty_hang_up(struct pty *pty)
{
	io_close(&pty->master);
	pty->master = -1;
}
