/* SPDX-License-Identifier: ISC */
/*
 * Who serves the socket. Contract in peer.h.
 * TRUST: unprivileged
 * INPUT: what the kernel says of the connection; /proc, which may hide others' processes
 * MUST: as peer.h says
 */
#include "client/berth/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/berth/message.h"
#include "common/io.h"

/* Linux 6.5; not in the headers of older systems. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define END_MS 5000 /* a process that was killed with memory to give back */
#define STATUS_MAX 256 /* the first lines of it */

int
peer_read(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return (-1);
	if (len != sizeof(cred)) {
		errno = EPROTO;
		return (-1);
	}
	*peer = (struct peer){ .pid = cred.pid, .uid = cred.uid };
	return (0);
}

void
peer_describe(const struct peer *peer, char *buf, size_t len)
{
	const char *who = peer->who == NULL ? "the engine" : peer->who;

	if (peer->pid > 0)
		snprintf(buf, len, "%s (pid %d)", who, peer->pid);
	else
		snprintf(buf, len, "%s", who);
}

bool
peer_is_stopped(int pid)
{
	char path[32], text[STATUS_MAX];
	int fd AUTO_CLOSE = -1;
	const char *state;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return (false);
	text[len] = '\0';
	/* Behind the line with the name, in which a newline is escaped. */
	state = strstr(text, "\nState:\t");
	return (state != NULL && (state[8] == 'T' || state[8] == 't'));
}

void
peer_late(const struct cli *cli, const struct peer *peer, const char *what)
{
	if (peer->pid > 0 && peer_is_stopped(peer->pid))
		message_warning(cli, "%s: the engine (pid %d) is stopped:  kill -CONT %d", what,
		    peer->pid, peer->pid);
	else
		message_warning(cli, "%s yet", what);
}

int
peer_hangs(const struct peer *peer, int waited, struct err *err)
{
	char who[64];

	peer_describe(peer, who, sizeof(who));
	err_set(err, ERR_UNAVAILABLE, "%s does not answer", who);
	if (peer->pid <= 0) {
		err_why(err, "it has not for %d seconds; its process cannot be seen from here",
		    waited / 1000);
		return (err_todo(err, "find it on the host:  pgrep -l berth-engine"));
	}
	if (peer_is_stopped(peer->pid)) {
		err_why(err, "it is stopped, by a signal or by a debugger");
		return (err_todo(err,
		    "let it go on:  kill -CONT %d   or end it, its jobs go on:  kill -KILL %d",
		    peer->pid, peer->pid));
	}
	err_why(err, "it has not for %d seconds", waited / 1000);
	return (err_todo(err,
	    "end it, its jobs go on and the next call starts another:  kill -KILL %d", peer->pid));
}

/* The process at the other end of the connection, or -1 with errno. */
static int
open_process(int fd, const struct peer *peer)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	socklen_t len = sizeof(int);
	int pidfd = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0 && len == sizeof(int))
		return (pidfd);
	pidfd = peer->pid > 0 ? pidfd_open(peer->pid, 0) : -1;
	if (pidfd < 0)
		return (-1);
	/* The number is still that process's if the connection did not end meanwhile. */
	if (poll(&end, 1, 0) < 0 || (end.revents & (POLLHUP | POLLERR)) != 0) {
		close(pidfd);
		errno = ESRCH;
		return (-1);
	}
	return (pidfd);
}

enum peer_end
peer_end(int fd, const struct peer *peer, bool kill, struct err *err)
{
	int pidfd AUTO_CLOSE = open_process(fd, peer);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	char who[64];

	peer_describe(peer, who, sizeof(who));
	if (pidfd < 0 || peer->uid != getuid()) {
		err_set(err, ERR_UNAVAILABLE, "%s does not answer and cannot be ended", who);
		if (pidfd < 0)
			err_why(err, "it cannot be found: %s", strerror(errno));
		else
			err_why(err, "it belongs to somebody else");
		return (PEER_FAILED);
	}
	if (!kill && peer_is_stopped(peer->pid) && pidfd_send_signal(pidfd, SIGCONT, NULL, 0) == 0)
		return (PEER_WOKEN);
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) != 0 && errno != ESRCH) {
		err_sys(err, "%s does not answer and cannot be ended", who);
		return (PEER_FAILED);
	}
	if (poll(&ended, 1, END_MS) == 1)
		return (PEER_KILLED);
	err_set(err, ERR_UNAVAILABLE, "%s was killed, but does not end", who);
	err_why(err, "it waits for the kernel: a disk or a network file system does not answer");
	return (PEER_FAILED);
}
