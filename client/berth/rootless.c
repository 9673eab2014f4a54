/* SPDX-License-Identifier: ISC */
/*
 * Starts the user's engine without a grant. Contract in rootless.h.
 * TRUST: unprivileged
 * INPUT: directories of the user's; what the engine says over the ready pipe
 * MUST: as rootless.h says
 */
#include "client/berth/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/facts.h"
#include "common/io.h"

#include "client/berth/innerinit.h"
#include "client/berth/message.h"
#include "client/berth/usermap.h"
#include "client/berth/userns.h"

#define READY_MILLISECONDS 30000
#define READY_MAX 2000
#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP)

struct start {
	struct inner inner; /* what the namespace's init gets */
	int ready; /* our end of its pipe */
	int go;
	int pidfd; /* of the init */
	pid_t pid;
	struct grant grant; /* the maps; no grant in any other sense */
	enum usermap_lack lack;
};

static int
take_lock(const struct place *place, struct err *err)
{
	int fd = openat(
	    place->runfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return (err_sys(err, "cannot open %s/lock", place->run));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return (fd);
	err_sys(err, "cannot lock %s/lock", place->run);
	if (err->errnum == EWOULDBLOCK) {
		err_set(err, ERR_UNAVAILABLE, "an engine of this user is running or starting");
		err_todo(err, "try again; if it hangs:  berth daemon stop");
	}
	io_close(&fd);
	return (-1);
}

/* unix(7). Who holds the lock is alone here, so between bind(2) and rename(2) nobody takes it. */
static int
listen_at(const struct place *place, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int len =
	    snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", place->address.sun_path);

	if (fd >= 0 && len < (int)sizeof(address.sun_path) &&
	    (unlinkat(place->runfd, "engine.sock.new", 0) == 0 || errno == ENOENT) &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    fchmodat(place->runfd, "engine.sock.new", 0600, 0) == 0 && listen(fd, SOMAXCONN) == 0 &&
	    renameat(place->runfd, "engine.sock.new", place->runfd, "engine.sock") == 0)
		return (fd);
	err_sys(err, "cannot make the socket %s", place->address.sun_path);
	io_close(&fd);
	return (-1);
}

/* The descriptors that are nobody else's. */
static int
make_own(struct start *start, const struct place *place, struct err *err)
{
	struct inner *inner = &start->inner;
	int ends[2];

	inner->fds[ENGINE_FD_FACTS] = io_memfd("berth-facts");
	inner->fds[ENGINE_FD_POLICY] = fcntl(place->rootfd, F_DUPFD_CLOEXEC, 0);
	if (inner->fds[ENGINE_FD_FACTS] < 0 || inner->fds[ENGINE_FD_POLICY] < 0 ||
	    pipe2(ends, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot prepare an engine"));
	start->ready = ends[0];
	inner->fds[ENGINE_FD_READY] = ends[1];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot prepare an engine"));
	inner->go = ends[0];
	start->go = ends[1];
	return (0);
}

static int
prepare(struct start *start, const struct place *place, struct err *err)
{
	struct inner *inner = &start->inner;

	inner->engine = open(BERTH_LIBEXEC "/berth-engine", O_PATH | O_CLOEXEC);
	if (inner->engine < 0) {
		err_sys(err, "cannot run " BERTH_LIBEXEC "/berth-engine");
		err->code = ERR_CONFIG;
		return (err_todo(err, "an administrator can install it:  sudo make install"));
	}
	if ((inner->fds[ENGINE_FD_LOCK] = take_lock(place, err)) < 0 ||
	    (inner->fds[ENGINE_FD_SOCKET] = listen_at(place, err)) < 0)
		return (-1);
	return (make_own(start, place, err));
}

/* 0, 1 when the host does not allow it, or -1 with err. */
static int
split(struct start *start, const struct caller *caller, struct err *err)
{
	const int facts = start->inner.fds[ENGINE_FD_FACTS];

	start->pid = userns_clone(NAMESPACES, &start->pidfd);
	if (start->pid == 0) {
		/* With our end open the pipe would not end when we do. */
		close(start->go);
		close(start->ready);
		inner_run(&start->inner);
	}
	/* A limit of the caller's is no property of the host. */
	if (start->pid < 0 && (errno == EAGAIN || errno == ENOMEM))
		return (err_sys(err, "cannot make a process for the engine"));
	if (start->pid < 0)
		return (1);
	if (usermap_write(start->pid, caller, &start->grant, &start->lack, err) != 0)
		return (-1);
	if (facts_write(facts, FACTS_ROOTLESS, caller, &start->grant) != 0 ||
	    io_write_all(start->go, "g", 1) != 0)
		return (err_sys(err, "the namespace ended before it began"));
	return (0);
}

/* Which of the start's ends are ours. With the init's open its pipe would never end. */
static void
close_inner(struct start *start)
{
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++) {
		io_close(&start->inner.fds[i]);
		start->inner.fds[i] = -1;
	}
	io_close(&start->inner.engine);
	io_close(&start->inner.go);
	start->inner.engine = start->inner.go = -1;
}

/* What a start that failed says: one byte of exit status, then up to three lines. */
static int
explain(char *text, struct err *err)
{
	enum err_code code = err_code_of(text[0], ERR_SYSTEM);
	char *rest = text[0] == '\0' ? NULL : text + 1;
	const char *what = strsep(&rest, "\n"), *why = strsep(&rest, "\n");

	err_set(err, code, "the engine ended before it was ready");
	if (what != NULL && what[0] != '\0')
		message_foreign(err->what, what);
	message_foreign(err->why, why != NULL ? why : "");
	message_foreign(err->todo, rest != NULL ? rest : "");
	return (-1);
}

/* Waits until the engine serves. 0, 1 when the host takes the namespace's power, -1 with err. */
static int
await(struct way *way, const struct start *start, struct err *err)
{
	struct pollfd ready = { .fd = start->ready, .events = POLLIN };
	int64_t until = way_elapsed(way) + READY_MILLISECONDS;
	char text[READY_MAX + 1] = "";
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len < READY_MAX) {
		int count = poll(&ready, 1, 50);

		way_note(way);
		if (count == 0 && way_elapsed(way) > until) {
			err_set(err, ERR_SYSTEM, "the engine was not ready in time and was ended");
			return (err_todo(err, "try again; is the state directory on a slow disk?"));
		}
		if (count <= 0)
			continue;
		got = read(start->ready, text + len, READY_MAX - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (len == 1 && text[0] == 'R')
		return (0);
	return (text[0] == INNER_CLOSED ? 1 : explain(text, err));
}

/* One line, once for each engine: that there is no grant is no error, but must not go unseen. */
static void
tell(const struct way *way, const struct start *start, const struct view *view)
{
	char account[64];

	view_describe(view, account, sizeof(account));
	message_note(way->cli, "%s: %s; a rootless engine starts, %s",
	    view->ungranted == REFUSAL_REVOKED ? "the grant was revoked" : "no grant", account,
	    usermap_text(start->lack));
}

int
rootless_start(struct way *way, struct place *place, const struct view *view, struct err *err)
{
	struct start start = {
		.inner = { .engine = -1, .go = -1, .fds = { -1, -1, -1, -1, -1, -1, -1, -1 } },
		.ready = -1,
		.go = -1,
		.pidfd = -1,
		.pid = -1
	};
	int rc = prepare(&start, place, err);

	/* With SIGCHLD ignored, which is inherited, the kernel would keep no exit status. */
	signal(SIGCHLD, SIG_DFL);
	if (rc == 0)
		rc = split(&start, &view->caller, err);
	close_inner(&start);
	if (rc == 0)
		rc = await(way, &start, err);
	if (rc == 0)
		tell(way, &start, view);
	else if (start.pid > 0) {
		pidfd_send_signal(start.pidfd, SIGKILL, NULL, 0);
		(void)waitpid(start.pid, NULL, 0);
	}
	io_close(&start.ready);
	io_close(&start.go);
	io_close(&start.pidfd);
	return (rc);
}
