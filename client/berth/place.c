/* SPDX-License-Identifier: ISC */
/*
 * Where a rootless engine lives. Contract in place.h.
 * TRUST: unprivileged
 * INPUT: XDG_STATE_HOME, XDG_RUNTIME_DIR and HOME of the caller; directories
 * MUST: as place.h says
 */
#include "client/berth/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/path.h"

#include "client/lib/passwd.h"

/* The variable, if it is an absolute path: what is relative is to be ignored (XDG Base Directory
 * Specification). Anything odd in it is none as well. */
static const char *
read_path(const char *name)
{
	const char *value = getenv(name);

	return (value != NULL && path_is_canonical(value) && value[1] != '\0' ? value : NULL);
}

static int
find_root(struct place *place, struct err *err)
{
	const char *state = read_path("XDG_STATE_HOME"), *home = read_path("HOME");
	struct passwd_entry account;
	int len;

	if (state == NULL && home == NULL) {
		passwd_find(place->uid, &account);
		home = account.home;
	}
	if (state == NULL && home[0] == '\0') {
		err_set(err, ERR_SYSTEM, "there is no directory for the state of berth");
		err_why(err, "neither HOME nor /etc/passwd says where your home is");
		return (err_todo(err, "name one:  XDG_STATE_HOME=/some/directory berth ..."));
	}
	len = state != NULL
		  ? snprintf(place->root, sizeof(place->root), "%s/berth", state)
		  : snprintf(place->root, sizeof(place->root), "%s/.local/state/berth", home);
	if (len < (int)sizeof(place->root) && path_is_canonical(place->root))
		return (0);
	return (err_set(err, ERR_SYSTEM, "the path of the state directory is not usable"));
}

/* Is it a directory of the user's own that nobody else may enter? */
static bool
is_private(const struct stat *st, uint32_t uid)
{
	return (S_ISDIR(st->st_mode) && st->st_uid == uid && (st->st_mode & 0077) == 0);
}

/* The directory of the user's session, if the variable names it; no link to it, and under its own name. */
static const char *
session(char path[32], uint32_t uid)
{
	const char *named = read_path("XDG_RUNTIME_DIR");
	struct stat said, usual;

	snprintf(path, 32, "/run/user/%" PRIu32, uid);
	if (named == NULL || lstat(named, &said) != 0 || lstat(path, &usual) != 0 ||
	    said.st_dev != usual.st_dev || said.st_ino != usual.st_ino || !is_private(&usual, uid))
		return (NULL);
	return (path);
}

int
place_find(struct place *place, uint32_t uid, struct err *err)
{
	char path[32];
	const char *runtime = session(path, uid);
	size_t room = sizeof(place->address.sun_path);
	int len;

	*place = (struct place){ .uid = uid, .rootfd = -1, .runfd = -1 };
	place->address.sun_family = AF_UNIX;
	if (find_root(place, err) != 0)
		return (-1);
	len = snprintf(place->run, sizeof(place->run), "%s/%s",
	    runtime != NULL ? runtime : place->root, runtime != NULL ? "berth" : "run");
	/* Under this name it is made: it is the longer one. */
	if (len < (int)sizeof(place->run) && (size_t)len + sizeof("/engine.sock.new") <= room) {
		/* Bounded by the check above, which no compiler can follow. */
		memcpy(place->address.sun_path, place->run, (size_t)len);
		memcpy(place->address.sun_path + len, "/engine.sock", sizeof("/engine.sock"));
		return (0);
	}
	err_set(err, ERR_SYSTEM, "the path of the engine's socket is too long");
	err_why(err, "%s/engine.sock: the kernel takes %zu bytes", place->run, room - 1);
	return (err_todo(err, "name a shorter one:  XDG_STATE_HOME=/some/directory berth ..."));
}

/* Makes path and what is missing above it; cuts path meanwhile. */
static int
make_path(char *path)
{
	char *end = path, was;
	int rc, why;

	do {
		end = strchrnul(end + 1, '/');
		was = *end;
		*end = '\0';
		rc = mkdir(path, 0700);
		why = errno;
		/* What is above may be read-only, or not ours, as long as it is there. */
		if (rc != 0 && access(path, F_OK) == 0)
			rc = 0;
		errno = why;
		*end = was;
	} while (rc == 0 && was != '\0');
	return (rc);
}

static int
unusable(const char *path, struct err *err)
{
	err_sys(err, "the directory %s cannot be used", path);
	return (err_todo(err,
	    "make room for it, or name another one:  XDG_STATE_HOME=/some/directory berth ..."));
}

static int
open_made(char *path, int *fd, struct err *err)
{
	*fd = make_path(path) == 0 ? open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	return (*fd < 0 ? unusable(path, err) : 0);
}

static int
judge(const struct place *place, struct err *err)
{
	struct stat st;

	if (fstat(place->runfd, &st) != 0)
		return (unusable(place->run, err));
	if (is_private(&st, place->uid))
		return (0);
	err_set(err, ERR_SYSTEM, "the directory %s is not trusted", place->run);
	if (st.st_uid != place->uid) {
		err_why(err, "it belongs to somebody else");
		return (err_todo(err, "who made it? look at it:  ls -ld %s", place->run));
	}
	err_why(err, "others may enter it");
	return (err_todo(err, "close it:  chmod 700 %s", place->run));
}

int
place_make(struct place *place, struct err *err)
{
	mode_t before = umask(0077);
	int rc = open_made(place->root, &place->rootfd, err);

	if (rc == 0)
		rc = open_made(place->run, &place->runfd, err);
	umask(before);
	/* The engine judges the state root. */
	return (rc == 0 ? judge(place, err) : -1);
}

void
place_close(struct place *place)
{
	io_close(&place->rootfd);
	io_close(&place->runfd);
	place->rootfd = place->runfd = -1;
}
