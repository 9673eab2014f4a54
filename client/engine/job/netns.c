/* SPDX-License-Identifier: ISC */
/*
 * Network namespaces made ahead: see netns.h.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: as in netns.h
 */
#include "client/engine/job/netns.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/engine/job/children.h"
#include "client/engine/job/keep.h"
#include "common/io.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int
netns_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int AUTO_CLOSE fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
}

/* The namespace of this process, named by a socket in it: no file in /proc is needed. */
static int
own_netns(void)
{
	int AUTO_CLOSE fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1 : ioctl(fd, SIOCGSKNS);
}

static void
send_fd(int to, int fd)
{
	union control control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	(void)!sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int
receive_fd(int from)
{
	union control control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(from, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS ||
	    cmsg->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

static void make(int to) __attribute__((noreturn));

static void
make(int to)
{
	int fd = -1;

	keep_only(&to, 1);
	if (netns_loopback() == 0)
		fd = own_netns();
	if (fd != -1)
		send_fd(to, fd);
	_exit(0);
}

/* Receives what a child has sent meanwhile. */
static bool
is_ready(struct engine *engine)
{
	if (engine->spare_net == -1)
		engine->spare_net = receive_fd(engine->spares[0]);
	return engine->spare_net != -1;
}

void
netns_prepare(struct engine *engine)
{
	struct child *child;

	if (engine->mode == FACTS_ONCE || is_ready(engine))
		return;
	child = child_new(engine, false);
	if (child == NULL)
		return;
	switch (child_fork(engine, child, CLONE_NEWNET)) {
	case 0:
		make(engine->spares[1]);
	case -1:
		child_free(engine, child);
		break;
	default:
		break;
	}
}

int
netns_take(struct engine *engine)
{
	int fd = is_ready(engine) ? engine->spare_net : -1;

	engine->spare_net = -1;
	return fd;
}
