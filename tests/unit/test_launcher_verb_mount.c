/* SPDX-License-Identifier: ISC */
/*
 * The verb "mount": each question about what it is handed, and that each answer counts; who asks a file
 * system, and with what; the order of what is done with privilege; what goes to the kernel, to the
 * bit; and that what fails ends it.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: mount nothing, enter nothing, change no identity
 */
/* WRAP: fcntl is_callers_stream pipe2 launch_clone close poll read ioctl fstat openat write_maps waitpid */
/* WRAP: priv_drop_forever priv_become_owner priv_become_root priv_raise priv_lower setns open_tree */
/* WRAP: mount_setattr sendmsg alarm dup2 close_range fstatfs write */
#include "tests/unit/launcher_unit.h"

#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"
#include "tests/unit/mount_wraps.h"

#define PROCFS 900
#define CHILD 4242
#define CHILD_DIR 901
#define MAP 902
#define TREE 903
#define USERS 904
#define GONE_WAY 100 /* of the pipes' ends, by two */

/* What the kernel answers. */
static struct {
	int flags4; /* F_GETFL of the directory */
	bool open3, stream, child;
	long types[2];
	ssize_t answered;
	int nstype;
	uid_t owner, directory_owner;
	mode_t mode;
	int pipes; /* made so far */
	unsigned int raised;
	bool root, dropped, inside;
	char maps[2][64];
} world;

int __real_fcntl(int fd, int cmd, ...);
pid_t __real_waitpid(pid_t pid, int *status, int options);
unsigned int __wrap_alarm(unsigned int seconds);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __wrap_fstatfs(int fd, struct statfs *fs);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

int
__wrap_fcntl(int fd, int cmd, ...)
{
	void *lock;
	va_list args;

	if (fd == 3 && cmd == F_GETFD)
		return (world.open3 ? 0 : -1);
	if (fd == 4 && cmd == F_GETFL)
		return (world.flags4);
	/* What counts the lines locks its file. */
	assert_int_equal(cmd, F_SETLKW);
	va_start(args, cmd);
	lock = va_arg(args, void *);
	va_end(args);
	return (__real_fcntl(fd, cmd, lock));
}

bool
__wrap_is_callers_stream(int fd)
{
	assert_int_equal(fd, 5);
	return (world.stream);
}

int
__wrap_pipe2(int ends[2], int flags)
{
	assert_int_equal(flags, O_CLOEXEC);
	if (fault("pipe2"))
		return (-1);
	ends[0] = GONE_WAY + 2 * world.pipes++;
	ends[1] = ends[0] + 1;
	return (0);
}

pid_t
__wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	assert_int_equal(cgroup, -1);
	assert_null(pidfd);
	if (fault(flags == 0 ? "clone" : "clone_user"))
		return (-1);
	if (flags != 0) {
		/* What the namespace belongs to, and what its making needs. */
		assert_int_equal(flags, CLONE_NEWUSER);
		assert_false(world.root);
		assert_int_equal(world.raised, 1U << CAP_SYS_ADMIN);
	}
	return (world.child ? 0 : CHILD);
}

