/* SPDX-License-Identifier: ISC */
/*
 * The way to the user's engine. Contract in connect.h.
 * TRUST: unprivileged
 * INPUT: --host and BERTH_HOST (the caller's), the socket (maybe somebody else's)
 * MUST: as connect.h says
 */
#include "client/berth/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/bootstrap.h"
#include "client/berth/message.h"
#include "client/berth/place.h"
#include "client/berth/rootless.h"
#include "client/berth/ticks.h"
#include "client/berth/view.h"

/* Another client may hold the lock, an engine may be leaving: so long it is tried again. */
#define DEADLINE_MS 10000
#define WAITED_MAX_MS 60000
#define NOTE_MS 200
#define PAUSE_MAX_MS 64
#define MEND_NS 200000000L

int64_t
way_elapsed(const struct way *way)
{
	return (ticks_ms() - way->began);
}

void
way_note(struct way *way)
{
	if (way->noted || !way->standard || !way->start || way_elapsed(way) < NOTE_MS)
		return;
	way->noted = true;
	message_progress(way->cli, "starting the engine");
}

/* unix:/path and unix:///path. */
static int
parse_host(struct way *way, const char *host, struct err *err)
{
	const char *path = host;

	if (strncmp(path, "unix:", 5) == 0) {
		path += 5;
		if (strncmp(path, "//", 2) == 0)
			path += 2;
	}
	if (path == host || path[0] != '/') {
		err_set(err, ERR_USAGE, "not an address: %s", host);
		err_why(err, "--host and BERTH_HOST take unix:/path or unix:///path");
		return (err_todo(err, "leave it away to use the default one"));
	}
	if (strlen(path) >= sizeof(way->address.sun_path)) {
		err_set(err, ERR_USAGE, "the address is too long: %s", host);
		return (err_why(err, "a socket's path has at most %zu bytes (unix(7))",
		    sizeof(way->address.sun_path) - 1));
	}
	memcpy(way->address.sun_path, path, strlen(path) + 1);
	return (0);
}

static void
use_standard(struct way *way)
{
	way->rootless = false;
	snprintf(way->address.sun_path, sizeof(way->address.sun_path), "/run/berth/%u/engine.sock",
	    way->cli->uid);
}

int
way_init(struct way *way, struct cli *cli, bool start, struct err *err)
{
	*way = (struct way){ .cli = cli, .start = start, .began = ticks_ms() };
	way->address.sun_family = AF_UNIX;
	if (cli->host != NULL)
		return (parse_host(way, cli->host, err));
	way->standard = true;
	use_standard(way);
	return (0);
}

int
way_rootless(struct way *way, struct cli *cli)
{
	struct place *place = malloc(sizeof(*place));
	struct err ignored;
	int rc = place != NULL ? place_find(place, cli->uid, &ignored) : -1;

	*way = (struct way){ .cli = cli, .rootless = true, .began = ticks_ms() };
	if (rc == 0) {
		way->address = place->address;
		place_close(place);
	}
	free(place);
	return (rc);
}

static int
distrust(const struct way *way, const char *why, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "the socket %s is not trusted", way->address.sun_path);
	return (err_why(err, "%s", why));
}

/* The launcher made it, so it is root's. NULL: the directory can be trusted; else why not. */
static const char *
judge_standard(const struct stat *dir)
{
	return (dir->st_uid == 0 ? NULL : "its directory belongs to somebody else");
}

/* The same where the caller chose the address: it may be the caller's as well. */
static const char *
judge_chosen(const struct stat *dir, uid_t caller)
{
	return (dir->st_uid == caller ? NULL : judge_standard(dir));
}

