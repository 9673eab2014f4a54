/* SPDX-License-Identifier: ISC */
/*
 * Out of what belongs to the caller: namespaces, cgroup, session; and the caller's way out of what
 * the launcher makes: maps and nesting.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: enter and mount nothing
 */
/* WRAP: fsopen fsconfig fsmount openat fstat fstatat setns priv_raise priv_lower */
/* WRAP: cgroup_launcher launch_clone launch_follow priv_drop_forever setsid share_reset alarm */
/* WRAP: mount unshare syscall write pread ioctl close idmap_format */
#include "tests/unit/launcher_unit.h"

#include <linux/keyctl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define PROCFS 900
#define CHILD 950 /* of the process whose maps are written */
#define THEIRS 910 /* + 0: root, 1: mnt, 2: net */
#define OWNERS 920 /* the user namespaces that those belong to */

static struct {
	bool other[3]; /* pid 1 has another root, mnt, net */
	int closed[3]; /* and does not let us look: errno */
	bool foreign[3]; /* and it belongs to another user namespace than the first */
	int entered[3];
	uint64_t raised; /* now */
	pid_t child;
	bool follows;
	char written[64];
	const char *nesting; /* what max_user_namespaces reads back as */
	mode_t propagation;
} world;

int __wrap_fsopen(const char *name, unsigned int flags);
int __wrap_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux);
int __wrap_fsmount(int fd, unsigned int flags, unsigned int attrs);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatat(int dirfd, const char *path, struct stat *st, int flags);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_setns(int fd, int type);
void __wrap_priv_raise(int cap, int other);
void __wrap_priv_lower(void);
int __wrap_cgroup_launcher(int *fd, struct err *err);
pid_t __wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd);
void __wrap_launch_follow(pid_t child);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);
pid_t __wrap_setsid(void);
int __wrap_share_reset(int procfd, struct err *err);
unsigned int __wrap_alarm(unsigned int seconds);
int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
    const void *data);
int __wrap_unshare(int flags);
long __wrap_syscall(long nr, ...);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at);
int __real_idmap_format(char *buf, size_t len, const struct idmap *map);
int __wrap_idmap_format(char *buf, size_t len, const struct idmap *map);

static bool
holds(int cap)
{
	return ((world.raised & (1ULL << cap)) != 0);
}

int
__wrap_fsopen(const char *name, unsigned int flags)
{
	assert_string_equal(name, "proc");
	assert_int_equal(flags, FSOPEN_CLOEXEC);
	assert_true(holds(CAP_SYS_ADMIN));
	return (fault("fsopen") ? -1 : open("/dev/null", O_RDONLY));
}

int
__wrap_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	(void)fd, (void)key, (void)value, (void)aux;
	assert_int_equal(cmd, FSCONFIG_CMD_CREATE);
	return (fault("fsconfig") ? -1 : 0);
}

int
__wrap_fsmount(int fd, unsigned int flags, unsigned int attrs)
{
	(void)fd;
	assert_int_equal(flags, FSMOUNT_CLOEXEC);
	assert_int_equal(attrs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return (fault("fsmount") ? -1 : PROCFS);
}

static int
which(const char *path)
{
	static const char *const names[] = { "root", "ns/mnt", "ns/net" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(strchr(path, '/') + 1, names[i]) == 0)
			return (i);
	}
	fail_msg("%s", path);
	return (-1);
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	assert_int_equal(dirfd, strstr(path, "id_map") != NULL ? CHILD : PROCFS);
	assert_int_not_equal(flags & O_CLOEXEC, 0);
	if (dirfd == CHILD)
		assert_true(holds(CAP_SYS_ADMIN) && holds(*path == 'u' ? CAP_SETUID : CAP_SETGID));
	if (fault("openat"))
		return (-1);
	if (strncmp(path, "1/", 2) != 0)
		return (open("/dev/null", O_RDWR));
	assert_true(holds(CAP_SYS_PTRACE));
	if (world.closed[which(path)] != 0) {
		errno = world.closed[which(path)];
		return (-1);
	}
	return (THEIRS + which(path));
}