int
__wrap_close(int fd)
{
	if (fd < GONE_WAY)
		return (__real_close(fd));
	(void)fault("close");
	if (world.child)
		dprintf(2, "close:%d ", fd);
	return (0);
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	assert_int_equal(n, 1);
	assert_int_equal(fds->fd, GONE_WAY);
	assert_int_equal(fds->events, POLLIN);
	assert_int_equal(timeout, 5000);
	return (fault("poll") ? 0 : 1);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	struct statfs fs[2] = { 0 };

	/* Of the namespace's one process the pipe is the only descriptor. */
	if (fd < GONE_WAY && (fd != 0 || !world.child))
		return (__real_read(fd, buf, len));
	if (fault("read"))
		return (-1);
	if (len == 1)
		return (0);
	assert_int_equal(len, sizeof(fs));
	fs[0].f_type = world.types[0];
	fs[1].f_type = world.types[1];
	memcpy(buf, fs, sizeof(fs));
	return (world.answered);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	if (request == NS_GET_NSTYPE) {
		assert_int_equal(fd, 3);
		return (fault("nstype") ? -1 : world.nstype);
	}
	if (request == NS_GET_USERNS) {
		assert_int_equal(fd, 3);
		return (fault("userns") ? -1 : USERS);
	}
	assert_int_equal(request, NS_GET_OWNER_UID);
	assert_int_equal(fd, USERS);
	va_start(args, request);
	*va_arg(args, uid_t *) = world.owner;
	va_end(args);
	return (fault("owner") ? -1 : 0);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	assert_int_equal(fd, 4);
	*st = (struct stat){ .st_mode = world.mode, .st_uid = world.directory_owner };
	return (fault("fstat") ? -1 : 0);
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	if (strcmp(path, "ns/user") == 0) {
		assert_int_equal(dirfd, CHILD_DIR);
		assert_int_equal(flags, O_RDONLY | O_CLOEXEC);
		assert_int_equal(world.raised, 1U << CAP_SYS_PTRACE);
		return (fault("open_user") ? -1 : MAP);
	}
	assert_string_equal(path, "4242");
	assert_int_equal(dirfd, PROCFS);
	assert_int_equal(flags, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return (fault("open_child") ? -1 : CHILD_DIR);
}

int
__wrap_write_maps(int child, const struct idmap *uids, const struct idmap *gids, struct err *err)
{
	assert_int_equal(child, CHILD_DIR);
	assert_true(idmap_format(world.maps[0], sizeof(world.maps[0]), uids) > 0);
	assert_true(idmap_format(world.maps[1], sizeof(world.maps[1]), gids) > 0);
	return (fault("write_maps") ? err_sys(err, "maps") : 0);
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	if (pid != CHILD && pid != -1)
		return (__real_waitpid(pid, status, options));
	(void)fault("waitpid");
	return (pid);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	if (uid != 1000 || gid != 100)
		_exit(90);
	(void)fault("drop");
	if (world.child)
		dprintf(2, "drop ");
	world.root = false;
	world.dropped = true;
}

void
__wrap_priv_become_owner(uint32_t owner_id)
{
	assert_int_equal(owner_id, 2147480000);
	(void)fault("become_owner");
	world.root = false;
}

void
__wrap_priv_become_root(void)
{
	(void)fault("become_root");
	world.root = true;
	world.raised = 0;
}

void
__wrap_priv_raise(int cap, int other)
{
	assert_false(world.dropped);
	(void)fault("raise");
	world.raised = 1U << cap | 1U << other;
}

void
__wrap_priv_lower(void)
{
	(void)fault("lower");
	world.raised = 0;
}

int
__wrap_setns(int fd, int type)
{
	assert_int_equal(fd, 3);
	assert_int_equal(type, CLONE_NEWNS);
	assert_int_equal(world.raised, 1U << CAP_SYS_ADMIN | 1U << CAP_SYS_CHROOT);
	if (fault("setns"))
		return (-1);
	world.inside = true;
	return (0);
}

int
__wrap_open_tree(int dirfd, const char *path, unsigned int flags)
{
	assert_int_equal(dirfd, 4);
	assert_string_equal(path, "");
	/* Not AT_RECURSIVE. */
	assert_int_equal(flags, AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	assert_true(world.inside);
	assert_int_equal(world.raised, 1U << CAP_SYS_ADMIN);
	return (fault("open_tree") ? -1 : TREE);
}

int
__wrap_mount_setattr(
    int dirfd, const char *path, unsigned int flags, struct mount_attr *attr, size_t size)
{
	assert_int_equal(dirfd, TREE);
	assert_string_equal(path, "");
	assert_int_equal(flags, AT_EMPTY_PATH);
	assert_int_equal(size, sizeof(*attr));
	assert_int_equal(attr->attr_set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP);
	assert_int_equal(attr->attr_clr, 0);
	assert_int_equal(attr->propagation, MS_PRIVATE);
	assert_int_equal(attr->userns_fd, MAP);
	assert_int_equal(world.raised, 1U << CAP_SYS_ADMIN);
	return (fault("mount_setattr") ? -1 : 0);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int tree;

	assert_true(world.dropped && world.raised == 0);
	assert_int_equal(fd, 5);
	assert_int_equal(flags, MSG_DONTWAIT | MSG_NOSIGNAL);
	assert_true(msg->msg_iovlen == 1 && msg->msg_iov->iov_len == 1 && msg->msg_name == NULL);
	assert_int_equal(msg->msg_controllen, CMSG_SPACE(sizeof(int)));
	assert_true(cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
		    cmsg->cmsg_len == CMSG_LEN(sizeof(int)));
	memcpy(&tree, CMSG_DATA(cmsg), sizeof(tree));
	assert_int_equal(tree, TREE);
	return (fault("sendmsg") ? -1 : 1);
}

/* From here on what only the child does: each says its name. */

unsigned int
__wrap_alarm(unsigned int seconds)
{
	dprintf(2, "alarm:%u ", seconds);
	return (0);
}

int
__wrap_dup2(int from, int to)
{
	if (from < GONE_WAY)
		return (__real_dup2(from, to));
	dprintf(2, "dup2:%d:%d ", from, to);
	return (fault("dup2") ? -1 : to);
}

int
__wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	assert_int_equal(flags, 0);
	dprintf(2, "close:%u:%d ", first, (int)last);
	return (fault("close_range") ? -1 : 0);
}

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	dprintf(2, "fstatfs:%d ", fd);
	fs->f_type = 7700 + fd;
	return (fault("fstatfs") ? -1 : 0);
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	struct statfs fs[2];

	if (fd != 5 || len != sizeof(fs))
		return (__real_write(fd, buf, len));
	memcpy(fs, buf, sizeof(fs));
	dprintf(2, "write:%d:%d ", (int)fs[0].f_type, (int)fs[1].f_type);
	return (fault("write") ? -1 : (ssize_t)len);
}

