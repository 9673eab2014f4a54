/* SPDX-License-Identifier: ISC */
/*
 * The runtime directory with lock and socket, the state directory, and the cgroups: made in a
 * directory of this test's own, whose files are said to be root's.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave nothing behind
 */
/* WRAP: open fstatfs mkdirat openat unlinkat fdopendir clock_gettime priv_raise priv_lower */
/* WRAP: trust_dir trust_file fchmod fchmodat fchownat flock socket bind listen renameat */
#include "tests/unit/launcher_unit.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

static struct {
	char root[64];
	int rootfd;
	long types[2]; /* of /sys/fs/cgroup and of "unified" below it; 0: there is none */
	int mount; /* which of them is open */
	uint64_t raised;
	bool cgroups; /* it is about these: their root asks for a capability */
	uid_t state_owner;
	int busy;
	uid_t given_to;
} world;

static const struct grant grant = { .uid = 1000, .gid = 100 };
static const struct grant rooted = { .uid = 1000, .gid = 100, .root = "/home/state" };

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __wrap_unlinkat(int dirfd, const char *name, int flags);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
void __wrap_priv_raise(int cap, int other);
void __wrap_priv_lower(void);
int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_fchmodat(int dirfd, const char *name, mode_t mode, int flags);
int __wrap_fchmodat(int dirfd, const char *name, mode_t mode, int flags);
int __wrap_fchownat(int dirfd, const char *name, uid_t uid, gid_t gid, int flags);
int __wrap_flock(int fd, int operation);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_listen(int fd, int backlog);
int __real_renameat(int fromfd, const char *from, int tofd, const char *to);
int __wrap_renameat(int fromfd, const char *from, int tofd, const char *to);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	/* A coverage build writes files of its own at the end. */
	if (strncmp(path, "/sys/", 5) != 0)
		return (__real_open(path, flags, mode));
	world.mount = strcmp(path, "/sys/fs/cgroup/unified") == 0;
	if (fault("open"))
		return (-1);
	assert_int_not_equal(flags & O_NOFOLLOW, 0);
	if (world.types[world.mount] == 0) {
		errno = ENOENT;
		return (-1);
	}
	return (__real_open(world.root, flags));
}

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	if (fault("fstatfs"))
		return (-1);
	assert_true(fd >= 0);
	*fs = (struct statfs){ .f_type = world.types[world.mount] };
	return (0);
}

int
__wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	assert_true(dirfd >= 0);
	assert_true(world.raised == (world.cgroups ? 1ULL << CAP_DAC_OVERRIDE : 0));
	return (fault("mkdirat") ? -1 : __real_mkdirat(dirfd, name, mode));
}

int
__wrap_openat(int dirfd, const char *name, int flags, ...)
{
	assert_int_not_equal(flags & O_NOFOLLOW, 0);
	assert_int_not_equal(flags & O_CLOEXEC, 0);
	return (fault("openat") ? -1 : __real_openat(dirfd, name, flags, 0600));
}

int
__wrap_unlinkat(int dirfd, const char *name, int flags)
{
	return (fault("unlinkat") ? -1 : __real_unlinkat(dirfd, name, flags));
}

DIR *
__wrap_fdopendir(int fd)
{
	return (fault("fdopendir") ? NULL : __real_fdopendir(fd));
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ 12, 345 };
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
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	*fd = -1;
	if (fault("trust_dir_none"))
		return (0);
	*fd = __real_openat(world.rootfd, strcmp(path, "/run") == 0 ? "run" : "state", O_RDONLY);
	/* What is judged is open by then. */
	return (fault("trust_dir") ? err_set(err, ERR_CONFIG, "not trusted") : 1);
}

int
__wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
{
	*fd = -1;
	if (fault("trust_file_none"))
		return (0);
	*fd = __real_openat(dirfd, name, flags | O_NOFOLLOW);
	if (fault("trust_file"))
		return (err_set(err, ERR_CONFIG, "not trusted"));
	if (flags == (O_PATH | O_DIRECTORY)) {
		if (fault("open_state"))
			return (err_sys(err, "cannot open it"));
		if (world.state_owner != 0)
			return (err_set(err, ERR_CONFIG, "not root's, or a mount"));
	}
	if (*fd < 0 && errno == ENOTDIR)
		return (err_set(err, ERR_CONFIG, "not a directory"));
	return (*fd < 0 ? err_sys(err, "trust_file") : 1);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	assert_true(fd >= 0);
	return (fault("fchmod") ? -1 : __real_fchmod(fd, mode));
}

int
__wrap_fchmodat(int dirfd, const char *name, mode_t mode, int flags)
{
	return (fault("fchmodat") ? -1 : __real_fchmodat(dirfd, name, mode, flags));
}

