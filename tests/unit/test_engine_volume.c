/* SPDX-License-Identifier: ISC */
/*
 * Units of client/engine/volume: volumes in a directory of the test's own, what is filled into them, and
 * who uses them.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that nothing outside the directory is read or written, and that no file is believed.
 */
/* WRAP: fchown */
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
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/jobfile.h"
#include "client/engine/job/remove.h"
#include "client/engine/volume/fill.h"
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
	assert_int_equal(fill_tree(from, to), 0);
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
	assert_int_equal(fill_tree(from, to), -1);
	assert_int_equal(errno, EEXIST);
	close(from);
	close(to);
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
	assert_int_equal(fill_tree(from, to), 0);
	assert_int_equal(mkdirat(at, "d", 0700), 0);
	close(to);
	to = open_dir("to2");
	assert_int_equal(fill_tree(from, to), -1);
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
		cmocka_unit_test_setup_teardown(depth, begin, end),
		cmocka_unit_test(users),
	};

	umask(0);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