static struct grant grant = { .uid = 1000,
	.gid = 100,
	.owner_id = 2147480000,
	.subuid = { 100000, 65536 },
	.subgid = { 300000, 1000 } };
static struct handles handles;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.flags4 = O_PATH | O_DIRECTORY;
	world.open3 = world.stream = world.root = true;
	world.types[0] = NSFS_MAGIC;
	world.types[1] = EXT4_SUPER_MAGIC;
	world.answered = 2 * sizeof(struct statfs);
	world.nstype = CLONE_NEWNS;
	world.owner = 2147480000;
	world.directory_owner = 1000;
	world.mode = S_IFDIR | 0755;
	handles = (struct handles){ .etcfd = -1, .procfd = PROCFS, .uid = 101, .gid = 102 };
	fault_none();
	return (0);
}

/* --- what it is handed ----------------------------------------------------------------------------- */

static void
assert_request(int code, const char *what)
{
	assert_int_equal(mount_check_request(&err), code == 0 ? 0 : -1);
	if (code != 0)
		assert_failed(&err, code, what);
	/* Nothing else is asked, least of all a file system. */
	assert_string_equal(fault_log, "");
	set_up(NULL);
}

static void
test_request(void **state)
{
	(void)state;
	assert_request(0, NULL);
	world.open3 = false;
	assert_request(ERR_USAGE, "descriptor 3 is not open");
	world.flags4 = -1;
	assert_request(ERR_USAGE, "descriptor 4 is not opened with O_PATH");
	world.flags4 = O_RDONLY | O_DIRECTORY;
	assert_request(ERR_USAGE, "descriptor 4 is not opened with O_PATH");
	world.flags4 = O_PATH;
	assert_request(0, NULL);
	world.stream = false;
	assert_request(ERR_USAGE, "descriptor 5 is not a connected stream socket of the caller's");
}

