/* SPDX-License-Identifier: ISC */
/*
 * Paths to descriptors: see where.h.
 * TRUST: unprivileged
 * INPUT: as in where.h
 * MUST: as in where.h
 */
#include "client/archive/where.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"

#define LINKS_MAX 40 /* as the kernel follows */
#define TRIES 1000

int
where_open2(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = resolve | RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	/* EAGAIN: something was renamed while ".." was followed, and it cannot be told where to */
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

int
where_open(const struct tree *tree, const char *path, int flags)
{
	if (!tree->job)
		return openat(tree->root, path, flags | O_CLOEXEC);
	return where_open2(tree->root, path, flags, RESOLVE_IN_ROOT);
}

int
where_read_directory(int dir, const char *name)
{
	return openat(
	    dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Takes slashes and "/." from the end. *dot: it was about the contents. */
static void
trim(char *path, bool *slash, bool *dot)
{
	size_t len = strlen(path);

	for (; len > 1; path[len] = '\0') {
		if (path[len - 1] == '/') {
			len--;
		} else if (len > 2 && path[len - 1] == '.' && path[len - 2] == '/') {
			len -= 2;
			*dot = true;
		} else {
			break;
		}
		*slash = true;
	}
	if (strcmp(path, "/.") == 0)
		path[1] = '\0';
}

/* Without a name of its own: "/", "." and what ends in "..". */
static bool
is_nameless(const char *path)
{
	const char *last = strrchr(path, '/');

	last = last != NULL ? last + 1 : path;
	return last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
}

static int
find_nameless(const struct tree *tree, const char *path, struct where *out)
{
	int len = snprintf(out->path, sizeof(out->path), "%s", path);

	memcpy(out->name, ".", 2);
	if (len < 0 || (size_t)len >= sizeof(out->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	out->dir = where_open(tree, path, O_PATH | O_DIRECTORY);
	if (out->dir == -1 || fstat(out->dir, &out->st) == -1)
		return -1;
	out->exists = true;
	return 0;
}

/* Opens the directory of path and looks at the name in it. 1: it is a link. */
static int
look(const struct tree *tree, const char *path, struct where *out)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;

	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(out->path, slash == path ? "/" : ".", 2);
	if (len > 0)
		snprintf(out->path, sizeof(out->path), "%.*s", (int)len, path);
	memcpy(out->name, name, strlen(name) + 1);
	out->dir = where_open(tree, out->path, O_PATH | O_DIRECTORY);
	if (out->dir == -1)
		return -1;
	out->exists = fstatat(out->dir, out->name, &out->st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!out->exists)
		return errno == ENOENT ? 0 : -1;
	return S_ISLNK(out->st.st_mode) ? 1 : 0;
}

/* Puts where the link leads to in place of path. */
static int
put_text(const struct where *link, char path[PATH_MAX])
{
	static char to[PATH_MAX];
	ssize_t got = readlinkat(link->dir, link->name, to, sizeof(to) - 1);
	int len;

	if (got <= 0) {
		errno = got == 0 ? ENOENT : errno;
		return -1;
	}
	to[got] = '\0';
	if (to[0] == '/')
		len = snprintf(path, PATH_MAX, "%s", to);
	else
		len = snprintf(path, PATH_MAX, "%s/%s", link->path, to);
	if (len > 0 && len < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
find(const struct tree *tree, char path[PATH_MAX], bool follow, struct where *out)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		bool dot = false;
		int ret;

		/* of a link's text, too */
		trim(path, &out->directory, &dot);
		ret = is_nameless(path) ? find_nameless(tree, path, out) : look(tree, path, out);
		if (ret != 1 || (!follow && !out->directory))
			return ret == -1 ? -1 : 0;
		ret = put_text(out, path);
		io_close(&out->dir);
		if (ret == -1)
			return -1;
	}
	errno = ELOOP;
	return -1;
}

int
where_find(const struct tree *tree, const char *path, bool follow, struct where *out)
{
	static char work[PATH_MAX];
	const char *last;
	bool dot = false;
	int len =
	    snprintf(work, sizeof(work), "%s%s", tree->job && path[0] != '/' ? "/" : "", path);

	*out = (struct where){ .dir = -1 };
	if (len <= 0 || (size_t)len >= sizeof(work)) {
		errno = len <= 0 ? ENOENT : ENAMETOOLONG;
		return -1;
	}
	trim(work, &out->directory, &dot);
	last = strrchr(work, '/');
	last = last != NULL ? last + 1 : work;
	if (strlen(last) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (dot || is_nameless(work))
		last = ".";
	memcpy(out->as, last, strlen(last) + 1);
	if (find(tree, work, follow, out) == -1) {
		io_close(&out->dir);
		return -1;
	}
	if (!out->exists || !out->directory || S_ISDIR(out->st.st_mode))
		return 0;
	io_close(&out->dir);
	errno = ENOTDIR;
	return -1;
}
