/* SPDX-License-Identifier: ISC */
/*
 * Units of client/engine/volume: volumes in a directory of the test's own, what is filled into them, and
 * who uses them.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that nothing outside the directory is read or written, and that no file is believed.
 */
/* WRAP: fchown flock copy_file_range lseek */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/jobfile.h"
#include "client/engine/job/remove.h"
#include "client/engine/volume/attach.h"
#include "client/engine/volume/fill.h"
#include "client/engine/volume/links.h"
#include "client/engine/volume/uses.h"
#include "client/engine/volume/volume.h"

int __real_fchown(int fd, uid_t uid, gid_t gid);
int __wrap_fchown(int fd, uid_t uid, gid_t gid);

/* Who is not root is taken for it: the engine is, of a namespace. */
int
__wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	return (geteuid() == 0 ? __real_fchown(fd, uid, gid) : 0);
}

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

/* The next shared lock of the volume "raced" comes too late: somebody else has removed it meanwhile. */
static bool is_late;

int
__wrap_flock(int fd, int how)
{
	if (is_late && (how & LOCK_SH) != 0) {
		is_late = false;
		assert_int_equal(rename(STATE_VOLUMES "/raced", STATE_VOLUMES "/.gone"), 0);
	}
	return (__real_flock(fd, how));
}

ssize_t __real_copy_file_range(
    int from, off_t *in, int to, off_t *out, size_t len, unsigned int flags);
ssize_t __wrap_copy_file_range(
    int from, off_t *in, int to, off_t *out, size_t len, unsigned int flags);
off_t __real_lseek(int fd, off_t at, int whence);
off_t __wrap_lseek(int fd, off_t at, int whence);

/* The other end of who waits, closed when the first bytes are copied; -1: none. */
static int leaving = -1;
/* The file system does not copy. */
static bool cannot_copy;

ssize_t
__wrap_copy_file_range(int from, off_t *in, int to, off_t *out, size_t len, unsigned int flags)
{
	if (leaving != -1)
		close(leaving);
	leaving = -1;
	errno = EXDEV;
	return (cannot_copy ? -1 : __real_copy_file_range(from, in, to, out, len, flags));
}

/* What the file system answers to SEEK_DATA and SEEK_HOLE; -2: as it is, -1: with EINVAL. */
static off_t seek_data = -2, seek_hole = -2;

off_t
__wrap_lseek(int fd, off_t at, int whence)
{
	off_t answer = whence == SEEK_DATA ? seek_data : whence == SEEK_HOLE ? seek_hole : -2;

	errno = EINVAL;
	return (answer == -2 ? __real_lseek(fd, at, whence) : answer);
}

static char place[] = "/tmp/berth-volume-XXXXXX";

/* Each test begins in an empty directory. */
static int
begin(void **state)
{
	(void)state;
	memcpy(strrchr(place, '-'), "-XXXXXX", 8);
	assert_non_null(mkdtemp(place));
	assert_int_equal(chdir(place), 0);
	return (0);
}

static int
end(void **state)
{
	int at = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	ret = remove_tree(at, strrchr(place, '/') + 1);
	close(at);
	return (ret);
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int
open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return (fd);
}

static void
make(int volumes, const char *name)
{
	char temp[VOLUME_TEMP_SIZE];
	struct volume volume = { .created = 5 };
	struct err err;
	int dir = volume_begin(volumes, temp);

	assert_true(dir >= 0);
	assert_int_equal(temp[0], '.');
	snprintf(volume.name, sizeof(volume.name), "%s", name);
	assert_int_equal(job_add_word(&volume.labels, "a=b", &err), 0);
	assert_int_equal(volume_finish(volumes, temp, dir, &volume), 0);
	volume_free(&volume);
	close(dir);
}