static void
assert_grant(int code, const char *what, const char *why)
{
	assert_int_equal(mount_check_grant(&grant, &handles, &err), code == 0 ? 0 : -1);
	if (code != 0) {
		assert_failed(&err, code, what);
		if (strstr(err.why, why) == NULL)
			fail_msg("'%s' instead of '%s'", err.why, why);
	}
	/* It is judged without any privilege. */
	assert_false(was_called("raise") || was_called("setns"));
	set_up(NULL);
}

static void
test_grant(void **state)
{
	(void)state;
	assert_int_equal(mount_check_grant(&grant, &handles, &err), 0);
	assert_string_equal(
	    fault_log, "pipe2 clone close poll read close nstype userns owner close fstat ");
	set_up(state);
	world.nstype = CLONE_NEWNET;
	assert_grant(ERR_USAGE, "descriptor 3 is not a mount namespace", "");
	fault_set("nstype", 1, EBADF);
	assert_grant(ERR_USAGE, "descriptor 3 is not a mount namespace", "");
	/* Not even asked: it could be a device. */
	world.types[0] = TMPFS_MAGIC;
	assert_int_equal(mount_check_grant(&grant, &handles, &err), -1);
	assert_failed(&err, ERR_USAGE, "descriptor 3 is not a mount namespace");
	assert_false(was_called("nstype"));
	set_up(state);
	world.owner = 0;
	assert_grant(ERR_REFUSED, "not one of this user's engine", "");
	world.owner = 1000;
	assert_grant(ERR_REFUSED, "not one of this user's engine", "");
	world.owner = 2147480002;
	assert_grant(ERR_REFUSED, "not one of this user's engine", "");
	fault_set("userns", 1, EPERM);
	assert_grant(ERR_REFUSED, "not one of this user's engine", "");
	fault_set("owner", 1, EPERM);
	assert_grant(ERR_REFUSED, "not one of this user's engine", "");
	world.directory_owner = 1001;
	assert_grant(ERR_REFUSED, "not the caller's own", "it belongs to uid 1001");
	world.directory_owner = 0;
	assert_grant(ERR_REFUSED, "not the caller's own", "it belongs to uid 0");
	world.mode = S_IFREG | 0755;
	assert_grant(ERR_USAGE, "descriptor 4 is not a directory", "");
	fault_set("fstat", 1, EIO);
	assert_grant(ERR_USAGE, "descriptor 4 is not a directory", "");
}

static void
test_types(void **state)
{
	static const long good[] = { EXT4_SUPER_MAGIC, 0x58465342, BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, TMPFS_MAGIC };
	static const long bad[] = { OVERLAYFS_SUPER_MAGIC, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,
		PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_SUPER_MAGIC, NSFS_MAGIC, 0, -1 };
	static const char *const calls[] = { "pipe2", "clone" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		world.types[1] = good[i];
		assert_grant(0, NULL, NULL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		world.types[1] = bad[i];
		assert_grant(ERR_UNAVAILABLE, "cannot be mounted with other ids",
		    "its file system is none that berth maps");
	}
	/* Nobody waits for one that says nothing. */
	fault_set("poll", 1, EINTR);
	assert_int_equal(mount_check_grant(&grant, &handles, &err), -1);
	assert_false(was_called("read") || was_called("waitpid"));
	set_up(state);
	fault_set("poll", 1, EINTR);
	assert_grant(ERR_UNAVAILABLE, "cannot be mounted with other ids", "does not answer");
	fault_set("read", 1, EIO);
	assert_grant(ERR_UNAVAILABLE, "cannot be mounted with other ids", "does not answer");
	world.answered = 0;
	assert_grant(ERR_UNAVAILABLE, "cannot be mounted with other ids", "does not answer");
	world.answered = 2 * sizeof(struct statfs) - 1;
	assert_grant(ERR_UNAVAILABLE, "cannot be mounted with other ids", "does not answer");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fault_set(calls[i], 1, EMFILE);
		assert_grant(ERR_SYSTEM, "cannot", "");
	}
}

