/* SPDX-License-Identifier: ISC */
/*
 * The socket of a job: see ctl.h.
 * TRUST: unprivileged
 * INPUT: whoever listens there, which the kernel tells
 * MUST: as in ctl.h
 */
#include "client/engine/job/ctl.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/engine/engine.h"
#include "client/engine/owner.h"
#include "client/lib/json.h"
#include "common/io.h"

#define BACKLOG 128

static void
address_of(const char *id, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), STATE_JOBS "/%.12s/" CTL_FILE, id);
}

int
ctl_listen(const char *id)
{
	int AUTO_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	int listening = fd;

	address_of(id, &address);
	/* bind(2) makes the file with the mode of the socket: never one that others may write */
	if (fd == -1 || (unlink(address.sun_path) == -1 && errno != ENOENT) ||
	    fchmod(fd, 0600) == -1 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		return -1;
	fd = -1;
	return listening;
}

void
ctl_own(int ctl)
{
	/* it listens already: this can fail no more, and nobody who waits there is lost */
	if (ctl != -1)
		(void)!listen(ctl, BACKLOG);
}

/* Whoever called listen(2) there: the supervisor (just now still its engine), or somebody who put a socket
 * there. */
static bool
is_user(int fd)
{
	if (owner_is_peer(fd))
		return true;
	errno = ECONNREFUSED;
	return false;
}

int
ctl_send(const char *id, struct json_object *message, int client, const int *fds, size_t nfds)
{
	int AUTO_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int all[VARLINK_FDS_MAX] = { client };
	const int room = 2 * VARLINK_MESSAGE_MAX;
	struct sockaddr_un address;

	if (nfds >= VARLINK_FDS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	for (size_t i = 0; i < nfds; i++)
		all[i + 1] = fds[i];
	address_of(id, &address);
	/* the whole message fits, so that it is never sent in part */
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == -1 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 || !is_user(fd))
		return -1;
	return varlink_send(fd, &message, 1, all, nfds + 1);
}

int
ctl_ask(const char *id, const char *method, struct json_object *parameters)
{
	struct json_object *call;
	char name[64];
	int ends[2];
	int ret;

	snprintf(name, sizeof(name), BERTH_INTERFACE ".%s", method);
	ret = parameters == NULL ? -1 : json_put_text(parameters, "job", id);
	call = varlink_call(name, parameters, false);
	if (ret == -1 || call == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		json_object_put(call);
		return -1;
	}
	ret = ctl_send(id, call, ends[0], NULL, 0);
	close(ends[0]);
	close(ends[1]);
	json_object_put(call);
	return ret;
}
