/* SPDX-License-Identifier: ISC */
/*
 * Directories beneath the destination of an archive: see unpack.h.
 * TRUST: unprivileged
 * INPUT: clean names out of a hostile archive; a tree that changes meanwhile
 * MUST: never leave the destination, in a job's root the root; follow no link of the archive's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/archive/name.h"
#include "client/archive/unpack.h"
#include "common/io.h"

#define LINKS_MAX 40

/* A path that is followed here, component by component, for each link has to be looked at. */
struct route {
	char done[PATH_MAX]; /* no link is in it */
	char left[PATH_MAX];
	unsigned int links;
};

static int
too_long(void)
{
	errno = ENAMETOOLONG;
	return -1;
}

/* Takes the next component off. False: there is none. */
static bool
next(struct route *route, char name[NAME_MAX + 1])
{
	const char *at = route->left + strspn(route->left, "/");
	size_t len = strcspn(at, "/");

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, at, len);
	name[len] = '\0';
	memmove(route->left, at + len, strlen(at + len) + 1);
	return true;
}

/* Puts the text of a link before what is left. */
static int
put_text(struct route *route, int link)
{
	static char to[PATH_MAX];
	static char left[PATH_MAX];
	ssize_t got = readlinkat(link, "", to, sizeof(to) - 1);
	int len;

	if (got <= 0 || ++route->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	to[got] = '\0';
	len = snprintf(left, sizeof(left), "%s/%s", to, route->left);
	if (len < 0 || (size_t)len >= sizeof(left))
		return too_long();
	memcpy(route->left, left, (size_t)len + 1);
	if (to[0] == '/')
		memcpy(route->done, ".", 2);
	return 0;
}

static int
advance(const struct unpack *u, struct route *route, const char *name)
{
	int AUTO_CLOSE fd = -1;
	static char path[PATH_MAX];
	struct stat st;
	int len;

	if (strcmp(name, "..") == 0) {
		char *slash = strrchr(route->done, '/');

		if (slash != NULL)
			*slash = '\0';
		return 0;
	}
	len = snprintf(path, sizeof(path), "%s/%s", route->done, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return too_long();
	fd = where_open2(
	    u->tree.root, path, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd == -1 || fstat(fd, &st) == -1)
		return -1;
	if (!S_ISLNK(st.st_mode)) {
		memcpy(route->done, path, (size_t)len + 1);
		return 0;
	}
	if (!u->untracked && seen_find(&u->made, &st) == NULL)
		return put_text(route, fd);
	errno = ELOOP;
	return -1;
}

/* With the links that were there before, within the root of the job. */
static int
follow(const struct unpack *u, const char *path)
{
	static struct route route;
	char name[NAME_MAX + 1];
	int len = snprintf(route.left, sizeof(route.left), "%s/%s", u->base, path);

	if (len < 0 || (size_t)len >= sizeof(route.left))
		return too_long();
	memcpy(route.done, ".", 2);
	route.links = 0;
	while (next(&route, name))
		if (strcmp(name, ".") != 0 && advance(u, &route, name) == -1)
			return -1;
	return where_open2(
	    u->tree.root, route.done, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int
below_open(struct unpack *u, const char *path)
{
	int fd = where_open2(u->dir, path[0] != '\0' ? path : ".", O_PATH | O_DIRECTORY,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	/* ENOTDIR: O_DIRECTORY and the link is the last component */
	if (fd != -1 || (errno != ELOOP && errno != ENOTDIR) || !u->tree.job)
		return fd;
	return follow(u, path);
}

/* A directory that no entry describes. */
static int
make_missing(struct unpack *u, char *path)
{
	char *slash = strrchr(path, '/');
	int AUTO_CLOSE dir = -1;
	int ret;

	if (slash != NULL)
		*slash = '\0';
	dir = below_open(u, slash != NULL ? path : "");
	if (slash != NULL)
		*slash = '/';
	if (dir == -1)
		return -1;
	ret = mkdirat(dir, name_last(path), 0755 & ~u->tree.umask);
	if (ret == -1 && errno != EEXIST)
		return -1;
	/* not the group of a set-group-id directory */
	if (ret == 0 && u->tree.job)
		ret = fchownat(dir, name_last(path), 0, 0, AT_SYMLINK_NOFOLLOW);
	return ret == -1 && errno != EEXIST ? -1 : 0;
}

/* Opens a directory; what is missing of it is made, from the top. */
static int
open_or_make(struct unpack *u, const char *path)
{
	int fd = below_open(u, path);
	static char part[PATH_MAX];

	if (fd != -1 || errno != ENOENT || path[0] == '\0')
		return fd;
	for (size_t len = name_first(path);; len += 1 + name_first(path + len + 1)) {
		int AUTO_CLOSE there = -1;

		memcpy(part, path, len);
		part[len] = '\0';
		there = below_open(u, part);
		if (there == -1 && (errno != ENOENT || make_missing(u, part) == -1))
			return -1;
		if (path[len] == '\0')
			break;
	}
	return below_open(u, path);
}

int
below_parent(struct unpack *u, const char *path)
{
	static char parent[PATH_MAX];
	size_t len = (size_t)(name_last(path) - path);

	memcpy(parent, path, len);
	parent[len > 0 ? len - 1 : 0] = '\0';
	if (u->parent != -1 && strcmp(parent, u->parent_path) == 0)
		return u->parent;
	io_close(&u->parent);
	u->parent = open_or_make(u, parent);
	snprintf(u->parent_path, sizeof(u->parent_path), "%s", parent);
	return u->parent;
}
