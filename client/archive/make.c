/* SPDX-License-Identifier: ISC */
/*
 * Makes files of an archive: see unpack.h.
 * TRUST: unprivileged
 * INPUT: entries of a hostile archive; names that change meanwhile
 * MUST: make each file under a name that was not there (O_EXCL and its like), and put it in the
 *       place of another one by rename(2) only: no link is followed, no old file is written to;
 *       leave a directory where one is.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/archive/name.h"
#include "client/archive/unpack.h"
#include "common/io.h"

#define TRIES 16

/* Where a file is made: its own name, or another one until it takes the place of what is there. */
struct spot {
	int dir;
	const char *name;
	const char *now;
	char temporary[32];
};

/* What is made there, by one call that fails with EEXIST. */
struct thing {
	mode_t type;
	const char *to; /* of a symbolic link */
	int from_dir; /* of a hard link */
	const char *from;
	int fd; /* out: of a regular file */
};

static int
call(const struct spot *spot, struct thing *thing)
{
	if (thing->from != NULL)
		return linkat(thing->from_dir, thing->from, spot->dir, spot->now, 0);
	if (S_ISLNK(thing->type))
		return symlinkat(thing->to, spot->dir, spot->now);
	if (S_ISFIFO(thing->type))
		return mknodat(spot->dir, spot->now, thing->type, 0);
	thing->fd = openat(
	    spot->dir, spot->now, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return thing->fd == -1 ? -1 : 0;
}

static int
take_temporary(struct spot *spot)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -1;
	snprintf(spot->temporary, sizeof(spot->temporary), ".berth-cp-%016llx",
	    (unsigned long long)number);
	spot->now = spot->temporary;
	return 0;
}

/*
 * May what is there be replaced? Of what is mounted in a job this process could take the mount away by
 * that: rename(2) is in the way of mounts of its own namespace only.
 */