int
__wrap_fstat(int fd, struct stat *st)
{
	int rc = fault("fstat") ? -1 : 0;

	if (fd >= OWNERS) {
		/* Also when it fails: whatever is there, it is not to be believed. */
		*st = (struct stat){ .st_dev = 1,
			.st_ino = world.foreign[fd - OWNERS] ? 0xeffffffcU : 0xeffffffdU };
		return (rc);
	}
	if (rc < 0)
		return (-1);
	*st = (struct stat){ .st_dev = 1, .st_ino = (ino_t)(fd - THEIRS + 1) };
	return (0);
}

int
__wrap_fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	int i = which(path);

	assert_int_equal(dirfd, PROCFS);
	assert_int_equal(flags, 0);
	assert_int_equal(strncmp(path, "self/", 5), 0);
	if (fault("fstatat"))
		return (-1);
	/* Another device is enough of a difference, and so is another inode. */
	*st = (struct stat){ .st_dev = world.other[i] && i == 1 ? 2 : 1,
		.st_ino = (ino_t)(world.other[i] && i != 1 ? 99 : i + 1) };
	return (0);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	assert_int_equal(request, NS_GET_USERNS);
	return (fault("ioctl") ? -1 : fd - THEIRS + OWNERS);
}

int
__wrap_close(int fd)
{
	return (fd >= PROCFS ? 0 : __real_close(fd));
}

int
__wrap_setns(int fd, int type)
{
	assert_int_equal(type, 0);
	assert_true(holds(CAP_SYS_ADMIN) && holds(CAP_SYS_CHROOT));
	if (fault("setns"))
		return (-1);
	world.entered[fd - THEIRS]++;
	return (0);
}

void
__wrap_priv_raise(int cap, int other)
{
	assert_int_equal(world.raised, 0);
	world.raised = 1ULL << cap | 1ULL << other;
}

void
__wrap_priv_lower(void)
{
	world.raised = 0;
}

int
__wrap_cgroup_launcher(int *fd, struct err *err)
{
	*fd = -1;
	if (fault("cgroup_launcher"))
		return (err_sys(err, "no cgroup"));
	*fd = 777;
	return (0);
}

pid_t
__wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	assert_int_equal(flags, 0);
	assert_int_equal(cgroup, 777);
	assert_null(pidfd);
	return (fault("launch_clone") ? -1 : world.child);
}

static jmp_buf followed;

void
__wrap_launch_follow(pid_t child)
{
	assert_int_equal(child, world.child);
	assert_true(was_called("priv_drop_forever"));
	longjmp(followed, 1);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	(void)fault("priv_drop_forever");
	assert_int_equal(uid, 1000);
	assert_int_equal(gid, 100);
}

pid_t
__wrap_setsid(void)
{
	return (fault("setsid") ? -1 : 1);
}

int
__wrap_share_reset(int procfd, struct err *err)
{
	assert_int_equal(procfd, PROCFS);
	return (fault("share_reset") ? err_sys(err, "no limits") : 0);
}

unsigned int
__wrap_alarm(unsigned int seconds)
{
	(void)fault("alarm");
	assert_true(seconds > 0 && seconds <= 60);
	return (0);
}

int
__wrap_mount(
    const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	assert_true(source == NULL && type == NULL && data == NULL);
	assert_string_equal(target, "/");
	assert_int_equal(flags, MS_REC | MS_SLAVE);
	assert_true(was_called("unshare_mounts"));
	return (fault("mount") ? -1 : 0);
}

int
__wrap_unshare(int flags)
{
	if (flags == CLONE_NEWNS)
		return (fault("unshare_mounts") ? -1 : 0);
	assert_int_equal(flags, CLONE_NEWCGROUP);
	return (fault("unshare") ? -1 : 0);
}

long
__wrap_syscall(long nr, ...)
{
	va_list args;

	va_start(args, nr);
	assert_int_equal(nr, SYS_keyctl);
	assert_int_equal(va_arg(args, int), KEYCTL_JOIN_SESSION_KEYRING);
	assert_null(va_arg(args, char *));
	va_end(args);
	return (fault("keyctl") ? -1 : 5);
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (fd == 1 || fd == 2)
		return (__real_write(fd, buf, len));
	assert_true(fd >= 0);
	if (fault("write"))
		return (-1);
	if (fault("short"))
		return ((ssize_t)len - 1);
	assert_true(len < sizeof(world.written));
	memcpy(world.written, buf, len);
	world.written[len] = '\0';
	return ((ssize_t)len);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t at)
{
	(void)fd;
	assert_int_equal(at, 0);
	if (fault("pread"))
		return (-1);
	snprintf(buf, len, "%s", world.nesting);
	return ((ssize_t)strlen(world.nesting));
}