int
__wrap_fchownat(int dirfd, const char *name, uid_t uid, gid_t gid, int flags)
{
	struct stat st;

	assert_int_equal(world.raised, 1ULL << CAP_CHOWN);
	assert_int_equal(flags, AT_SYMLINK_NOFOLLOW);
	assert_int_equal(fstatat(dirfd, name, &st, flags), 0);
	/* Nobody else can open it before. */
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(gid, 100);
	world.given_to = uid;
	return (fault("fchownat") ? -1 : 0);
}

int
__wrap_flock(int fd, int operation)
{
	assert_true(fd >= 0);
	assert_int_equal(operation, LOCK_EX | LOCK_NB);
	if (world.busy != 0) {
		errno = world.busy;
		return (-1);
	}
	return (0);
}

int
__wrap_socket(int domain, int type, int protocol)
{
	assert_int_equal(type, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
	return (fault("socket") ? -1 : __real_socket(domain, type, protocol));
}

int
__wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)(const void *)address;
	int file;

	(void)fd, (void)len;
	assert_string_equal(un->sun_path, "/run/berth/1000/engine.sock.new");
	if (fault("bind"))
		return (-1);
	file = __real_openat(
	    world.rootfd, "run/berth/1000/engine.sock.new", O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (file < 0)
		return (-1);
	close(file);
	return (0);
}

int
__wrap_listen(int fd, int backlog)
{
	(void)fd;
	assert_int_equal(backlog, SOMAXCONN);
	/* Until it listens the old name stays. */
	assert_false(was_called("renameat"));
	return (fault("listen") ? -1 : 0);
}

int
__wrap_renameat(int fromfd, const char *from, int tofd, const char *to)
{
	return (fault("renameat") ? -1 : __real_renameat(fromfd, from, tofd, to));
}

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	snprintf(world.root, sizeof(world.root), "/tmp/berth-unit-XXXXXX");
	assert_non_null(mkdtemp(world.root));
	fault_none();
	world.types[0] = CGROUP2_SUPER_MAGIC;
	world.rootfd = __real_open(world.root, O_PATH | O_DIRECTORY);
	assert_int_equal(__real_mkdirat(world.rootfd, "run", 0755), 0);
	assert_int_equal(__real_mkdirat(world.rootfd, "state", 0755), 0);
	umask(077);
	return (0);
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	close(world.rootfd);
	snprintf(command, sizeof(command), "rm -rf %s", world.root);
	return (system(command));
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	return (fstatat(world.rootfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mode & 07777);
}