static bool
may_replace(const struct spot *spot)
{
	struct statx st;

	if (statx(spot->dir, spot->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) ==
	    -1)
		return errno == ENOENT;
	if ((st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
		errno = EBUSY;
	else if (S_ISDIR(st.stx_mode))
		errno = EISDIR;
	else
		return true;
	return false;
}

/* Makes a thing at the spot, or beside it when something is there that it may replace. */
static int
spot_make(struct spot *spot, struct thing *thing)
{
	spot->now = spot->name;
	if (call(spot, thing) == 0)
		return 0;
	if (errno != EEXIST || !may_replace(spot))
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (take_temporary(spot) == -1)
			return -1;
		if (call(spot, thing) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static void
spot_undo(const struct spot *spot)
{
	int saved = errno;

	(void)!unlinkat(spot->dir, spot->now, 0);
	errno = saved;
}

static int
spot_done(const struct spot *spot, bool is_link)
{
	if (spot->now == spot->name)
		return 0;
	if (renameat(spot->dir, spot->now, spot->dir, spot->name) == -1) {
		spot_undo(spot);
		return -1;
	}
	/* two names of one file: rename(2) has done nothing */
	if (is_link)
		spot_undo(spot);
	return 0;
}

static const char *
explain(int errnum)
{
	switch (errnum) {
	case EBUSY:
		return "something is mounted there";
	case EISDIR:
		return "a directory is there";
	case EEXIST:
		return "what is there is no directory";
	case ELOOP:
		return "a symbolic link is in its way";
	default:
		return strerror(errnum);
	}
}

/* What has gone wrong with one entry; a full disk is the end. */
static int
refuse(struct unpack *u, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return report_name(u->report, false, path, NULL);
	(void)!report_entry(u->report, path, explain(errno));
	return 0;
}

/* For hard links to it, and so that no link of it is ever followed. */
static void
remember(struct unpack *u, const struct spot *spot)
{
	struct stat st;

	if (fstatat(spot->dir, spot->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	if (seen_add(&u->made, &st, NULL) == -1 && S_ISLNK(st.st_mode))
		u->untracked = true;
}

static int
make_regular(struct unpack *u, struct archive_entry *entry, struct spot *spot, const char *path)
{
	struct thing thing = { .type = S_IFREG, .fd = -1 };
	int ret;

	if (spot_make(spot, &thing) == -1)
		return refuse(u, path);
	ret = make_data(u, entry, thing.fd);
	if (ret == 0 && own_file(u, entry, thing.fd) == -1)
		ret = refuse(u, path) == -1 ? -1 : 1;
	if (close(thing.fd) == -1 && ret == 0)
		ret = refuse(u, path) == -1 ? -1 : 1;
	if (ret != 0) {
		spot_undo(spot);
		return ret == -1 ? -1 : 0;
	}
	if (spot_done(spot, false) == -1)
		return refuse(u, path);
	remember(u, spot);
	return 0;
}

/* A symbolic link or a FIFO. */
static int
make_special(struct unpack *u, struct archive_entry *entry, struct spot *spot, const char *path)
{
	struct thing thing = { .type = archive_entry_filetype(entry) |
				       (archive_entry_mode(entry) & 0777 & ~u->tree.umask),
		.to = archive_entry_symlink(entry) };

	if (S_ISLNK(thing.type) && (thing.to == NULL || thing.to[0] == '\0')) {
		(void)!report_entry(u->report, path, "it links to nothing");
		return 0;
	}
	if (spot_make(spot, &thing) == -1)
		return refuse(u, path);
	if (own_name(u, entry, spot->dir, spot->now) == -1) {
		spot_undo(spot);
		return refuse(u, path);
	}
	if (spot_done(spot, false) == -1)
		return refuse(u, path);
	remember(u, spot);
	return 0;
}

/*
 * Another name of a file that this archive made: a link to any other one would let the archive's
 * next entries, or its reader, change what was there before.
 */
static int
make_link(struct unpack *u, const char *to, struct spot *spot, const char *path)
{
	static char target[PATH_MAX];
	static char parent[PATH_MAX];
	struct thing thing = { .type = S_IFREG, .from_dir = -1 };
	int AUTO_CLOSE dir = -1;
	const char *why;
	struct stat st;

	if (unpack_name(u, to, target, &why) == -1 || target[0] == '\0') {
		(void)!report_entry(u->report, path, "it links to a name that leads out");
		return 0;
	}
	thing.from = name_last(target);
	snprintf(parent, sizeof(parent), "%.*s", (int)(thing.from - target), target);
	dir = below_open(u, parent);
	thing.from_dir = dir;
	if (dir == -1 || fstatat(dir, thing.from, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return refuse(u, path);
	if (S_ISDIR(st.st_mode) || seen_find(&u->made, &st) == NULL) {
		(void)!report_entry(u->report, path, "it links to what is not of this archive");
		return 0;
	}
	if (strcmp(target, path) == 0)
		return 0;
	if (spot_make(spot, &thing) == -1 || spot_done(spot, true) == -1)
		return refuse(u, path);
	return 0;
}

static int
remember_directory(struct unpack *u, struct archive_entry *entry, int fd, const char *path)
{
	struct fixup fixup = { .path = (char *)(uintptr_t)path };
	struct stat st;

	if (fstat(fd, &st) == -1 || own_directory(u, entry, fd, &fixup.mode) == -1)
		return refuse(u, path);
	fixup.dev = st.st_dev;
	fixup.ino = st.st_ino;
	own_times(entry, fixup.times);
	(void)!seen_add(&u->made, &st, NULL);
	return fixup_add(u, &fixup) == -1 ? report_name(u->report, false, path, NULL) : 0;
}

static int
make_directory(
    struct unpack *u, struct archive_entry *entry, const struct spot *spot, const char *path)
{
	int AUTO_CLOSE fd = -1;
	struct stat st;
	bool made = mkdirat(spot->dir, spot->name, 0700) == 0;

	if (!made && errno != EEXIST)
		return refuse(u, path);
	fd = where_read_directory(spot->dir, spot->name);
	if (fd == -1 || fstat(fd, &st) == -1) {
		errno = errno == ENOTDIR || errno == ELOOP ? EEXIST : errno;
		return refuse(u, path);
	}
	/* one that was there stays as it is */
	if (!made && seen_find(&u->made, &st) == NULL)
		return 0;
	return remember_directory(u, entry, fd, path);
}

int
make_entry(struct unpack *u, struct archive_entry *entry, const char *path)
{
	const char *hardlink = archive_entry_hardlink(entry);
	struct spot spot = { .dir = below_parent(u, path), .name = name_last(path) };

	if (spot.dir == -1)
		return refuse(u, path);
	if (hardlink != NULL)
		return make_link(u, hardlink, &spot, path);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return make_regular(u, entry, &spot, path);
	case AE_IFDIR:
		return make_directory(u, entry, &spot, path);
	case AE_IFLNK:
	case AE_IFIFO:
		return make_special(u, entry, &spot, path);
	case AE_IFCHR:
	case AE_IFBLK:
		(void)!report_entry(u->report, path, "it is a device");
		return 0;
	default:
		(void)!report_entry(u->report, path, "it is of no kind that can be copied");
		return 0;
	}
}