/* --- who asks the file systems --------------------------------------------------------------------- */

static void
run_grant(void *arg)
{
	(void)arg;
	_exit(mount_check_grant(&grant, &handles, &err) == 0 ? 97 : 96);
}

#define ASKS "drop alarm:5 dup2:101:5 close:0:2 close:6:-1 fstatfs:3 fstatfs:4 "

static void
test_asker(void **state)
{
	static const struct {
		const char *call;
		int at;
		const char *said;
	} faults[] = { { "dup2", 1, "drop alarm:5 dup2:101:5 " },
		{ "close_range", 1, "drop alarm:5 dup2:101:5 close:0:2 " },
		{ "close_range", 2, "drop alarm:5 dup2:101:5 close:0:2 close:6:-1 " },
		{ "fstatfs", 1, "drop alarm:5 dup2:101:5 close:0:2 close:6:-1 fstatfs:3 " },
		{ "fstatfs", 2, ASKS }, { "write", 1, ASKS "write:7703:7704 " } };

	world.child = true;
	assert_child(in_child(run_grant, NULL), 0);
	assert_string_equal(child_text, ASKS "write:7703:7704 ");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		set_up(state);
		world.child = true;
		fault_set(faults[i].call, faults[i].at, EIO);
		assert_child(in_child(run_grant, NULL), ERR_SYSTEM);
		assert_string_equal(child_text, faults[i].said);
	}
}

/* --- the ids --------------------------------------------------------------------------------------- */

static void
assert_maps(uint32_t uid, uint32_t gid, const char *uids, const char *gids)
{
	set_up(NULL);
	handles.uid = uid;
	handles.gid = gid;
	assert_int_equal(mount_check_grant(&grant, &handles, &err), 0);
	assert_int_equal(verb_mount(NULL, &grant, &handles, &err), 0);
	assert_string_equal(world.maps[0], uids);
	assert_string_equal(world.maps[1], gids);
}

static void
test_ids(void **state)
{
	static const uint32_t bad[][2] = { { 65537, 0 }, { 0, 1001 }, { 2147483646, 0 },
		{ 0, 2147483646 }, { UINT32_MAX, 0 }, { 0, UINT32_MAX }, { 65537, 1001 } };

	/* The caller's files, theirs on the host, belong to what the job calls so. */
	assert_maps(0, 0, "1000 1000 1\n", "100 100 1\n");
	assert_maps(1, 1, "1000 100000 1\n", "100 300000 1\n");
	assert_maps(101, 102, "1000 100100 1\n", "100 300101 1\n");
	assert_maps(65536, 1000, "1000 165535 1\n", "100 300999 1\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up(state);
		handles.uid = bad[i][0];
		handles.gid = bad[i][1];
		assert_int_equal(mount_check_grant(&grant, &handles, &err), -1);
		assert_failed(&err, ERR_REFUSED, "are not ids of this user's jobs");
		assert_string_equal(
		    err.why, "granted are 0 to 65536 for users and 0 to 1000 for groups");
		assert_string_equal(fault_log, "");
		/* Nor is a number made of them that could be somebody's. */
		assert_int_equal(verb_mount(NULL, &grant, &handles, &err), -1);
		assert_failed(&err, ERR_BUG, "the ids of the job");
		assert_string_equal(fault_log, "");
	}
}

/* --- what is done ---------------------------------------------------------------------------------- */

#define UNTIL_MAP                                                                                \
	"pipe2 become_owner raise clone_user become_root open_child write_maps raise open_user " \
	"lower close close close waitpid "

static void
test_order(void **state)
{
	(void)state;
	assert_int_equal(verb_mount(NULL, &grant, &handles, &err), 0);
	assert_string_equal(fault_log, UNTIL_MAP
	    "raise setns lower raise open_tree mount_setattr lower drop sendmsg close close ");
	assert_true(world.dropped);
}