/* The same for a rootless engine's: nobody made it but the caller, and for nobody else. */
static const char *
judge_rootless(const struct stat *dir, uid_t caller)
{
	if (dir->st_uid != caller)
		return ("its directory belongs to somebody else");
	if ((dir->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return ("others can enter its directory");
	return (NULL);
}

static int
judge_directory(const struct way *way, struct err *err)
{
	struct sockaddr_un parent = way->address;
	char *slash = strrchr(parent.sun_path, '/');
	const char *why;
	struct stat st;
	int rc;

	slash[slash == parent.sun_path ? 1 : 0] = '\0';
	rc = way->rootless ? lstat(parent.sun_path, &st) : stat(parent.sun_path, &st);
	if (rc != 0)
		return (err_sys(err, "cannot look at %s", parent.sun_path));
	if (way->rootless)
		why = judge_rootless(&st, way->cli->uid);
	else if (way->standard)
		why = judge_standard(&st);
	else
		why = judge_chosen(&st, way->cli->uid);
	if (why == NULL && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		why = "others can write to its directory";
	return (why == NULL ? 0 : distrust(way, why, err));
}

/* Root's until the engine has taken the socket over: the launcher made it, but for a rootless one. */
static bool
may_serve(const struct way *way)
{
	if (way->peer.uid == way->cli->uid)
		return (true);
	return (way->peer.uid == 0 && !way->rootless);
}

/*
 * Row E01 of the attack list: a planted socket would get the job, its environment and its
 * descriptors. Nobody but root (or, at a chosen address, the caller) can exchange what lies in
 * the directory, so that path and connection are the same thing.
 */
static int
judge(struct way *way, int fd, struct err *err)
{
	const char *path = way->address.sun_path;
	struct stat st;

	if (judge_directory(way, err) != 0)
		return (-1);
	if (lstat(path, &st) != 0)
		return (err_sys(err, "cannot look at %s", path));
	if (!S_ISSOCK(st.st_mode) || st.st_uid != way->cli->uid)
		return (distrust(way, "it is not a socket of the caller's", err));
	if (peer_read(fd, &way->peer) != 0)
		return (err_sys(err, "cannot ask who serves %s", path));
	return (may_serve(way) ? 0 : distrust(way, "somebody else serves it", err));
}

/* 0 and *fd; 1 when nobody listens there; -1 with err. */
static int
connect_once(struct way *way, int *out, struct err *err)
{
	const struct timeval limit = { .tv_sec = DEADLINE_MS / 1000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool absent = false;
	int rc = 0;

	/* Where thousands wait for an engine that takes none, connect(2) itself would not return. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0) {
		io_close(&fd);
		return (err_sys(err, "cannot make a socket"));
	}
	if (connect(fd, (const struct sockaddr *)&way->address, sizeof(way->address)) != 0) {
		/* EACCES: not the modes that the launcher gives; it gives them again. */
		absent = errno == ENOENT || errno == ECONNREFUSED ||
			 (errno == EACCES && way->standard && !way->rootless && !way->started);
		rc = err_sys(err, "cannot connect to the engine at %s", way->address.sun_path);
		err->code = ERR_UNAVAILABLE;
	} else
		rc = judge(way, fd, err);
	if (rc == 0)
		*out = fd;
	else
		close(fd);
	return (absent ? 1 : rc);
}

int
way_again(struct way *way, struct err *err)
{
	unsigned int shift = way->tries < 6 ? way->tries : 6;
	struct timespec pause = { .tv_nsec = 1000000L << shift };

	_Static_assert(1 << 6 == PAUSE_MAX_MS, "the longest pause");
	way->tries++;
	if (way_elapsed(way) - way->waited >= DEADLINE_MS || way->waited >= WAITED_MAX_MS) {
		err_set(err, ERR_UNAVAILABLE, "no engine served this call within %d seconds",
		    DEADLINE_MS / 1000);
		err_why(err, "each one was starting or leaving, or one of them hangs");
		return (
		    err_todo(err, "try again; see which processes there are:  pgrep -l berth-"));
	}
	nanosleep(&pause, NULL);
	way_note(way);
	return (0);
}

/* For a moment the launcher is without its bit then: once, and after a pause, it is tried again. */
static bool
is_being_installed(struct way *way)
{
	const struct timespec pause = { .tv_nsec = MEND_NS };
	bool first = !way->mended;

	if (first)
		nanosleep(&pause, NULL);
	way->mended = true;
	return (first);
}

static int
launch(struct way *way, struct err *err)
{
	struct launch launch = { .verb = "start" };

	/* The engine that was just started has gone already: not at once again. */
	if (way->started && way_again(way, err) != 0)
		return (-1);
	if (bootstrap(way, &launch, err) != 0) {
		/* Who has no grant does not miss a launcher that is not installed. */
		(void)view_refusal(way->cli, ENGINE_SHARED, err);
		return (-1);
	}
	message_debug(way->cli, "berth-launcher start ended with status %d", launch.status);
	switch (launch.status) {
	case 0:
		way->started = true;
		return (0);
	case ERR_UNAVAILABLE:
		return (way_again(way, err));
	case ERR_CONFIG:
		if (view_refusal(way->cli, ENGINE_SHARED, err) == 0 && is_being_installed(way))
			return (0);
		break;
	}
	return (bootstrap_refusal(way->cli, &launch, ENGINE_SHARED, err));
}

/* As launch(), without the launcher. 0: connect again; 1: the host does not allow it; -1 with err. */
static int
launch_rootless(struct way *way, struct place *place, const struct view *view, struct err *err)
{
	int rc;

	if (place_make(place, err) != 0 || (way->started && way_again(way, err) != 0))
		return (-1);
	rc = rootless_start(way, place, view, err);
	message_debug(
	    way->cli, "rootless start: %d after %lld ms", rc, (long long)way_elapsed(way));
	if (rc == 0)
		way->started = true;
	return (rc < 0 && err->code == ERR_UNAVAILABLE ? way_again(way, err) : rc);
}

/* 0 and *fd: a rootless engine serves; 1: none may or can; 2: connect again; -1 with err. */
static int
connect_ungranted(struct way *way, const struct view *view, int *fd, struct err *err)
{
	struct place *place = malloc(sizeof(*place));
	int rc = place != NULL ? place_find(place, way->cli->uid, err)
			       : err_sys(err, "cannot look for an engine");

	if (rc == 0) {
		way->address = place->address;
		way->rootless = true;
		rc = connect_once(way, fd, err);
	} else if (!way->start)
		rc = 1;
	if (rc == 1 && way->start) {
		rc = launch_rootless(way, place, view, err);
		rc = rc == 0 ? 2 : rc;
	}
	if (place != NULL)
		place_close(place);
	free(place);
	return (rc);
}

/*
 * Nobody serves at the standard address. The policy is asked at each such call, so that a rootless
 * engine is not used any more once there is a grant; it is two small files, not a launcher.
 */
static int
connect_rootless(struct way *way, int *fd, struct err *err)
{
	struct view view = { .ungranted = REFUSAL_INVALID };
	struct err ignored;
	int rc = 1;

	if (way->cli->uid == 0)
		return (1);
	/* What cannot be read the launcher judges, and refuses. Who starts nothing sees what runs. */
	if ((way->start && view_load(&view, &ignored) == 0 && view.ungranted != REFUSAL_INVALID) ||
	    !way->start)
		rc = connect_ungranted(way, &view, fd, err);
	if (way->start)
		view_free(&view);
	return (rc);
}

int
way_connect(struct way *way, int *fd, struct err *err)
{
	for (;;) {
		int rc;

		if (way->standard)
			use_standard(way);
		rc = connect_once(way, fd, err);
		message_debug(way->cli, "%s at %s",
		    rc > 0   ? "nobody listens"
		    : rc < 0 ? "refused"
			     : "connected",
		    way->address.sun_path);
		if (rc <= 0)
			return (rc);
		if (!way->standard)
			return (
			    err_todo(err, "without --host and BERTH_HOST berth starts an engine"));
		if (way->only_shared)
			return (1);
		if ((rc = connect_rootless(way, fd, err)) == 2)
			continue;
		if (rc <= 0 || !way->start)
			return (rc);
		use_standard(way);
		if (launch(way, err) != 0)
			return (-1);
	}
}