static void
life(void **state)
{
	int volumes, dir, other;
	char temp[VOLUME_TEMP_SIZE];
	struct volume volume;

	(void)state;
	assert_int_equal(volumes_open(false), -1);
	assert_int_equal(errno, ENOENT);
	volumes = volumes_open(true);
	assert_true(volumes >= 0);
	make(volumes, "v");
	dir = volume_open(volumes, "v");
	assert_true(dir >= 0);
	volume_read(dir, "v", &volume);
	assert_string_equal(volume.name, "v");
	assert_int_equal(volume.created, 5);
	assert_int_equal(volume.labels.n, 1);
	volume_free(&volume);
	/* one that is there is not replaced */
	other = volume_begin(volumes, temp);
	assert_true(other >= 0);
	snprintf(volume.name, sizeof(volume.name), "v");
	assert_int_equal(volume_finish(volumes, temp, other, &volume), -1);
	assert_int_equal(errno, EEXIST);
	/* what somebody makes stays, what nobody does goes */
	volumes_sweep(false);
	assert_int_equal(faccessat(volumes, temp, F_OK, 0), 0);
	close(other);
	volumes_sweep(false);
	assert_int_equal(faccessat(volumes, temp, F_OK, 0), -1);
	/* a lock is of the one that has the name */
	assert_true(volume_lock(volumes, "v", dir, LOCK_SH));
	other = volume_open(volumes, "v");
	assert_true(volume_lock(volumes, "v", other, LOCK_SH));
	assert_false(volume_lock(volumes, "v", other, LOCK_EX));
	close(dir);
	assert_true(volume_lock(volumes, "v", other, LOCK_EX));
	assert_int_equal(volume_unname(volumes, "v", temp), 0);
	assert_false(volume_lock(volumes, "v", other, LOCK_EX));
	assert_int_equal(volume_open(volumes, "v"), -1);
	close(other);
	volumes_sweep(true);
	assert_int_equal(access(STATE_VOLUMES, F_OK), -1);
	close(volumes);
}

static void
modes(void **state)
{
	int volumes = volumes_open(true);
	struct stat st;

	(void)state;
	assert_int_equal(fchmod(volumes, 0777), 0);
	close(volumes);
	volumes = volumes_open(false);
	assert_int_equal(fstat(volumes, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(volumes);
}

static void
hostile_places(void **state)
{
	static const char *const names[] = { "link", "file", "fifo", "none", "..", ".", "", "a/b",
		".new-1", "/tmp" };
	int volumes = volumes_open(true), dir;

	(void)state;
	assert_int_equal(mkdir("out", 0700), 0);
	assert_int_equal(symlinkat("../out", volumes, "link"), 0);
	put(STATE_VOLUMES "/file", "x");
	assert_int_equal(mkfifoat(volumes, "fifo", 0600), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(volume_open(volumes, names[i]), -1);
	make(volumes, "v");
	dir = volume_open(volumes, "v");
	assert_int_equal(unlinkat(dir, VOLUME_DATA, AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("../../out", dir, VOLUME_DATA), 0);
	assert_int_equal(volume_data(dir), -1);
	assert_int_equal(errno, ELOOP);
	close(dir);
	close(volumes);
	assert_int_equal(rename(STATE_VOLUMES, "moved"), 0);
	assert_int_equal(symlink("moved", STATE_VOLUMES), 0);
	assert_int_equal(volumes_open(true), -1);
	assert_int_equal(errno, ELOOP);
}

static void
hostile_files(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "x", "{\"name\":1,\"created\":1}",
		"{\"name\":\"v\"}", "{\"name\":\"v\",\"created\":-1}",
		"{\"name\":\"v\",\"created\":253402300800000}",
		"{\"name\":\"v\",\"created\":\"1\"}",
		"{\"name\":\"v\",\"created\":1,\"labels\":[]}",
		"{\"name\":\"v\",\"created\":1,\"labels\":{\"\":\"x\"}}",
		"{\"name\":\"v\",\"created\":1,\"labels\":{\"a\":1}}",
		"{\"name\":\"v\",\"created\":1,\"labels\":{\"a=\":\"b\"}}",
		"{\"name\":\"v\",\"created\":1,\"more\":1}", "{\"name\":\"v\",\"created\":1}x" };
	struct volume volume;
	int dir;

	(void)state;
	dir = open_dir(".");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(VOLUME_FILE, texts[i]);
		volume_read(dir, "v", &volume);
		assert_string_equal(volume.name, "v");
		assert_int_equal(volume.created, 0);
		assert_int_equal(volume.labels.n, 0);
		volume_free(&volume);
	}
	put(VOLUME_FILE, "{\"name\":\"other\",\"created\":1}");
	volume_read(dir, "v", &volume);
	assert_string_equal(volume.name, "v");
	assert_int_equal(volume.created, 1);
	volume_free(&volume);
	close(dir);
}

static int
count(void *arg, int volumes, const char *name)
{
	(void)volumes;
	assert_true(job_is_volume(name));
	++*(size_t *)arg;
	return (0);
}

static int
stop(void *arg, int volumes, const char *name)
{
	(void)volumes, (void)name;
	++*(size_t *)arg;
	return (-1);
}

static void
each(void **state)
{
	int volumes = volumes_open(true);
	size_t n = 0;

	(void)state;
	make(volumes, "a");
	make(volumes, "b");
	put(STATE_VOLUMES "/file", "x");
	assert_int_equal(mkdirat(volumes, ".new-1", 0700), 0);
	assert_int_equal(mkdirat(volumes, "-x", 0700), 0);
	assert_int_equal(volume_each(volumes, count, &n), 0);
	assert_int_equal(n, 2);
	n = 0;
	assert_int_equal(volume_each(volumes, stop, &n), -1);
	assert_int_equal(n, 1);
	close(volumes);
}

static void
assert_text(const char *path, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), (ssize_t)strlen(text));
	assert_string_equal(buf, text);
	close(fd);
}