static void
assert_fault(const char *call, int errnum, int code, const char *what, const char *why)
{
	set_up(NULL);
	fault_set(call, 1, errnum);
	assert_int_equal(verb_mount(NULL, &grant, &handles, &err), -1);
	assert_failed(&err, code, what);
	if (strstr(err.why, why) == NULL)
		fail_msg("'%s' instead of '%s'", err.why, why);
	/* Whatever it was: it is not root that goes on, nor is anything raised. */
	assert_int_equal(world.raised, 0);
	assert_true(world.root || world.dropped);
}

static void
test_faults(void **state)
{
	static const char no[] = "this directory cannot be mounted with other ids";

	(void)state;
	assert_fault("pipe2", EMFILE, ERR_SYSTEM, "cannot make a pipe", "");
	assert_string_equal(fault_log, "pipe2 ");
	assert_fault("clone_user", ENOSPC, ERR_SYSTEM, "cannot make a user namespace", "");
	/* Not of -1, which is any child: who asks for the file system may never end. */
	assert_false(was_called("waitpid") || was_called("setns"));
	assert_fault("open_child", EMFILE, ERR_SYSTEM, "cannot find the user namespace", "");
	assert_true(was_called("waitpid"));
	assert_false(was_called("write_maps") || was_called("setns"));
	assert_fault("write_maps", EPERM, ERR_SYSTEM, "maps", "");
	assert_true(was_called("waitpid"));
	assert_false(was_called("open_user") || was_called("setns"));
	assert_fault("open_user", EACCES, ERR_SYSTEM, "cannot open the user namespace", "");
	assert_true(was_called("waitpid"));
	assert_false(was_called("setns"));
	assert_fault("setns", EPERM, ERR_SYSTEM, "cannot enter the mount namespace", "");
	assert_fault("setns", EINVAL, ERR_SYSTEM, "cannot enter the mount namespace", "");
	assert_false(was_called("open_tree") || was_called("mount_setattr"));
	assert_fault("open_tree", EINVAL, ERR_UNAVAILABLE, no, "it has mounts beneath it");
	assert_false(was_called("mount_setattr") || was_called("sendmsg"));
	assert_fault("open_tree", EPERM, ERR_SYSTEM, "cannot mount the directory", "");
	assert_fault("open_tree", ENOMEM, ERR_SYSTEM, "cannot mount the directory", "");
	assert_fault("mount_setattr", EINVAL, ERR_UNAVAILABLE, no, "this kernel cannot map");
	assert_false(was_called("sendmsg"));
	assert_fault("mount_setattr", EPERM, ERR_UNAVAILABLE, no, "it is mapped already");
	assert_false(was_called("sendmsg"));
	assert_fault("mount_setattr", ENOMEM, ERR_SYSTEM, "cannot mount the directory", "");
	assert_false(was_called("sendmsg"));
	assert_fault("sendmsg", EAGAIN, ERR_SYSTEM, "cannot hand over the mount", "");
	assert_true(world.dropped);
}

/* The namespace's one process: does nothing, and ends when there is nobody at the other end, or after a while.
 * Whatever the caller has handed over is closed before: who closes that last can be held for good. */
static void
run_verb(void *arg)
{
	(void)arg;
	_exit(verb_mount(NULL, &grant, &handles, &err) == 0 ? 97 : 96);
}

static void
test_holder(void **state)
{
	static const char *const calls[] = { "dup2", "close_range", "read" };

	world.child = true;
	assert_child(in_child(run_verb, NULL), 0);
	/* With the other end open in here it would wait for itself. */
	assert_string_equal(child_text, "alarm:60 dup2:100:0 close:1:-1 ");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		set_up(state);
		world.child = true;
		fault_set(calls[i], 1, EIO);
		assert_child(in_child(run_verb, NULL), ERR_SYSTEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request, set_up),
		cmocka_unit_test_setup(test_grant, set_up),
		cmocka_unit_test_setup(test_types, set_up),
		cmocka_unit_test_setup(test_asker, set_up),
		cmocka_unit_test_setup(test_ids, set_up),
		cmocka_unit_test_setup(test_order, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_holder, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
