/* SPDX-License-Identifier: ISC */
/*
 * What a new volume gets of the image: see fill.h.
 * TRUST: unprivileged
 * INPUT: a tree of an image's author, in a root that other jobs may be changing
 * MUST: as in fill.h
 */
#include "client/engine/volume/fill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "client/engine/volume/links.h"
#include "common/io.h"

#define NAMES_MAX 65536 /* XATTR_LIST_MAX of the kernel */
#define VALUE_MAX 65536 /* XATTR_SIZE_MAX */
#define CHUNK (16 << 20)

/* A directory that is being copied. */
struct level {
	DIR *from;
	int to;
	size_t len; /* of its path; more than there is room for: it is not known */
};

struct fill {
	int asker;
	struct links links;
	char path[PATH_MAX]; /* of the directory on top, with a '/' after each name */
	size_t depth;
	struct level stack[FILL_DEPTH_MAX];
	char names[NAMES_MAX];
	char value[VALUE_MAX];
};

/* The overlay's own, as a mount of a job's root has them, are not the image's. */
static bool
is_copied(const char *name)
{
	static const char *const prefixes[] = { "user.", "security.capability",
		"system.posix_acl_" };

	if (strncmp(name, "user.overlay.", 13) == 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* What the other file system does not take is left out. */
static void
copy_attributes(struct fill *fill, int from, int to)
{
	ssize_t len = flistxattr(from, fill->names, sizeof(fill->names));
	const char *end = fill->names + (len > 0 ? len : 0);

	for (const char *name = fill->names; name < end; name += strlen(name) + 1) {
		ssize_t size;

		if (!is_copied(name))
			continue;
		size = fgetxattr(from, name, fill->value, sizeof(fill->value));
		if (size >= 0)
			(void)!fsetxattr(to, name, fill->value, (size_t)size, 0);
	}
}

/*
 * An owner that has no number here (with one id alone: whoever is not the user) cannot be given: it stays the
 * job's root, and without the bits that would lend its rights.
 */
static mode_t
mode_of(const struct stat *st, bool given)
{
	return st->st_mode & (given ? 07777 : 01777);
}

static bool
has_no_number(void)
{
	return errno == EINVAL || errno == EPERM;
}

/* Owner first: it takes set-id bits and capabilities away. */
static int
finish(struct fill *fill, int from, int to)
{
	struct stat st;
	struct timespec times[2];
	bool given;

	if (fstat(from, &st) == -1)
		return -1;
	given = fchown(to, st.st_uid, st.st_gid) == 0;
	if ((!given && (!has_no_number() || fchown(to, 0, 0) == -1)) ||
	    fchmod(to, mode_of(&st, given)) == -1)
		return -1;
	copy_attributes(fill, from, to);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times);
}

/* The same of what cannot be opened. */
static int
give(int dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) == -1 &&
	    (!has_no_number() || fchownat(dir, name, 0, 0, AT_SYMLINK_NOFOLLOW) == -1))
		return -1;
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