static void
filled(void **state)
{
	int from, to;
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("from", 0751) | mkdir("to", 0700) | mkdir("from/d", 01711), 0);
	put("from/file", "text");
	put("from/empty", "");
	put("from/d/in", "inside");
	assert_int_equal(
	    chmod("from/d", 01711) | chmod("from/file", 0640) | chmod("from", 0751), 0);
	assert_int_equal(symlink("/etc/passwd", "from/link") | mkfifo("from/fifo", 0600), 0);
	from = open_dir("from");
	to = open_dir("to");
	assert_int_equal(fill_tree(from, to, -1), 0);
	assert_text("to/file", "text");
	assert_text("to/empty", "");
	assert_text("to/d/in", "inside");
	assert_int_equal(lstat("to/link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat("to/fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(lstat("to/d", &st), 0);
	assert_int_equal(st.st_mode & 07777, 01711);
	assert_int_equal(lstat("to", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	/* nothing that is there already is written to */
	assert_int_equal(fill_tree(from, to, -1), -1);
	assert_int_equal(errno, EEXIST);
	close(from);
	close(to);
}

/* A hole takes no room in the copy, what is around it is there. */
static void
holes(void **state)
{
	int from, to, fd;
	struct stat st;
	char bytes[8192];

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700), 0);
	fd = open("from/big", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)3 << 40), 0);
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 1 << 20), (ssize_t)sizeof(bytes));
	assert_int_equal(pwrite(fd, "end", 3, ((off_t)1 << 40) + 5), 3);
	close(fd);
	from = open_dir("from");
	to = open_dir("to");
	assert_int_equal(fill_tree(from, to, -1), 0);
	fd = open("to/big", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, (off_t)3 << 40);
	assert_true(st.st_blocks < 2048);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), (1 << 20) - 1), (ssize_t)sizeof(bytes));
	assert_int_equal(bytes[0], 0);
	for (size_t i = 1; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 'x');
	assert_int_equal(pread(fd, bytes, 4, ((off_t)1 << 40) + 5), 4);
	assert_string_equal(bytes, "end");
	close(fd);
	close(from);
	close(to);
}

