/* SPDX-License-Identifier: ISC */
/*
 * Writes a tar: see pack.h.
 * TRUST: unprivileged
 * INPUT: as in pack.h
 * MUST: as in pack.h
 */
#include "client/archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/archive/confine.h"
#include "client/archive/stream.h"
#include "common/io.h"

#define CHANGED "it changed while it was read"
#define CAPABILITY "security.capability"
#define MQUEUE_MAGIC 0x19800202

/* A directory on the way, with the names that were read and not yet looked at. */
struct level {
	int fd;
	size_t len; /* of the path up to here */
	size_t at; /* in names */
	size_t filled;
	char names[4096] __attribute__((aligned(8)));
};

/* getdents64(2) */
struct record {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

int
pack_broken(struct pack *p)
{
	const char *why = archive_error_string(p->out);

	if (archive_errno(p->out) != EPIPE)
		return report_fatal(
		    p->report, "the archive cannot be written", why != NULL ? why : "");
	/* who does not read on has said why */
	p->report->status = REPORT_NONE;
	return -1;
}

int
pack_header(struct pack *p, struct archive_entry *entry)
{
	int ret = archive_write_header(p->out, entry);

	/* ARCHIVE_WARN: a name that is not UTF-8, which is stored as it is */
	if (ret >= ARCHIVE_WARN)
		return 0;
	if (ret <= ARCHIVE_FATAL)
		return pack_broken(p);
	(void)!report_entry(p->report, p->path, archive_error_string(p->out));
	return 1;
}

static struct archive_entry *
new_entry(struct pack *p, const struct stat *st)
{
	struct archive_entry *entry = archive_entry_new();

	if (entry == NULL) {
		report_fatal(p->report, "the archive cannot be written", NULL);
		return NULL;
	}
	archive_entry_copy_pathname(entry, p->path);
	archive_entry_set_mode(entry, st->st_mode);
	archive_entry_set_uid(entry, st->st_uid);
	archive_entry_set_gid(entry, st->st_gid);
	archive_entry_set_mtime(entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(entry, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		archive_entry_set_rdevmajor(entry, major(st->st_rdev));
		archive_entry_set_rdevminor(entry, minor(st->st_rdev));
	}
	return entry;
}

/* An entry without data. 0 or -1. */
static int
put_plain(struct pack *p, const struct stat *st, const char *symlink, const char *hardlink)
{
	struct archive_entry *entry = new_entry(p, st);
	int ret;

	if (entry == NULL)
		return -1;
	if (symlink != NULL)
		archive_entry_copy_symlink(entry, symlink);
	if (hardlink != NULL) {
		archive_entry_copy_hardlink(entry, hardlink);
		archive_entry_set_size(entry, 0);
	}
	ret = pack_header(p, entry);
	archive_entry_free(entry);
	return ret == -1 ? -1 : 0;
}

static int
put_symlink(struct pack *p, int dir, const char *name, const struct stat *st)
{
	static char to[PATH_MAX];
	ssize_t len = readlinkat(dir, name, to, sizeof(to) - 1);

	if (len <= 0) {
		(void)!report_entry(p->report, p->path, CHANGED);
		return 0;
	}
	to[len] = '\0';
	return put_plain(p, st, to, NULL);
}

/* Has it been stored by another name? */
static const char *
first_name(struct pack *p, const struct stat *st)
{
	const struct seen_file *file;

	if (st->st_nlink < 2)
		return NULL;
	file = seen_find(&p->links, st);
	if (file != NULL)
		return file->text;
	/* when there are too many, the rest is stored as files of their own */
	(void)!seen_add(&p->links, st, p->path);
	return NULL;
}

static void
add_capability(int fd, struct archive_entry *entry)
{
	char value[64];
	ssize_t len = fgetxattr(fd, CAPABILITY, value, sizeof(value));

	if (len > 0)
		archive_entry_xattr_add_entry(entry, CAPABILITY, value, (size_t)len);
}

static int
put_opened(struct pack *p, int fd)
{
	struct archive_entry *entry;
	const char *first;
	struct stat st;
	int ret;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)!report_entry(p->report, p->path, CHANGED);
		return 0;
	}
	if (st.st_size > PACK_SIZE_MAX) {
		(void)!report_entry(p->report, p->path, "it is larger than 64 TiB");
		return 0;
	}
	first = first_name(p, &st);
	if (first != NULL)
		return put_plain(p, &st, NULL, first);
	entry = new_entry(p, &st);
	if (entry == NULL)
		return -1;
	add_capability(fd, entry);
	ret = pack_file(p, fd, &st, entry);
	archive_entry_free(entry);
	return ret;
}