/* One that sends nothing more still waits. */
int
fill_is_wanted(int asker)
{
	struct pollfd socket = { .fd = asker };

	if (poll(&socket, 1, 0) <= 0 || (socket.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0)
		return 0;
	errno = ECANCELED;
	return -1;
}

/* Moves *at. As copy_file_range(2), also where that cannot be. */
static ssize_t
copy_some(int from, int to, off_t *at, size_t len)
{
	off_t out = *at;
	ssize_t n = copy_file_range(from, at, to, &out, len, 0);

	if (n != -1 ||
	    (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS))
		return n;
	return lseek(to, out, SEEK_SET) == -1 ? -1 : sendfile(to, from, at, len);
}

/* What is not a hole between *at and size: from *at on, and its end. 1, 0: nothing more, -1 with errno. */
static int
find_data(int from, off_t *at, off_t *end, off_t size)
{
	off_t data = *at < size ? lseek(from, *at, SEEK_DATA) : size;

	*end = size;
	if (data == -1 && errno == EINVAL) /* nothing is known of holes */
		return 1;
	if (data == -1)
		return errno == ENXIO ? 0 : -1;
	if (data >= size)
		return 0;
	*end = lseek(from, data, SEEK_HOLE);
	if (*end == -1)
		return errno == ENXIO ? 0 : -1;
	if (data < *at || *end <= data) { /* a file system that goes back would have no end */
		errno = EIO;
		return -1;
	}
	*at = data;
	if (*end > size)
		*end = size;
	return 1;
}

/* As much as the file had: one that grows meanwhile would have no end. Holes stay holes. */
static int
copy_bytes(const struct fill *fill, int from, int to, off_t size)
{
	off_t at = 0, end;
	int ret;

	while ((ret = find_data(from, &at, &end, size)) == 1)
		while (at < end) {
			off_t len = end - at < CHUNK ? end - at : CHUNK;
			ssize_t n = copy_some(from, to, &at, (size_t)len);

			if (n == -1 || fill_is_wanted(fill->asker) == -1)
				return -1;
			if (n == 0) /* it was cut off */
				return 0;
		}
	return ret == -1 ? -1 : ftruncate(to, size);
}

/* The directory on top, or NULL. */
static const char *
path_of_top(struct fill *fill)
{
	size_t len = fill->stack[fill->depth - 1].len;

	if (len >= sizeof(fill->path))
		return NULL;
	fill->path[len] = '\0';
	return len == 0 ? "." : fill->path;
}

static void
remember(struct fill *fill, const struct stat *st, int made, const char *name)
{
	const char *dir = path_of_top(fill);
	struct stat copy;

	if (dir == NULL || fstat(made, &copy) == -1)
		return;
	links_add(&fill->links,
	    &(struct links_file){ .dev = st->st_dev, .ino = st->st_ino, .made = copy.st_ino }, dir,
	    name);
}

/* Is it a name more of what was copied already, and nobody has changed that? */
static bool
is_linked(const struct fill *fill, const struct stat *st, int to_dir, const char *name)
{
	const struct links_file *file = links_find(&fill->links, st);
	int AUTO_CLOSE dir =
	    file == NULL ? -1 : beneath_open(fill->stack[0].to, file->dir, O_DIRECTORY);
	struct stat copy;

	return dir != -1 && fstatat(dir, file->name, &copy, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(copy.st_mode) && copy.st_ino == file->made &&
	       linkat(dir, file->name, to_dir, name, 0) == 0;
}

/* One that became something else meanwhile is left out. */
static int
copy_file(struct fill *fill, int from_dir, int to_dir, const char *name)
{
	int AUTO_CLOSE from = beneath_open(from_dir, name, 0);
	int AUTO_CLOSE to = -1;
	struct stat st;

	if (from == -1)
		return errno == EXDEV || errno == ELOOP || errno == ENOENT || errno == ENXIO ? 0
											     : -1;
	if (fstat(from, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (st.st_nlink > 1 && is_linked(fill, &st, to_dir, name))
		return 0;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to == -1 || copy_bytes(fill, from, to, st.st_size) == -1 ||
	    finish(fill, from, to) == -1)
		return -1;
	if (st.st_nlink > 1)
		remember(fill, &st, to, name);
	return 0;
}

static int
copy_link(struct fill *fill, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	ssize_t len = readlinkat(from_dir, name, fill->value, sizeof(fill->value) - 1);

	if (len == -1)
		return errno == EINVAL || errno == ENOENT ? 0 : -1;
	fill->value[len] = '\0';
	return symlinkat(fill->value, to_dir, name) == -1 ? -1 : give(to_dir, name, st);
}

/* There is no chmod(2) that could not follow a link: it is made with its mode (umask(2) is 0). */
static int
copy_fifo(int to_dir, const char *name, const struct stat *st)
{
	return mkfifoat(to_dir, name, st->st_mode & 0777) == -1 ? -1 : give(to_dir, name, st);
}

static int
push(struct fill *fill, int from, int to)
{
	DIR *stream;

	if (from == -1 || to == -1)
		return -1;
	errno = ELOOP;
	if (fill->depth == FILL_DEPTH_MAX)
		return -1;
	stream = fdopendir(from);
	if (stream == NULL)
		return -1;
	fill->stack[fill->depth++] = (struct level){ stream, to, 0 };
	return 0;
}

/* The directory on top is the one of this name in the one before. */
static void
name_top(struct fill *fill, const char *name)
{
	size_t before = fill->stack[fill->depth - 2].len;

	if (before < sizeof(fill->path))
		snprintf(fill->path + before, sizeof(fill->path) - before, "%s/", name);
	fill->stack[fill->depth - 1].len = before + strlen(name) + 1;
}

/* Of another mount the place alone is copied, as of what became something else. */
static int
enter(struct fill *fill, int from_dir, int to_dir, const char *name)
{
	int from, to;

	if (mkdirat(to_dir, name, 0700) == -1)
		return -1;
	from = beneath_open(from_dir, name, O_DIRECTORY);
	if (from == -1)
		return errno == EXDEV || errno == ELOOP || errno == ENOENT || errno == ENOTDIR ? 0
											       : -1;
	to = beneath_open(to_dir, name, O_DIRECTORY);
	if (push(fill, from, to) == 0) {
		name_top(fill, name);
		return 0;
	}
	io_close(&from);
	io_close(&to);
	return -1;
}

static int
copy_entry(struct fill *fill, const char *name)
{
	const struct level *level = &fill->stack[fill->depth - 1];
	int from = dirfd(level->from);
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == -1)
		return errno == ENOENT ? 0 : -1;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return enter(fill, from, level->to, name);
	case S_IFREG:
		return copy_file(fill, from, level->to, name);
	case S_IFLNK:
		return copy_link(fill, from, level->to, name, &st);
	case S_IFIFO:
		return copy_fifo(level->to, name, &st);
	default:
		return 0;
	}
}

/* Leaves the directory on top; its times are set when nothing more is written to it. */
static int
pop(struct fill *fill, int ret)
{
	struct level *level = &fill->stack[--fill->depth];

	if (ret == 0)
		ret = finish(fill, dirfd(level->from), level->to);
	closedir(level->from);
	close(level->to);
	return ret;
}

/* 1: one entry was copied, 0: there is none more, -1 with errno. */
static int
next(struct fill *fill)
{
	const struct dirent *entry;

	if (fill_is_wanted(fill->asker) == -1)
		return -1;
	errno = 0;
	entry = readdir(fill->stack[fill->depth - 1].from);
	if (entry == NULL)
		return errno == 0 ? 0 : -1;
	return copy_entry(fill, entry->d_name) == 0 ? 1 : -1;
}

static int
run(struct fill *fill)
{
	int failed = 0;

	while (fill->depth > 0) {
		int ret = failed != 0 ? -1 : next(fill);

		if (ret == 1)
			continue;
		if (ret == -1 && failed == 0)
			failed = errno;
		if (pop(fill, ret) == -1 && failed == 0)
			failed = errno;
	}
	errno = failed;
	return failed == 0 ? 0 : -1;
}

int
fill_tree(int from, int to, int asker)
{
	struct fill *fill = calloc(1, sizeof(*fill));
	int in = -1, out = -1, ret = -1;

	if (fill == NULL)
		return -1;
	fill->asker = asker;
	in = beneath_open(from, ".", O_DIRECTORY);
	if (in != -1)
		out = beneath_open(to, ".", O_DIRECTORY);
	if (push(fill, in, out) == -1) {
		io_close(&in);
		io_close(&out);
	} else
		ret = run(fill);
	links_free(&fill->links);
	free(fill);
	return ret;
}