static void
touch(const char *name)
{
	int fd = __real_openat(world.rootfd, name, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void
forget(struct runtime *runtime)
{
	close(runtime->lock);
	close(runtime->socket);
}

static int
count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return (count);
}

static void
test_fresh(void **state)
{
	struct runtime runtime;
	struct err err;

	(void)state;
	assert_int_equal(runtime_prepare(&grant, &runtime, &err), 0);
	assert_int_equal(mode_of("run/berth"), 0755);
	assert_int_equal(mode_of("run/berth/1000"), 0711);
	assert_int_equal(mode_of("run/berth/1000/lock"), 0600);
	assert_int_equal(mode_of("run/berth/1000/engine.sock"), 0600);
	assert_int_equal(mode_of("run/berth/1000/engine.sock.new"), 0);
	assert_int_equal(mode_of("state/1000"), 0700);
	assert_int_equal(world.given_to, 1000);
	assert_int_equal(world.raised, 0);
	forget(&runtime);
}

static void
test_again(void **state)
{
	struct runtime runtime;
	struct err err;

	(void)state;
	assert_int_equal(runtime_prepare(&rooted, &runtime, &err), 0);
	assert_int_equal(mode_of("state/1000"), 0);
	forget(&runtime);
	/* What a start that died left: modes, and the socket's first name. */
	__real_fchmodat(world.rootfd, "run/berth", 0700, 0);
	__real_fchmodat(world.rootfd, "run/berth/1000", 0700, 0);
	touch("run/berth/1000/engine.sock.new");
	fault_none();
	assert_int_equal(runtime_prepare(&rooted, &runtime, &err), 0);
	assert_int_equal(mode_of("run/berth"), 0755);
	assert_int_equal(mode_of("run/berth/1000"), 0711);
	assert_int_equal(mode_of("run/berth/1000/engine.sock.new"), 0);
	forget(&runtime);
}

/* The user's own is theirs; root's is one that a start left behind before it could give it. */
static void
test_state(void **state)
{
	struct runtime runtime;
	struct err err;

	(void)state;
	world.state_owner = 1000;
	__real_mkdirat(world.rootfd, "state/1000", 0755);
	__real_fchmodat(world.rootfd, "state/1000", 0755, 0);
	assert_int_equal(runtime_prepare(&grant, &runtime, &err), 0);
	assert_int_equal(mode_of("state/1000"), 0755);
	/* But for the socket. */
	assert_null(strstr(strstr(fault_log, "fchownat ") + 1, "fchownat "));
	forget(&runtime);
	world.state_owner = 0;
	fault_none();
	assert_int_equal(runtime_prepare(&grant, &runtime, &err), 0);
	assert_int_equal(mode_of("state/1000"), 0700);
	forget(&runtime);
}

/* Two launchers for one call each, at the same time: the other one was faster. */
static void
test_state_meanwhile(void **state)
{
	struct err err;

	(void)state;
	fault_set("fchmodat", 1, EPERM);
	assert_int_equal(state_prepare(&grant, &err), 0);
	assert_false(was_called("fchownat"));
	fault_set("fchmodat", 1, EIO);
	assert_int_equal(state_prepare(&grant, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot hand");
}

/* What cannot be judged is not given away; and a mount is asked nothing, not even by root. */
static void
test_state_is_judged(void **state)
{
	struct err err;

	(void)state;
	fault_set("trust_file", 1, 0);
	assert_int_equal(state_prepare(&grant, &err), 0);
	assert_string_equal(
	    fault_log, "trust_dir_none trust_dir mkdirat trust_file_none trust_file ");
	fault_set("open_state", 1, EMFILE);
	assert_int_equal(state_prepare(&grant, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot open /var/lib/berth/1000");
	assert_false(was_called("fchmodat"));
	/* It went between the two. */
	fault_set("trust_file_none", 1, ENOENT);
	assert_int_equal(state_prepare(&grant, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot open /var/lib/berth/1000");
	assert_false(was_called("fchmodat"));
	fault_set("mkdirat", 1, EROFS);
	assert_int_equal(state_prepare(&grant, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot make");
}

static void
test_busy(void **state)
{
	struct runtime runtime;
	struct err err;
	int before;

	(void)state;
	world.busy = EWOULDBLOCK;
	before = count_open();
	assert_int_equal(runtime_prepare(&grant, &runtime, &err), -1);
	assert_int_equal(count_open(), before);
	assert_failed(&err, ERR_UNAVAILABLE, "an engine of this user is running or starting");
	assert_int_equal(mode_of("run/berth/1000/engine.sock"), 0);
	assert_false(was_called("socket"));
	world.busy = ENOLCK;
	assert_int_equal(runtime_prepare(&grant, &runtime, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot lock");
}

/* What is in the way of the state directory is not handed over: the engine says what it thinks. */
static void
test_state_is_no_directory(void **state)
{
	struct err err;

	(void)state;
	touch("state/1000");
	__real_fchmodat(world.rootfd, "state/1000", 0644, 0);
	assert_int_equal(state_prepare(&grant, &err), 0);
	assert_int_equal(mode_of("state/1000"), 0644);
	assert_false(was_called("fchownat"));
}

/* Each is told as what it was, where it was: nothing goes on with what is not there. */
static void
test_runtime_faults(void **state)
{
	static const struct {
		const char *call;
		int at;
		const char *what;
	} plans[] = { { "trust_dir", 1, "not trusted" },
		{ "trust_dir_none", 1, "there is no directory /run" },
		{ "mkdirat", 1, "cannot make the directory berth" },
		{ "mkdirat", 2, "cannot make the directory 1000" },
		{ "mkdirat", 3, "cannot make /var/lib/berth/1000" },
		{ "trust_file", 1, "not trusted" }, { "trust_file", 2, "not trusted" },
		{ "trust_file_none", 1, "cannot set up the directory berth" },
		{ "fchmod", 1, "cannot set up the directory berth" },
		{ "fchmod", 2, "cannot set up the directory 1000" },
		{ "openat", 1, "cannot open the lock" }, { "trust_dir", 2, "not trusted" },
		{ "trust_dir_none", 2, "there is no directory /var/lib/berth" },
		{ "trust_file_none", 3, "cannot open /var/lib/berth/1000" },
		{ "open_state", 1, "cannot open /var/lib/berth/1000" },
		{ "fchmodat", 1, "cannot hand /var/lib/berth/1000" },
		{ "fchownat", 1, "cannot hand /var/lib/berth/1000" },
		{ "socket", 1, "cannot make the socket" },
		{ "unlinkat", 1, "cannot make the socket" },
		{ "bind", 1, "cannot make the socket" },
		{ "fchmodat", 2, "cannot make the socket" },
		{ "fchownat", 2, "cannot make the socket" },
		{ "listen", 1, "cannot make the socket" },
		{ "renameat", 1, "cannot make the socket" } };
	struct runtime runtime;
	struct err err;
	int before;

	tear_down(state);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		set_up(state);
		err = (struct err){ 0 };
		fault_set(plans[i].call, plans[i].at, EACCES);
		before = count_open();
		runtime.lock = -1;
		if (runtime_prepare(&grant, &runtime, &err) != -1 ||
		    strstr(err.what, plans[i].what) == NULL)
			fail_msg("%s %d: '%s'", plans[i].call, plans[i].at, err.what);
		assert_int_not_equal(err.code, ERR_INVALID);
		assert_true(err.errnum == 0 || err.errnum == EACCES);
		assert_int_equal(world.raised, 0);
		assert_int_equal(mode_of("run/berth/1000/engine.sock"), 0);
		if (runtime.lock >= 0)
			close(runtime.lock);
		assert_int_equal(count_open(), before);
		tear_down(state);
	}
	set_up(state);
}

/* --- cgroups ----------------------------------------------------------------------------------- */

static void
test_cgroups(void **state)
{
	struct err err;
	int fd, before = count_open();

	(void)state;
	world.cgroups = true;
	assert_int_equal(cgroup_launcher(&fd, &err), 0);
	assert_true(fd >= 0);
	close(fd);
	/* The user cannot even look into them. */
	assert_int_equal(mode_of("berth"), 0700);
	assert_int_equal(mode_of("berth/launcher"), 0700);
	assert_int_equal(cgroup_launcher(&fd, &err), 0);
	close(fd);
	__real_mkdirat(world.rootfd, "berth/1000", 0700);
	__real_mkdirat(world.rootfd, "berth/1000/empty", 0700);
	__real_mkdirat(world.rootfd, "berth/1000/busy", 0700);
	touch("berth/1000/busy/job");
	touch("berth/1000/cgroup.procs");
	assert_int_equal(cgroup_fresh(1000, &fd, &err), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mode_of("berth/1000/12.000000345"), 0700);
	assert_int_equal(mode_of("berth/1000/empty"), 0);
	assert_int_equal(mode_of("berth/1000/busy"), 0700);
	assert_int_equal(mode_of("berth/launcher"), 0700);
	assert_int_equal(world.raised, 0);
	assert_int_equal(count_open(), before);
}

static void
test_layouts(void **state)
{
	struct err err;
	int fd, before = count_open();

	(void)state;
	world.cgroups = true;
	/* Hybrid: version 1 in front. */
	world.types[0] = TMPFS_MAGIC;
	world.types[1] = CGROUP2_SUPER_MAGIC;
	assert_int_equal(cgroup_launcher(&fd, &err), 0);
	assert_true(fd >= 0);
	close(fd);
	/* Version 1 alone, and none at all: nothing is made there. */
	world.types[1] = 0;
	fault_none();
	assert_int_equal(cgroup_launcher(&fd, &err), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(cgroup_fresh(1000, &fd, &err), 0);
	assert_int_equal(fd, -1);
	world.types[0] = 0;
	assert_int_equal(cgroup_launcher(&fd, &err), 0);
	assert_int_equal(fd, -1);
	assert_false(was_called("mkdirat"));
	assert_int_equal(count_open(), before);
}

static void
test_cgroup_faults(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "open", 1 }, { "fstatfs", 1 }, { "mkdirat", 1 }, { "mkdirat", 2 },
		{ "mkdirat", 3 }, { "openat", 1 }, { "openat", 2 }, { "openat", 4 } };
	struct err err;
	int fd, before;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		tear_down(state);
		set_up(state);
		world.cgroups = true;
		err = (struct err){ 0 };
		fault_set(plans[i].call, plans[i].at, EACCES);
		if (cgroup_fresh(1000, &fd, &err) != -1 || err.code != ERR_SYSTEM ||
		    err.errnum != EACCES)
			fail_msg("%s %d is not noticed", plans[i].call, plans[i].at);
		assert_int_equal(world.raised, 0);
	}
	fault_set("mkdirat", 2, EACCES);
	assert_int_equal(cgroup_launcher(&fd, &err), -1);
	/* To tidy up is not what a start is for. */
	fault_set("openat", 3, EMFILE);
	assert_int_equal(cgroup_fresh(1000, &fd, &err), 0);
	close(fd);
	before = count_open();
	fault_set("fdopendir", 1, ENOMEM);
	assert_int_equal(cgroup_fresh(1000, &fd, &err), 0);
	close(fd);
	assert_int_equal(count_open(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state_is_judged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state_is_no_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_runtime_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_layouts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroup_faults, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