static int
put_file(struct pack *p, int dir, const char *name)
{
	/* what became a FIFO or a terminal meanwhile keeps nobody waiting */
	int AUTO_CLOSE fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd != -1)
		return put_opened(p, fd);
	(void)!report_errno(p->report, p->path);
	return 0;
}

/* Everything but a directory. 0, or -1: nothing more can be written. */
static int
put_other(struct pack *p, int dir, const char *name, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return put_file(p, dir, name);
	if (S_ISLNK(st->st_mode))
		return put_symlink(p, dir, name, st);
	if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		return put_plain(p, st, NULL, NULL);
	(void)!report_entry(p->report, p->path, S_ISSOCK(st->st_mode) ? "it is a socket" : CHANGED);
	return 0;
}

static bool
is_kernels(int fd)
{
	static const unsigned int magics[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
		SECURITYFS_MAGIC, BPF_FS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC, PSTOREFS_MAGIC,
		EFIVARFS_MAGIC, MQUEUE_MAGIC };
	struct statfs fs;

	/* what cannot be asked is not read either */
	if (fstatfs(fd, &fs) == -1)
		return true;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if ((unsigned int)fs.f_type == magics[i])
			return true;
	return false;
}

static bool
is_skipped(const struct pack *p, int fd, const struct stat *st)
{
	return is_kernels(fd) || (st->st_ino == p->dev.st_ino && st->st_dev == p->dev.st_dev);
}

/*
 * Stores a directory and, unless it stays empty, makes it the next level. Its metadata are those of
 * the descriptor that is read. 1: it is the next level; 0: it is not; -1: the end.
 */
static int
put_directory(struct pack *p, int dir, const char *name, struct level *next)
{
	struct stat st;

	next->fd = where_read_directory(dir, name);
	if (next->fd == -1) {
		(void)!report_errno(p->report, p->path);
		return 0;
	}
	if (fstat(next->fd, &st) == 0 && put_plain(p, &st, NULL, NULL) == 0) {
		next->len = p->len;
		next->at = next->filled = 0;
		if (!is_skipped(p, next->fd, &st))
			return 1;
		io_close(&next->fd);
		return 0;
	}
	io_close(&next->fd);
	return -1;
}

/* The next name of a directory, "." and ".." left out; NULL at its end. */
static const char *
next_name(struct pack *p, struct level *level)
{
	const struct record *record;

	do {
		if (level->at >= level->filled) {
			long n =
			    syscall(SYS_getdents64, level->fd, level->names, sizeof(level->names));

			if (n == -1)
				(void)!report_errno(p->report, p->path);
			if (n <= 0)
				return NULL;
			level->at = 0;
			level->filled = (size_t)n;
		}
		record = (const struct record *)(const void *)(level->names + level->at);
		level->at += record->len;
	} while (strcmp(record->name, ".") == 0 || strcmp(record->name, "..") == 0);
	return record->name;
}

/* Appends a name to the path of its directory. */
static bool
append(struct pack *p, size_t len, const char *name)
{
	size_t n = strlen(name);

	p->path[len] = '\0';
	p->len = len;
	if (len + 1 + n + 1 > sizeof(p->path))
		return false;
	p->path[len] = '/';
	memcpy(p->path + len + 1, name, n + 1);
	p->len = len + 1 + n;
	return true;
}