int
__wrap_idmap_format(char *buf, size_t len, const struct idmap *map)
{
	return (fault("idmap_format") ? -1 : __real_idmap_format(buf, len, map));
}

static const struct grant grant = {
	.uid = 1000, .gid = 100, .subuid = { 100000, 65536 }, .subgid = { 200000, 65536 }
};

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.nesting = "0\n";
	fault_none();
	return (0);
}

static void
test_same(void **state)
{
	struct err err;
	int procfd;

	(void)state;
	assert_int_equal(procfs_open(&procfd, &err), 0);
	assert_int_equal(procfd, PROCFS);
	assert_int_equal(world.raised, 0);
	assert_int_equal(place(&grant, PROCFS, &err), 0);
	assert_int_equal(world.raised, 0);
	assert_false(was_called("setns"));
	assert_true(was_called("alarm") && was_called("setsid") && was_called("share_reset"));
	assert_false(was_called("priv_drop_forever"));
}

static void
test_enter(void **state)
{
	struct err err;

	(void)state;
	world.other[1] = world.other[2] = true;
	assert_int_equal(place(&grant, PROCFS, &err), 0);
	assert_int_equal(world.entered[1], 1);
	assert_int_equal(world.entered[2], 1);
	assert_int_equal(world.raised, 0);
}

/* Where nothing can be seen it may be a chroot, and the first caller's namespaces. */
static void
test_closed(void **state)
{
	static const int reasons[] = { EACCES, EPERM, ENOENT };
	struct err err;

	for (size_t i = 0; i < 3 * sizeof(reasons) / sizeof(reasons[0]); i++) {
		set_up(state);
		world.closed[i % 3] = reasons[i / 3];
		assert_int_equal(place(&grant, PROCFS, &err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot look at 1/");
		assert_false(was_called("setns") || was_called("launch_clone"));
		assert_int_equal(world.raised, 0);
	}
}

/* Pid 1 of a pid namespace that the caller made, which has made others in a user namespace. */
static void
test_foreign(void **state)
{
	struct err err;

	for (int i = 1; i < 3; i++) {
		set_up(state);
		world.other[i] = world.foreign[i] = true;
		assert_int_equal(place(&grant, PROCFS, &err), -1);
		assert_failed(&err, ERR_SYSTEM, "is in a user namespace");
		assert_false(was_called("setns") || was_called("launch_clone"));
		assert_int_equal(world.raised, 0);
	}
}

static void
test_chroot(void **state)
{
	struct err err;

	(void)state;
	world.other[0] = world.other[1] = true;
	assert_int_equal(place(&grant, PROCFS, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "inside a chroot or container");
	assert_false(was_called("setns"));
	assert_false(was_called("launch_clone"));
}

static void
test_left_behind(void **state)
{
	struct err err;

	(void)state;
	world.child = 4242;
	if (setjmp(followed) == 0) {
		(void)!place(&grant, PROCFS, &err);
		fail_msg("who is left behind came back");
	}
	assert_false(was_called("setsid") || was_called("share_reset"));
}

static void
test_place_faults(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "fsopen", 1 }, { "fsconfig", 1 }, { "fsmount", 1 }, { "openat", 1 },
		{ "openat", 2 }, { "openat", 3 }, { "fstat", 1 }, { "fstat", 2 }, { "fstat", 3 },
		{ "fstat", 4 }, { "fstat", 5 }, { "ioctl", 1 }, { "ioctl", 2 }, { "fstatat", 1 },
		{ "fstatat", 2 }, { "fstatat", 3 }, { "setns", 1 }, { "setns", 2 },
		{ "cgroup_launcher", 1 }, { "launch_clone", 1 }, { "setsid", 1 },
		{ "share_reset", 1 } };
	struct err err;
	int procfd;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		set_up(state);
		world.other[1] = world.other[2] = true;
		fault_set(plans[i].call, plans[i].at, ENOMEM);
		if ((procfs_open(&procfd, &err) == 0 && place(&grant, PROCFS, &err) != -1) ||
		    err.code != ERR_SYSTEM)
			fail_msg("%s %d is not noticed", plans[i].call, plans[i].at);
		assert_int_equal(world.raised, 0);
	}
}