/* Names of one file stay that, also in other directories, and up and down; others of the same name do not. */
static void
names(void **state)
{
	int from, to;
	struct stat one, other;
	static const char *const more[] = { "to/b", "to/d/c", "to/d/e/c", "to/f/c" };

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700) | mkdir("from/d", 0700) |
			     mkdir("from/d/e", 0700) | mkdir("from/f", 0700),
	    0);
	put("from/a", "text");
	put("from/alone", "text");
	assert_int_equal(link("from/a", "from/b") | link("from/a", "from/d/c") |
			     link("from/a", "from/d/e/c") | link("from/a", "from/f/c"),
	    0);
	from = open_dir("from");
	to = open_dir("to");
	assert_int_equal(fill_tree(from, to, -1), 0);
	assert_int_equal(stat("to/a", &one), 0);
	assert_int_equal(one.st_nlink, 5);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		assert_int_equal(stat(more[i], &other), 0);
		assert_int_equal(other.st_ino, one.st_ino);
		assert_text(more[i], "text");
	}
	assert_int_equal(stat("to/alone", &other), 0);
	assert_int_equal(other.st_nlink, 1);
	close(from);
	close(to);
}

/* No more of them are known than there is room for. */
static void
many_names(void **state)
{
	struct links links = { .n = 0 };
	struct stat st = { .st_dev = 1 };
	static char dir[4000];

	(void)state;
	for (ino_t i = 0; i <= LINKS_MAX; i++)
		links_add(
		    &links, &(struct links_file){ .dev = 1, .ino = i, .made = i + 1 }, ".", "x");
	assert_int_equal(links.n, LINKS_MAX);
	st.st_ino = 5;
	assert_int_equal(links_find(&links, &st)->made, 6);
	assert_string_equal(links_find(&links, &st)->name, "x");
	st.st_dev = 2;
	assert_null(links_find(&links, &st));
	st = (struct stat){ .st_dev = 1, .st_ino = LINKS_MAX };
	assert_null(links_find(&links, &st));
	links_free(&links);
	memset(dir, 'd', sizeof(dir) - 1);
	for (ino_t i = 0; i < 4000; i++)
		links_add(&links, &(struct links_file){ .dev = 1, .ino = i }, dir, "x");
	assert_true(links.bytes <= LINKS_BYTES_MAX && links.n > 2000 && links.n < 4000);
	links_free(&links);
}

/* One that waits and says nothing more gets it; for one that has gone nothing is copied. */
static void
nobody_waits(void **state)
{
	int from, to, ends[2];

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700) | mkdir("to2", 0700), 0);
	put("from/file", "text");
	from = open_dir("from");
	to = open_dir("to");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
	assert_int_equal(fill_tree(from, to, ends[1]), 0);
	assert_text("to/file", "text");
	close(to);
	to = open_dir("to2");
	close(ends[0]);
	assert_int_equal(fill_tree(from, to, ends[1]), -1);
	assert_int_equal(errno, ECANCELED);
	assert_int_equal(access("to2/file", F_OK), -1);
	close(ends[1]);
	close(from);
	close(to);
}

/* File systems that know no holes or do not copy, and one that would have it go on for ever. */
static void
other_systems(void **state)
{
	int from, to;

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700) | mkdir("to2", 0700), 0);
	put("from/file", "text");
	from = open_dir("from");
	to = open_dir("to");
	cannot_copy = true;
	seek_data = -1;
	assert_int_equal(fill_tree(from, to, -1), 0);
	assert_text("to/file", "text");
	cannot_copy = false;
	close(to);
	to = open_dir("to2");
	seek_data = 0;
	seek_hole = 0;
	assert_int_equal(fill_tree(from, to, -1), -1);
	assert_int_equal(errno, EIO);
	seek_data = -2;
	seek_hole = -2;
	close(to);
	close(from);
}

