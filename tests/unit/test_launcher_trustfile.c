/* SPDX-License-Identifier: ISC */
/*
 * A18: files that only root can have written. In a directory of this test's own; whose owner and
 * mode are what the test says (it need not be root), the kernel's rules for names are real.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave nothing behind
 */
/* WRAP: fstat syscall read */
#include "tests/unit/launcher_unit.h"

#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "helper/launcher/launcher.h"

/* What fstat(2) says; -1: as it is, but root's and not writable to others. */
static struct {
	ino_t only; /* of this file alone; 0: of all */
	uid_t uid;
	mode_t add;
	mode_t type;
	nlink_t links;
} lie;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);

static char dir[64];
static int dirfd_;

int
__wrap_fstat(int fd, struct stat *st)
{
	if (fault("fstat"))
		return (-1);
	if (__real_fstat(fd, st) < 0)
		return (-1);
	st->st_uid = 0;
	st->st_mode &= (mode_t) ~(S_IWGRP | S_IWOTH);
	if (lie.only == 0 || lie.only == st->st_ino) {
		st->st_uid = lie.uid;
		st->st_mode |= lie.add;
		if (lie.type != 0)
			st->st_mode = (st->st_mode & ~(mode_t)S_IFMT) | lie.type;
		st->st_nlink += lie.links;
	}
	return (0);
}

long
__wrap_syscall(long nr, ...)
{
	long args[4];
	va_list list;

	va_start(list, nr);
	for (int i = 0; i < 4; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	assert_int_equal(nr, SYS_openat2);
	return (fault("openat2") ? -1 : __real_syscall(nr, args[0], args[1], args[2], args[3]));
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	return (fault("read") ? -1 : __real_read(fd, buf, len));
}

static void
put(const char *name, const char *text)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/berth-unit-XXXXXX");
	assert_non_null(mkdtemp(dir));
	dirfd_ = open(dir, O_PATH | O_DIRECTORY);
	put("berth.conf", "conf");
	mkdirat(dirfd_, "allow", 0755);
	put("allow/uid-1.conf", "uid");
	memset(&lie, 0, sizeof(lie));
	fault_none();
	return (0);
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	close(dirfd_);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return (system(command));
}

static void
assert_file(const char *name, int flags, int wanted, const char *what)
{
	struct err err = { 0 };
	int fd = -1, got = trust_file(dirfd_, name, flags, &fd, &err);

	if (got != wanted)
		fail_msg("%s: %d, not %d (%s)", name, got, wanted, err.what);
	if (wanted == 1)
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	if (wanted == 0)
		assert_int_equal(fd, -1);
	if (wanted < 0 && strstr(err.what, what) == NULL)
		fail_msg("'%s' instead of '%s'", err.what, what);
	if (fd >= 0)
		close(fd);
}

static void
test_good(void **state)
{
	(void)state;
	assert_file("berth.conf", O_RDONLY, 1, "");
	assert_file("berth.conf", O_PATH, 1, "");
	assert_file("allow", O_PATH | O_DIRECTORY, 1, "");
	assert_file("allow", O_RDONLY | O_DIRECTORY, 1, "");
	assert_file("none", O_RDONLY, 0, "");
}

static void
test_owner_and_mode(void **state)
{
	(void)state;
	lie.uid = 1000;
	assert_file("berth.conf", O_RDONLY, -1, "berth.conf is not owned by root");
	assert_file("allow", O_PATH | O_DIRECTORY, -1, "allow is not owned by root");
	lie.uid = 0;
	lie.add = S_IWGRP;
	assert_file("berth.conf", O_RDONLY, -1, "can be written by others");
	assert_file("allow", O_PATH | O_DIRECTORY, -1, "can be written by others");
	lie.add = S_IWOTH;
	assert_file("berth.conf", O_RDONLY, -1, "can be written by others");
	/* Sticky is no excuse. */
	lie.add = S_IWOTH | S_ISVTX;
	assert_file("allow", O_PATH | O_DIRECTORY, -1, "can be written by others");
	lie.add = 0;
	lie.links = 1;
	assert_file("berth.conf", O_RDONLY, -1, "more than one name");
	assert_file("allow", O_PATH | O_DIRECTORY, 1, "");
}

static void
test_kinds(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(dirfd_, "fifo", 0644), 0);
	assert_int_equal(symlinkat("berth.conf", dirfd_, "link"), 0);
	assert_int_equal(symlinkat("allow", dirfd_, "dirlink"), 0);
	assert_int_equal(symlinkat("none", dirfd_, "dangling"), 0);
	/* Without a writer; it must not wait for one. */
	alarm(60);
	assert_file("fifo", O_RDONLY, -1, "is not a regular file");
	assert_file("fifo", O_RDWR, -1, "is not a regular file");
	alarm(0);
	assert_file("allow", O_RDONLY, -1, "is not a regular file");
	assert_file("allow", O_PATH, -1, "is not a regular file");
	assert_file("link", O_RDONLY, -1, "is a symbolic link");
	assert_file("link", O_PATH, -1, "is not a regular file");
	assert_file("dangling", O_RDONLY, -1, "is a symbolic link");
	assert_file("dirlink", O_PATH | O_DIRECTORY, -1, "is a symbolic link or not a directory");
	assert_file("dirlink/uid-1.conf", O_RDONLY, -1, "is a symbolic link");
	assert_file(
	    "berth.conf", O_PATH | O_DIRECTORY, -1, "is a symbolic link or not a directory");
	/* The kernel opens none as one; the inode is asked all the same. */
	lie.type = S_IFREG;
	assert_file("allow", O_PATH | O_DIRECTORY, -1, "allow is not a directory");
	lie.type = 0;
	assert_file("..", O_PATH | O_DIRECTORY, -1, "is a mount point");
	assert_file("/etc/passwd", O_RDONLY, -1, "is a mount point");
}

