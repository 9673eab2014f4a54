/* SPDX-License-Identifier: ISC */
/*
 * Descriptors that come from elsewhere, for the programs that call the launcher's verb "mount": over a socket,
 * and out of another process's mount namespace. As root; what cannot be done ends the program with 99.
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: take from a socket one descriptor or none
 */
#ifndef TESTS_ATTACK_FDS_H
#define TESTS_ATTACK_FDS_H

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* FILE of that process, in /proc. */
static int
open_of(const char *process, const char *file)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", process, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(99, "%s", path);
	return (fd);
}

/* With a byte; errno is why not. */
static bool
send_fd(int to, int fd)
{
	char byte = 'd', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return (sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == 1);
}

/* -1 when none came. */
static int
receive_fd(int from, int flags)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(from, &msg, flags | MSG_CMSG_CLOEXEC) != 1)
		return (-1);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS || cmsg->cmsg_len != CMSG_LEN(sizeof(fd)))
		return (-1);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return (fd);
}

/* PATH as that process sees it, opened with FLAGS: at its root directory, which is not its namespace's when it is
 * a job, which has entered its own. */
static int
open_there(const char *process, const char *path, int flags)
{
	int pair[2], fd;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		err(99, "socketpair");
	child = fork();
	if (child == 0) {
		if (setns(open_of(process, "ns/mnt"), CLONE_NEWNS) < 0)
			err(99, "the namespace of %s", process);
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0 || !send_fd(pair[1], fd))
			err(99, "%s in %s", path, process);
		_exit(0);
	}
	close(pair[1]);
	fd = receive_fd(pair[0], 0);
	close(pair[0]);
	(void)waitpid(child, NULL, 0);
	if (fd < 0)
		errx(99, "no descriptor of %s in %s", path, process);
	return (fd);
}

#endif
