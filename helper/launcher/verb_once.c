/* SPDX-License-Identifier: ISC */
/*
 * The verb "once": an engine for one call, which lives and dies with its caller: in their cgroup,
 * namespaces and limits, a child of the process that called us.
 * TRUST: privileged
 * INPUT: a grant from decide(); descriptor 3, which is whatever the caller made it
 * MUST: judge the descriptor before anything is opened, and ask no file system about it: one of the
 *       caller's own may never answer; take no lock, make nothing that outlives the call but an empty
 *       state directory.
 */
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/launcher/split.h"

static bool
has_option(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return (getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted);
}

/* unix(7): who connected or made the pair; nobody's uid when neither was done. */
static bool
is_of_caller(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer) &&
		peer.uid == getuid());
}

bool
is_callers_stream(int fd)
{
	return (has_option(fd, SO_DOMAIN, AF_UNIX) && has_option(fd, SO_TYPE, SOCK_STREAM) &&
		has_option(fd, SO_ACCEPTCONN, 0) && is_of_caller(fd));
}

int
once_check_request(struct err *err)
{
	if (is_callers_stream(REQUEST_FD))
		return (0);
	err_set(err, ERR_USAGE, "descriptor 3 is not a connected stream socket of the caller's");
	err_why(err, "an engine for one call serves that socket and nothing else");
	return (err_todo(err, "to run a job:  berth run --once host -- id"));
}

int
verb_once(const struct caller *caller, const struct grant *grant, const struct handles *handles,
    struct err *err)
{
	struct split split = { .grant = grant, .mode = FACTS_ONCE, .cgroup = -1 };
	pid_t parent = getppid();

	/* Their end is that of everything; where they are gone already, that of who has adopted us. */
	split.parent = pidfd_open(parent, 0);
	/* Who is our parent still had the number when it was opened. */
	if (split.parent < 0 || getppid() != parent)
		return (err_sys(err, "cannot watch the process that called"));
	if (split_prepare(&split, caller, handles, err) < 0 ||
	    (grant->root == NULL && state_prepare(grant, err) < 0))
		return (-1);
	split.fds[ENGINE_FD_SOCKET] = REQUEST_FD;
	split.fds[ENGINE_FD_LOCK] = -1;
	return (split_engine(&split, err));
}