/* The rest of a large file is not copied for one that leaves. */
static void
who_leaves(void **state)
{
	static char bytes[1 << 20];
	int from, to, fd, ends[2];
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700), 0);
	memset(bytes, 'x', sizeof(bytes));
	fd = open("from/large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; i < 17; i++)
		assert_int_equal(write(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
	close(fd);
	from = open_dir("from");
	to = open_dir("to");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	leaving = ends[0];
	assert_int_equal(fill_tree(from, to, ends[1]), -1);
	assert_int_equal(errno, ECANCELED);
	assert_int_equal(stat("to/large", &st), 0);
	assert_true(st.st_size <= 16 << 20);
	close(ends[1]);
	close(from);
	close(to);
}

/* The job's client is who waits. */
static void
client_left(void **state)
{
	static struct engine engine;
	static struct job job;
	struct job_mount mount = { .type = JOB_MOUNT_VOLUME };
	char name[] = "left", target[] = "/d";
	int root, ends[2];
	struct err err;
	struct task task = { .engine = &engine, .job = &job, .own = -1 };

	(void)state;
	engine.uid = geteuid();
	engine.gid = getegid();
	job.nmounts = 1;
	job.mounts = &mount;
	mount.source = name;
	mount.target = target;
	assert_int_equal(mkdir("from", 0700), 0);
	put("from/file", "text");
	root = open_dir("from");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[0]);
	task.conn = ends[1];
	assert_int_equal(volume_attach(&task, 0, root, root, &err), -1);
	assert_string_equal(err.why, "who asked for the job has gone");
	assert_int_equal(access(STATE_VOLUMES "/left", F_OK), -1);
	assert_int_equal(task.nvolumes, 0);
	close(ends[1]);
	close(root);
}

/* Between its making and the job's lock of it another can have removed it: the job gets one that is there. */
static void
removed_at_once(void **state)
{
	static struct engine engine;
	static struct job job;
	struct job_mount mount = { .type = JOB_MOUNT_VOLUME, .nocopy = true };
	struct task task = { .engine = &engine, .job = &job, .conn = -1, .own = -1 };
	char name[] = "raced", target[] = "/d";
	struct stat given, named;
	struct err err;
	int root = open_dir("."), data;

	(void)state;
	engine.uid = geteuid();
	engine.gid = getegid();
	job.nmounts = 1;
	job.mounts = &mount;
	mount.source = name;
	mount.target = target;
	is_late = true;
	data = volume_attach(&task, 0, root, root, &err);
	assert_true(data >= 0);
	assert_false(is_late);
	assert_int_equal(fstat(data, &given), 0);
	assert_int_equal(stat(STATE_VOLUMES "/raced/data", &named), 0);
	assert_int_equal(given.st_ino, named.st_ino);
	assert_int_equal(task.nvolumes, 1);
	close(task.volumes[0]);
	close(data);
	close(root);
}

/* As deep as it is said, and one deeper; no descriptor stays open. */
static void
depth(void **state)
{
	int first = open_dir("."), at = first, from, to, low;

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("to", 0700) | mkdir("to2", 0700), 0);
	from = open_dir("from");
	at = dup(from);
	for (int i = 1; i < FILL_DEPTH_MAX; i++) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0700), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	low = dup(first);
	close(low);
	to = open_dir("to");
	assert_int_equal(fill_tree(from, to, -1), 0);
	assert_int_equal(mkdirat(at, "d", 0700), 0);
	close(to);
	to = open_dir("to2");
	assert_int_equal(fill_tree(from, to, -1), -1);
	assert_int_equal(errno, ELOOP);
	close(to);
	to = dup(first);
	assert_int_equal(to, low);
	close(to);
	close(at);
	close(from);
	close(first);
}

static void
users(void **state)
{
	struct use list[] = { { "a", "one" }, { "b", "one" }, { "b", "two" }, { "c", "x" } };
	const struct uses uses = { .n = 4, .v = list };
	const struct uses none = { .n = 0 };
	size_t n;

	(void)state;
	assert_ptr_equal(uses_of(&uses, "a", &n), &list[0]);
	assert_int_equal(n, 1);
	assert_ptr_equal(uses_of(&uses, "b", &n), &list[1]);
	assert_int_equal(n, 2);
	assert_ptr_equal(uses_of(&uses, "c", &n), &list[3]);
	assert_int_equal(n, 1);
	assert_null(uses_of(&uses, "", &n));
	assert_null(uses_of(&uses, "aa", &n));
	assert_null(uses_of(&uses, "d", &n));
	assert_null(uses_of(&none, "a", &n));
	assert_int_equal(n, 0);
}