/* One name of a directory; *depth grows when it is a directory itself. 0 or -1. */
static int
step(struct pack *p, struct level **levels, size_t *depth, const char *name)
{
	struct level *level = levels[*depth - 1];
	struct stat st;
	int ret;

	if (!append(p, level->len, name)) {
		(void)!report_entry(p->report, p->path, "names below it are too long");
		return 0;
	}
	if (fstatat(level->fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == -1) {
		(void)!report_errno(p->report, p->path);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return put_other(p, level->fd, name, &st);
	if (*depth == PACK_DEPTH_MAX) {
		(void)!report_entry(p->report, p->path, "too many directories in each other");
		return 0;
	}
	if (levels[*depth] == NULL)
		levels[*depth] = malloc(sizeof(**levels));
	if (levels[*depth] == NULL)
		return report_fatal(p->report, "the archive cannot be written", NULL);
	ret = put_directory(p, level->fd, name, levels[*depth]);
	*depth += ret == 1;
	return ret == -1 ? -1 : 0;
}

static void
walk(struct pack *p, struct level **levels)
{
	size_t depth = 1;
	int ret = 0;

	while (depth > 0) {
		struct level *level = levels[depth - 1];
		const char *name;

		p->path[level->len] = '\0';
		p->len = level->len;
		name = ret == 0 ? next_name(p, level) : NULL;
		if (name != NULL) {
			ret = step(p, levels, &depth, name);
		} else {
			io_close(&level->fd);
			depth--;
		}
	}
}

static void
pack_tree(struct pack *p, int dir, const char *name)
{
	struct level **levels = calloc(PACK_DEPTH_MAX, sizeof(*levels));

	if (levels != NULL)
		levels[0] = malloc(sizeof(**levels));
	if (levels == NULL || levels[0] == NULL)
		report_fatal(p->report, "the archive cannot be written", NULL);
	else if (put_directory(p, dir, name, levels[0]) == 1)
		walk(p, levels);
	for (size_t i = 0; levels != NULL && i < PACK_DEPTH_MAX; i++)
		free(levels[i]);
	free(levels);
}

/* A job's /dev is berth's own, full of devices that nobody can copy. */
static void
find_dev(struct pack *p, const struct tree *tree)
{
	int AUTO_CLOSE fd = -1;
	struct stat root;

	if (!tree->job)
		return;
	fd = where_open2(
	    tree->root, "dev", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd == -1 || fstat(fd, &p->dev) == -1 || fstat(tree->root, &root) == -1 ||
	    root.st_dev == p->dev.st_dev)
		p->dev = (struct stat){ .st_ino = 0 };
}

/* The kernel's files have no size, and some have an effect when they are read. */
static bool
is_in_kernels(const struct where *from)
{
	int AUTO_CLOSE fd = -1;

	if (!S_ISDIR(from->st.st_mode))
		return is_kernels(from->dir);
	fd = openat(from->dir, from->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd != -1 && is_kernels(fd);
}

static void
pack_found(struct pack *p, const struct where *from)
{
	p->len = strlen(from->as);
	memcpy(p->path, from->as, p->len + 1);
	if (S_ISDIR(from->st.st_mode))
		pack_tree(p, from->dir, from->name);
	else
		(void)!put_other(p, from->dir, from->name, &from->st);
	if (p->report->status != REPORT_NONE && archive_write_close(p->out) != ARCHIVE_OK)
		(void)!pack_broken(p);
}

/* From here on nothing but what is copied can be reached, and that only be read. */
static int
enter(struct pack *p, const struct tree *tree, const char *path, const struct where *from)
{
	struct err err;

	if (!from->exists)
		return report_name(p->report, false, path, strerror(ENOENT));
	if (is_in_kernels(from))
		return report_name(
		    p->report, false, path, "it is the kernel's: read it in the job");
	find_dev(p, tree);
	if (confine_access(tree->job ? tree->root : from->dir, false, &err) == -1)
		return report_fatal(p->report, err.what, err.why);
	p->out = stream_writer();
	if (p->out == NULL || pack_buffers(p) == -1)
		return report_fatal(p->report, "the archive cannot be written", NULL);
	return 0;
}

void
pack(const struct tree *tree, const char *path, bool follow, struct report *report)
{
	static struct pack p;
	static struct where from;

	p = (struct pack){ .report = report };
	if (where_find(tree, path, follow, &from) == -1) {
		report_name(report, false, path, NULL);
		return;
	}
	if (enter(&p, tree, path, &from) == 0)
		pack_found(&p, &from);
	if (report->status == REPORT_NONE && p.out != NULL)
		archive_write_fail(p.out);
	archive_write_free(p.out);
	seen_free(&p.links);
	pack_buffers_free(&p);
	io_close(&from.dir);
}