static void
test_faults(void **state)
{
	(void)state;
	fault_set("openat2", 1, EACCES);
	assert_file("berth.conf", O_RDONLY, -1, "cannot open berth.conf");
	fault_set("openat2", 1, ENOSYS);
	assert_file("berth.conf", O_RDONLY, -1, "cannot open berth.conf");
	fault_set("openat2", 1, EXDEV);
	assert_file("berth.conf", O_RDONLY, -1, "is a mount point");
	fault_set("fstat", 1, EIO);
	assert_file("berth.conf", O_RDONLY, -1, "cannot examine berth.conf");
}

/* A refusal says which path it is a part of, an error of the system what it was, success nothing. */
static void
assert_why(const struct err *err, int rc, const char *whole)
{
	char part[2 * PATH_MAX];

	snprintf(part, sizeof(part), "it is a part of %.300s", whole);
	if (rc >= 0)
		assert_string_equal(err->why, "");
	else if (err->errnum != 0)
		assert_string_equal(err->why, strerrordesc_np(err->errnum));
	else if (err->code == ERR_CONFIG && strncmp(err->why, part, strlen(part)) != 0)
		fail_msg("'%s' instead of '%s'", err->why, part);
}

static int
open_dir(const char *path, const char *what)
{
	struct err err = { 0 };
	int fd = -1, rc = trust_dir(path, &fd, &err);

	if (rc < 0 && strstr(err.what, what) == NULL)
		fail_msg("'%s' instead of '%s'", err.what, what);
	assert_why(&err, rc, path);
	if (fd >= 0)
		close(fd);
	return (rc);
}

static void
test_dir(void **state)
{
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(open_dir(dir, ""), 1);
	snprintf(path, sizeof(path), "%s/allow", dir);
	assert_int_equal(open_dir(path, ""), 1);
	snprintf(path, sizeof(path), "%s/none/allow", dir);
	assert_int_equal(open_dir(path, ""), 0);
	snprintf(path, sizeof(path), "%s/berth.conf/allow", dir);
	assert_int_equal(open_dir(path, "berth.conf is a symbolic link or not a directory"), -1);
	symlinkat(".", dirfd_, "self");
	snprintf(path, sizeof(path), "%s/self/allow", dir);
	assert_int_equal(open_dir(path, "self is a symbolic link"), -1);
	snprintf(path, sizeof(path), "%s/%0300d", dir, 0);
	assert_int_equal(open_dir(path, "too long a name"), -1);
	/* One component in the middle, then the first of all. */
	assert_int_equal(__real_fstat(dirfd_, &st), 0);
	lie.only = st.st_ino;
	lie.uid = 1000;
	snprintf(path, sizeof(path), "%s/allow", dir);
	assert_int_equal(open_dir(path, "is not owned by root"), -1);
	lie.uid = 0;
	lie.add = S_IWOTH;
	assert_int_equal(open_dir(path, "can be written by others"), -1);
	assert_int_equal(stat("/", &st), 0);
	lie.only = st.st_ino;
	assert_int_equal(open_dir(path, "/ can be written by others"), -1);
	lie.add = 0;
	fault_set("openat2", 2, EACCES);
	assert_int_equal(open_dir(path, "cannot open"), -1);
}

static void
test_read(void **state)
{
	struct err err = { 0 };
	char text[16];
	size_t len;

	(void)state;
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, sizeof(text), &len, &err), 1);
	assert_int_equal(len, 4);
	assert_memory_equal(text, "conf", 4);
	assert_int_equal(
	    trust_read(&dirfd_, "allow/uid-1.conf", text, sizeof(text), &len, &err), 1);
	assert_memory_equal(text, "uid", 3);
	assert_int_equal(
	    trust_read(&dirfd_, "allow/uid-2.conf", text, sizeof(text), &len, &err), 0);
	assert_int_equal(trust_read(&dirfd_, "none.conf", text, sizeof(text), &len, &err), 0);
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, 4, &len, &err), 1);
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, 3, &len, &err), -1);
	assert_failed(&err, ERR_CONFIG, "is larger than 64 KiB");
	fault_set("read", 1, EIO);
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, sizeof(text), &len, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot read berth.conf");
	assert_why(&err, -1, "");
	fault_set("openat2", 1, EACCES);
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, sizeof(text), &len, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot open berth.conf");
	assert_why(&err, -1, "");
	fault_none();
	/* What errno was before is no error of this one. */
	errno = EFBIG;
	memset(&err, 0, sizeof(err));
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, sizeof(text), &len, &err), 1);
	assert_why(&err, 1, "");
	assert_int_equal(trust_read(&dirfd_, "none.conf", text, sizeof(text), &len, &err), 0);
	assert_why(&err, 0, "");
	/* The directory of the allow-list is judged as well, and so is what it holds. */
	lie.uid = 1000;
	assert_int_equal(
	    trust_read(&dirfd_, "allow/uid-1.conf", text, sizeof(text), &len, &err), -1);
	assert_failed(&err, ERR_CONFIG, "allow is not owned by root");
	assert_why(&err, -1, "/etc/berth/allow/uid-1.conf");
	lie.uid = 0;
	assert_int_equal(unlinkat(dirfd_, "allow/uid-1.conf", 0), 0);
	assert_int_equal(unlinkat(dirfd_, "allow", AT_REMOVEDIR), 0);
	assert_int_equal(
	    trust_read(&dirfd_, "allow/uid-1.conf", text, sizeof(text), &len, &err), 0);
	/* And what stands outside of it needs none. */
	assert_int_equal(trust_read(&dirfd_, "berth.conf", text, sizeof(text), &len, &err), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner_and_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dir, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