static void
test_maps(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "openat", 1 }, { "openat", 2 }, { "write", 1 }, { "write", 2 },
		{ "short", 1 }, { "short", 2 }, { "idmap_format", 1 }, { "idmap_format", 2 } };
	static const struct idmap_line uid_lines[] = { { 0, 1000, 1 }, { 1, 100000, 65536 } },
				       gid_lines[] = { { 0, 100, 1 }, { 5, 200000, 7 } };
	const struct idmap uids = { 2, uid_lines }, gids = { 2, gid_lines }, none = { 0, NULL };
	struct err err;

	assert_int_equal(write_maps(CHILD, &uids, &gids, &err), 0);
	assert_string_equal(world.written, "0 100 1\n5 200000 7\n");
	assert_int_equal(world.raised, 0);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		set_up(state);
		fault_set(plans[i].call, plans[i].at, EPERM);
		assert_int_equal(write_maps(CHILD, &uids, &gids, &err), -1);
		assert_failed(&err, ERR_SYSTEM, plans[i].at == 1 ? "the uid_map" : "the gid_map");
		/* Not the -1 that a write of what is none would return. */
		assert_true(strcmp(plans[i].call, "idmap_format") != 0 || !was_called("write") ||
			    plans[i].at == 2);
		assert_int_equal(world.raised, 0);
	}
	/* A map of nothing is none: the namespace would stay without. */
	set_up(state);
	assert_int_equal(write_maps(CHILD, &none, &gids, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "the uid_map");
	assert_false(was_called("write"));
}

static void
test_confine(void **state)
{
	static const char *const calls[] = { "setsid", "unshare", "keyctl", "openat", "write",
		"pread" };
	struct err err;

	assert_int_equal(confine(PROCFS, &err), 0);
	assert_string_equal(world.written, "0");
	/* The init stays where it is: a namespace full of mounts would hold it up when it ends. */
	assert_false(was_called("unshare_mounts") || was_called("mount"));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		set_up(state);
		fault_set(calls[i], 1, EPERM);
		if (confine(PROCFS, &err) != -1 || err.code != ERR_SYSTEM)
			fail_msg("%s is not noticed", calls[i]);
	}
	/* A kernel without keys has none to hide. */
	fault_set("keyctl", 1, ENOSYS);
	assert_int_equal(confine(PROCFS, &err), 0);
}

static void
test_mounts(void **state)
{
	static const char *const calls[] = { "unshare_mounts", "mount" };
	struct err err;

	(void)state;
	assert_int_equal(separate_mounts(&err), 0);
	assert_string_equal(fault_log, "unshare_mounts mount ");
	for (size_t i = 0; i < 2; i++) {
		fault_set(calls[i], 1, EPERM);
		assert_int_equal(separate_mounts(&err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot separate the mount namespace");
	}
}

/* Written, and not so: it must be noticed. */
static void
test_nesting(void **state)
{
	static const char *const values[] = { "1\n", "00\n", "", "0", "100\n", "-1\n" };
	struct err err;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		set_up(state);
		world.nesting = values[i];
		assert_int_equal(confine(PROCFS, &err), -1);
		assert_failed(&err, ERR_BUG, "were not forbidden");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_same, set_up),
		cmocka_unit_test_setup(test_enter, set_up),
		cmocka_unit_test_setup(test_closed, set_up),
		cmocka_unit_test_setup(test_foreign, set_up),
		cmocka_unit_test_setup(test_chroot, set_up),
		cmocka_unit_test_setup(test_left_behind, set_up),
		cmocka_unit_test_setup(test_place_faults, set_up),
		cmocka_unit_test_setup(test_maps, set_up),
		cmocka_unit_test_setup(test_confine, set_up),
		cmocka_unit_test_setup(test_mounts, set_up),
		cmocka_unit_test_setup(test_nesting, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
