/* SPDX-License-Identifier: ISC */
/*
 * Does this host allow user namespaces to the caller? Contract in userns.h.
 * TRUST: unprivileged
 * INPUT: /proc/sys and /proc/self
 * MUST: as userns.h says
 */
#include "client/berth/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS)

pid_t
userns_clone(uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | (pidfd != NULL ? CLONE_PIDFD : 0),
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	/* Not through libc: it has no wrapper, and clone(2) is filtered by its first argument only. */
	return ((pid_t)syscall(SYS_clone3, &args, sizeof(args)));
}

int
userns_try(void)
{
	pid_t pid = userns_clone(NAMESPACES, NULL);
	int status;

	if (pid < 0)
		return (errno);
	/* Ubuntu lets the namespace be made, and then takes the power that it is made for. */
	if (pid == 0)
		_exit(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 ? 0 : errno & 0xff);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return (errno);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : EPERM);
}

/* The number in a file below /proc/sys, or -1. */
static long
read_switch(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[24] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return (-1);
	return (strtol(text, NULL, 10));
}

/* user_namespaces(7): the initial one is the only one that maps every id. Its inode is fixed. */
static bool
is_inside(void)
{
	struct stat st;

	return (stat("/proc/self/ns/user", &st) == 0 && st.st_ino != 0xEFFFFFFDU);
}

/* seccomp(2): containers and sandboxes filter the calls that make namespaces. */
static bool
is_filtered(void)
{
	return (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
}

void
userns_why(int errnum, char why[USERNS_WHY])
{
	const char *what = strerrordesc_np(errnum);

	if (errnum == ENOSPC)
		what = "user.max_user_namespaces is 0, or that many are in use";
	else if (is_inside())
		what = "this is inside of another one, of a container perhaps";
	else if (read_switch("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		what = "kernel.unprivileged_userns_clone is 0";
	else if (read_switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		what = "kernel.apparmor_restrict_unprivileged_userns is 1";
	else if (is_filtered())
		what = "a system call filter forbids them, of a container perhaps";
	snprintf(why, USERNS_WHY, "user namespaces are closed to users here: %s", what);
}

int
userns_probe(char why[USERNS_WHY])
{
	int errnum = is_inside() ? EPERM : userns_try();

	if (errnum == 0)
		return (0);
	userns_why(errnum, why);
	return (-1);
}
