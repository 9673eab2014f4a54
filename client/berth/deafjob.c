/* SPDX-License-Identifier: ISC */
/*
 * The end of a job whose supervisor does not answer. Contract in deafjob.h.
 * TRUST: unprivileged
 * INPUT: what the kernel says of the job's socket; /proc
 * MUST: as deafjob.h says
 */
#include "client/berth/deafjob.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/berth/jobcall.h"
#include "client/berth/peer.h"
#include "common/io.h"

#define SUPERVISOR "berth-job" /* as it calls itself */

/* A connection to the socket in the job's directory; -1 with errno. */
static int
reach(int dir)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/ctl", dir);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return (fd);
	io_close(&fd);
	return (-1);
}

static bool
is_supervisor(const struct peer *peer)
{
	char path[32], name[32];
	int fd AUTO_CLOSE = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/comm", peer->pid);
	fd = peer->pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	len = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	if (len <= 0)
		return (false);
	name[len] = '\0';
	return (strcmp(name, SUPERVISOR "\n") == 0);
}

int
deafjob_kill(struct cli *cli, const char *job, struct err *err)
{
	struct peer peer = { .pid = 0 };
	int dir AUTO_CLOSE = -1;
	int fd AUTO_CLOSE = -1;
	struct err none;

	if (job_open(cli, job, "state", &dir, &none) != 0)
		return (-1);
	fd = reach(dir);
	/* nobody listens: what keeps the job is no supervisor, and the engine has said what it is */
	if (fd < 0)
		return (-1);
	if (peer_read(fd, &peer) == 0 && is_supervisor(&peer)) {
		peer.who = "the job's supervisor";
		return (peer_end(fd, &peer, true, err) == PEER_KILLED ? 0 : -1);
	}
	err_set(err, ERR_UNAVAILABLE, "job %s does not end", job);
	err_why(err, "what looks after it does not answer, and cannot be found from here");
	return (err_todo(
	    err, "find it on the host:  pgrep -l " SUPERVISOR "   and end it:  kill -KILL PID"));
}
