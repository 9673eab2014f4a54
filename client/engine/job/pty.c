/* SPDX-License-Identifier: ISC */
/*
 * The terminal of a job: see pty.h.
 * TRUST: unprivileged
 * INPUT: the size that the client named; what the job writes
 * MUST: as in pty.h
 */
#include "client/engine/job/pty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "common/io.h"

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
pty_open(struct pty *pty, const struct job *job, bool tty_gid, struct err *err)
{
	struct winsize size = { .ws_row = job->run.rows, .ws_col = job->run.columns };
	int locked = 0;

	pty->mount = pty_mount(tty_gid);
	if (pty->mount == -1)
		return err_sys(err, "the job's terminal cannot be made");
	/* for the client, which gets this open description and may change it: nothing here relies
	   on O_NONBLOCK */
	pty->master = openat(pty->mount, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
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

void
pty_hang_up(struct pty *pty)
{
	io_close(&pty->master);
	pty->master = -1;
}
