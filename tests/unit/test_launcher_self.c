/* SPDX-License-Identifier: ISC */
/*
 * A35, A37: the launcher looks at itself.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: need no setuid file
 */
/* WRAP: open fstat fstatvfs stat geteuid priv_is_no_new_privs */
#include "tests/unit/launcher_unit.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* include/linux/proc_ns.h of the kernel: PROC_USER_INIT_INO. */
#define INITIAL 0xEFFFFFFDU

static struct {
	mode_t mode;
	uid_t uid;
	unsigned long flags;
	uid_t euid;
	bool nnp;
	ino_t namespace;
	nlink_t links;
} world;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatvfs(int fd, struct statvfs *vfs);
int __wrap_stat(const char *path, struct stat *st);
uid_t __wrap_geteuid(void);
bool __wrap_priv_is_no_new_privs(void);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	/* A coverage build writes files of its own at the end. */
	if (strcmp(path, "/proc/self/exe") != 0)
		return (__real_open(path, flags, mode));
	assert_int_not_equal(flags & O_PATH, 0);
	return (fault("open") ? -1 : __real_open(path, flags));
}

int
__wrap_fstat(int fd, struct stat *st)
{
	(void)fd;
	if (fault("fstat"))
		return (-1);
	*st = (struct stat){
		.st_mode = S_IFREG | world.mode, .st_uid = world.uid, .st_nlink = world.links
	};
	return (0);
}

int
__wrap_fstatvfs(int fd, struct statvfs *vfs)
{
	(void)fd;
	if (fault("fstatvfs"))
		return (-1);
	*vfs = (struct statvfs){ .f_flag = world.flags };
	return (0);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	assert_string_equal(path, "/proc/self/ns/user");
	/* What a call that fails leaves there is not to be believed. */
	*st = (struct stat){ .st_ino = world.namespace };
	return (fault("stat") ? -1 : 0);
}

uid_t
__wrap_geteuid(void)
{
	return (world.euid);
}

bool
__wrap_priv_is_no_new_privs(void)
{
	return (world.nnp);
}

static int
reset(void **state)
{
	(void)state;
	world.mode = 04755;
	world.uid = 0;
	world.flags = 0;
	world.euid = 0;
	world.nnp = false;
	world.namespace = INITIAL;
	world.links = 1;
	fault_none();
	return (0);
}

static void
assert_says(int code, const char *why)
{
	struct err err = { 0 };

	assert_int_equal(self_check(&err), -1);
	assert_int_equal(err.code, code);
	if (strstr(err.why, why) == NULL)
		fail_msg("'%s' does not say '%s'", err.why, why);
	assert_string_not_equal(err.todo, "");
}

static void
test_right(void **state)
{
	struct err err;

	reset(state);
	assert_int_equal(self_check(&err), 0);
	/* Root without the bit. */
	world.mode = 0755;
	assert_int_equal(self_check(&err), 0);
}

static void
test_file(void **state)
{
	static const mode_t wrong[] = { 04775, 04757, 04777, 06755, 02755, 0775, 0757 };

	reset(state);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		world.mode = wrong[i];
		assert_says(
		    ERR_CONFIG, "not owned by root, or others can write it, or it is setgid");
	}
	reset(state);
	world.uid = 1000;
	assert_says(ERR_CONFIG, "not owned by root");
	/* A15: one that a descriptor keeps alive behind an upgrade. Another name is no harm. */
	reset(state);
	world.links = 0;
	assert_says(ERR_CONFIG, "replaced or removed");
	world.links = 2;
	assert_int_equal(self_check(&(struct err){ 0 }), 0);
}

static void
test_euid(void **state)
{
	reset(state);
	world.euid = 1000;
	assert_says(ERR_SYSTEM, "did not honour its setuid bit");
	world.nnp = true;
	assert_says(ERR_SYSTEM, "no_new_privs");
	world.flags = ST_NOSUID;
	assert_says(ERR_CONFIG, "nosuid");
	world.mode = 0755;
	assert_says(ERR_CONFIG, "no setuid bit");
}

static void
test_namespace(void **state)
{
	static const ino_t others[] = { 0, 1, INITIAL - 1, INITIAL + 1, 4026531837U - 5 };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		reset(state);
		world.namespace = others[i];
		assert_says(ERR_SYSTEM, "inside a user namespace");
	}
	reset(state);
	fault_set("stat", 1, ENOENT);
	assert_says(ERR_SYSTEM, "inside a user namespace");
}

/* What the kernel really says here: this test runs in the initial namespace, or in another one. */
static void
test_kernel(void **state)
{
	char map[64] = "";
	struct err err;
	struct stat st;
	int fd = __real_open("/proc/self/uid_map", O_RDONLY), initial;

	assert_true(read(fd, map, sizeof(map) - 1) > 0);
	close(fd);
	initial = strcmp(map, "         0          0 4294967295\n") == 0;
	reset(state);
	assert_int_equal(fstatat(AT_FDCWD, "/proc/self/ns/user", &st, 0), 0);
	world.namespace = st.st_ino;
	assert_int_equal(self_check(&err), initial ? 0 : -1);
}

static void
test_faults(void **state)
{
	static const char *const calls[] = { "open", "fstat", "fstatvfs" };
	struct err err;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		reset(state);
		fault_set(calls[i], 1, EACCES);
		assert_int_equal(self_check(&err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot examine the launcher's own file");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_euid),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_faults),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
