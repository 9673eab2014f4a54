/* SPDX-License-Identifier: ISC */
/*
 * A job's /dev: see dev.h.
 * TRUST: unprivileged
 * INPUT: a root whose image is hostile; the host's device nodes
 * MUST: as in dev.h
 */
#include "client/engine/job/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "client/engine/job/pty.h"
#include "common/io.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)

/* Numbers: Documentation/admin-guide/devices.txt of Linux. */
static const struct {
	const char *path;
	const char *name;
	unsigned int major;
	unsigned int minor;
} devices[] = {
	{ "/dev/null", "null", 1, 3 },
	{ "/dev/zero", "zero", 1, 5 },
	{ "/dev/full", "full", 1, 7 },
	{ "/dev/random", "random", 1, 8 },
	{ "/dev/urandom", "urandom", 1, 9 },
	{ "/dev/tty", "tty", 5, 0 },
};

static const struct {
	const char *name;
	const char *to;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },
	{ "ptmx", "pts/ptmx" },
};

/* On an empty file of that name in the new /dev. */
static int
attach_node(int mnt, int dev, const char *name)
{
	int AUTO_CLOSE file = openat(dev, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return file == -1 ? -1 : mnt_attach(mnt, dev, name);
}

/* The node is judged on the descriptor that is then mounted. */
static int
bind_device(int dev, size_t i)
{
	int AUTO_CLOSE mnt = mnt_clone(AT_FDCWD, devices[i].path, QUIET);
	struct stat st;

	if (mnt == -1 || fstat(mnt, &st) == -1)
		return -1;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(devices[i].major, devices[i].minor)) {
		errno = ENODEV;
		return -1;
	}
	return attach_node(mnt, dev, devices[i].name);
}

static int
add(int dev, const char *name, const char *type, const struct mnt_option *options)
{
	int AUTO_CLOSE mnt = mnt_new(type, options, QUIET | MOUNT_ATTR_NODEV);

	if (mnt == -1 || mkdirat(dev, name, 0755) == -1)
		return -1;
	return mnt_attach(mnt, dev, name);
}

/* The devpts that the job's terminal is of, or a new one, which later processes find there. */
static int
add_terminals(int dev, struct task *task)
{
	int AUTO_CLOSE console = -1;

	if (task->devpts == -1)
		task->devpts = pty_mount(task->engine->host.gid_tty);
	if (task->devpts == -1 || mkdirat(dev, "pts", 0755) == -1 ||
	    mnt_attach(task->devpts, dev, "pts") == -1)
		return -1;
	if (task->console == -1)
		return 0;
	/* of the open terminal: what has a name there was the image's once elsewhere */
	console = mnt_clone(task->console, "", QUIET);
	return console == -1 ? -1 : attach_node(console, dev, "console");
}

int
dev_new(void)
{
	static const struct mnt_option options[] = {
		{ "mode", "755" },
		{ "size", "64k" },
		{ NULL, NULL },
	};

	return mnt_new("tmpfs", options, QUIET | MOUNT_ATTR_NODEV);
}

int
dev_fill(int dev)
{
	static const struct mnt_option shm[] = {
		{ "mode", "1777" },
		{ "size", "64m" },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (bind_device(dev, i) == -1)
			return -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].to, dev, links[i].name) == -1)
			return -1;
	if (add(dev, "shm", "tmpfs", shm) == -1)
		return -1;
	/* a kernel may be built without message queues */
	return add(dev, "mqueue", "mqueue", NULL) == -1 && errno != ENODEV ? -1 : 0;
}

bool
dev_is_fresh(int dev)
{
	struct stat here;
	struct stat there;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (fstatat(dev, devices[i].name, &here, AT_SYMLINK_NOFOLLOW) == -1 ||
		    lstat(devices[i].path, &there) == -1 || here.st_dev != there.st_dev ||
		    here.st_ino != there.st_ino || here.st_mode != there.st_mode)
			return false;
	return true;
}

int
dev_mount(struct root *root, struct task *task, struct err *err)
{
	bool ahead = task->stage.dev != -1;
	int AUTO_CLOSE target = target_replace(root, "/", "dev", true);
	int AUTO_CLOSE mnt = ahead ? task->stage.dev : dev_new();
	int ret;

	if (target == -1 || mnt == -1 || mnt_attach(mnt, target, "") == -1 ||
	    root_own(root, mnt) == -1 || (!ahead && dev_fill(mnt) == -1) ||
	    add_terminals(mnt, task) == -1)
		return err_sys(err, "the job's /dev cannot be made");
	ret = mnt;
	mnt = -1;
	return ret;
}