/* Lets the process open so many more files; returns how many it could open before. */
static rlim_t
allow(int more)
{
	int next = dup(STDIN_FILENO);
	struct rlimit limit;
	rlim_t before;

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)(next + more);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return (before);
}

static void
allow_again(rlim_t all)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = all;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Of a job that cannot be looked at nobody says that it uses nothing. */
static void
unknown_use(void **state)
{
	int jobs = open_dir(".");
	struct uses uses;
	rlim_t all;

	(void)state;
	assert_int_equal(mkdir("0123456789ab", 0700), 0);
	assert_int_equal(uses_read(jobs, &uses), 0);
	assert_false(uses.unknown);
	uses_free(&uses);
	all = allow(1);
	assert_int_equal(uses_read(jobs, &uses), 0);
	allow_again(all);
	assert_true(uses.unknown);
	uses_free(&uses);
	close(jobs);
}

/* Only what is too deep is called that. */
static void
no_descriptors(void **state)
{
	int from, to;

	(void)state;
	assert_int_equal(mkdir("from", 0700) | mkdir("from/d", 0700) | mkdir("to", 0700), 0);
	from = open_dir("from");
	to = open_dir("to");
	for (int more = 0; more < 4; more++) {
		rlim_t all = allow(more);
		int ret = fill_tree(from, to, -1), error = errno;

		allow_again(all);
		assert_int_equal(ret, -1);
		assert_int_equal(error, EMFILE);
		(void)!rmdir("to/d");
	}
	close(to);
	close(from);
}

/* Where descriptors run out on the way nothing is left behind. */
static void
none_half_made(void **state)
{
	struct volume volume = { .name = "v" };
	char temp[VOLUME_TEMP_SIZE];
	int volumes = volumes_open(true);

	(void)state;
	assert_true(volumes >= 0);
	for (int more = 0; more < 2; more++) {
		rlim_t all = allow(more);
		int dir = volume_begin(volumes, temp), error = errno;

		allow_again(all);
		assert_int_equal(dir, -1);
		assert_int_equal(error, EMFILE);
		assert_int_equal(faccessat(volumes, temp, F_OK, 0), -1);
	}
	for (int more = 0, made = 0; made == 0; more++) {
		rlim_t all = allow(more);

		made = volume_make(volumes, &volume) == 1;
		allow_again(all);
		assert_false(volumes_left());
	}
	assert_int_equal(volume_make(volumes, &volume), 0);
	assert_int_equal(mkdir("volumes/.new-1", 0700), 0);
	assert_true(volumes_left());
	volumes_sweep(false);
	assert_false(volumes_left());
	close(volumes);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, begin, end),
		cmocka_unit_test_setup_teardown(modes, begin, end),
		cmocka_unit_test_setup_teardown(hostile_places, begin, end),
		cmocka_unit_test_setup_teardown(hostile_files, begin, end),
		cmocka_unit_test_setup_teardown(each, begin, end),
		cmocka_unit_test_setup_teardown(filled, begin, end),
		cmocka_unit_test_setup_teardown(holes, begin, end),
		cmocka_unit_test_setup_teardown(names, begin, end),
		cmocka_unit_test(many_names),
		cmocka_unit_test_setup_teardown(nobody_waits, begin, end),
		cmocka_unit_test_setup_teardown(other_systems, begin, end),
		cmocka_unit_test_setup_teardown(who_leaves, begin, end),
		cmocka_unit_test_setup_teardown(client_left, begin, end),
		cmocka_unit_test_setup_teardown(removed_at_once, begin, end),
		cmocka_unit_test_setup_teardown(depth, begin, end),
		cmocka_unit_test_setup_teardown(no_descriptors, begin, end),
		cmocka_unit_test(users),
		cmocka_unit_test_setup_teardown(unknown_use, begin, end),
		cmocka_unit_test_setup_teardown(none_half_made, begin, end),
	};

	umask(0);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
