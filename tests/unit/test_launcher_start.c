/* SPDX-License-Identifier: ISC */
/*
 * The verb "start" and the making of processes: the parent's half, the init's half, and what an
 * engine says at its start.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: make no namespace and execute nothing
 */
/* WRAP: trust_dir trust_file fstat runtime_prepare cgroup_fresh io_memfd facts_write pipe2 */
/* WRAP: priv_become_owner priv_become_root priv_drop_forever priv_enter_namespace priv_ceiling */
/* WRAP: priv_filter priv_drop_in_namespace priv_raise confine write_maps syscall poll */
/* WRAP: execveat close_range dup2 waitpid fcntl write listen openat split_watch read */
/* WRAP: priv_enter_groups separate_mounts share_take share_return clock_gettime setsid */
#include "tests/unit/launcher_unit.h"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/facts.h"
#include "common/filter.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"
#include "helper/launcher/split.h"

/* Milliseconds; nothing here is waited for that comes. */
#define PATIENCE 30000

static struct {
	pid_t split; /* what the clone into namespaces returns */
	pid_t fork; /* what the init's clone returns */
	int found; /* of the engine's file */
	mode_t engine_mode;
	const char *says; /* of the engine */
	size_t says_len;
	bool chatty; /* keeps the pipe open */
	int ready[2], go[2]; /* the pipes that were made */
	int pipes;
	int lock;
	int order; /* of identities: owner 1, root 2, maps 3, forever 4 */
	int watched; /* at which point of these a watcher was left */
	int init_ready; /* in an init: where it reports */
	int init_go; /* and how many bytes tell it to go on */
	int born; /* how many bytes of the init's tell the engine to */
	int taken; /* the order at which the share was taken, from 1 on */
	time_t jump; /* seconds that pass between two looks at the clock */
	time_t jumped;
	int given[4]; /* both pipes as the launcher got them */
	int dir; /* the init's in its procfs */
	int own_maps; /* in the grant: of uids, of gids too */
} world;

int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err);
int __wrap_cgroup_fresh(uint32_t uid, int *fd, struct err *err);
int __real_io_memfd(const char *name);
int __wrap_io_memfd(const char *name);
int __wrap_facts_write(
    int fd, enum facts_mode mode, const struct caller *caller, const struct grant *grant);
int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
void __wrap_priv_become_owner(uint32_t owner_id);
void __wrap_priv_become_root(void);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);
void __wrap_priv_enter_namespace(void);
void __wrap_priv_ceiling(void);
void __wrap_priv_filter(const struct sock_filter *filter, unsigned short len);
void __wrap_priv_drop_in_namespace(void);
void __wrap_priv_raise(int cap, int other);
int __wrap_confine(int procfd, struct err *err);
int __wrap_write_maps(
    int child, const struct idmap *uids, const struct idmap *gids, struct err *err);
int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_split_watch(const struct split *split, int init, struct err *err);
void __wrap_priv_enter_groups(void);
int __wrap_separate_mounts(struct err *err);
int __wrap_share_take(struct share *share, struct err *err);
int __wrap_share_return(const struct share *share, struct err *err);
int __wrap_execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);
int __real_close_range(unsigned int first, unsigned int last, int flags);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __wrap_listen(int fd, int backlog);
pid_t __wrap_setsid(void);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	*fd = -1;
	if (fault("trust_dir"))
		return (err_set(err, ERR_CONFIG, "not trusted"));
	if (fault("trust_dir_none"))
		return (0);
	assert_string_equal(path, BERTH_LIBEXEC);
	return (1);
}

int
__wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
{
	(void)dirfd;
	assert_string_equal(name, "berth-engine");
	assert_int_equal(flags, O_PATH);
	*fd = -1;
	if (fault("trust_file"))
		return (err_set(err, ERR_CONFIG, "not trusted"));
	*fd = open("/dev/null", O_PATH | O_CLOEXEC);
	return (world.found);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	/* What a call that fails leaves there is not to be believed. */
	if (__real_fstat(fd, st) < 0)
		return (-1);
	st->st_mode = S_IFREG | world.engine_mode;
	return (fault("fstat") ? -1 : 0);
}

int
__wrap_runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err)
{
	(void)grant;
	if (fault("runtime_prepare"))
		return (err_set(err, ERR_UNAVAILABLE, "busy"));
	runtime->lock = world.lock = open("/dev/null", O_RDWR | O_CLOEXEC);
	runtime->socket = open("/dev/null", O_RDWR | O_CLOEXEC);
	return (0);
}

int
__wrap_cgroup_fresh(uint32_t uid, int *fd, struct err *err)
{
	assert_int_equal(uid, 1000);
	if (fault("cgroup_fresh"))
		return (err_set(err, ERR_SYSTEM, "no cgroup"));
	*fd = 777;
	return (0);
}

int
__wrap_io_memfd(const char *name)
{
	return (fault("io_memfd") ? -1 : __real_io_memfd(name));
}

int
__wrap_facts_write(
    int fd, enum facts_mode mode, const struct caller *caller, const struct grant *grant)
{
	(void)fd, (void)caller, (void)grant;
	assert_int_equal(mode, FACTS_SHARED);
	return (fault("facts_write") ? -1 : 0);
}

int
__wrap_pipe2(int fds[2], int flags)
{
	int *mine = world.pipes++ == 0 ? world.ready : world.go;

	assert_int_equal(flags, O_CLOEXEC);
	if (fault("pipe2") || __real_pipe2(fds, flags) < 0)
		return (-1);
	if (world.init_ready > 0) {
		int bytes = world.pipes == 2 ? world.init_go : world.born;

		if (world.pipes == 1)
			return (__real_dup2(world.init_ready, fds[1]) < 0 ? -1 : 0);
		return (__real_write(fds[1], "gw", (size_t)bytes) != bytes ? -1 : 0);
	}
	mine[0] = dup(fds[0]);
	mine[1] = dup(fds[1]);
	memcpy(world.given + (mine == world.go ? 2 : 0), fds, 2 * sizeof(int));
	return (0);
}

int
__wrap_split_watch(const struct split *split, int init, struct err *err)
{
	assert_true(init >= 0);
	assert_true(split->go[1] >= 0);
	world.watched = world.order;
	return (fault("split_watch") ? err_set(err, ERR_SYSTEM, "no watcher") : 0);
}

static void
step(int wanted)
{
	assert_int_equal(++world.order, wanted);
}

void
__wrap_priv_become_owner(uint32_t owner_id)
{
	assert_int_equal(owner_id, 2147480000);
	step(1);
}

void
__wrap_priv_become_root(void)
{
	step(2);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	assert_int_equal(uid, 1000);
	assert_int_equal(gid, 100);
	/* Nobody whom the user can stop holds the lock. */
	assert_int_equal(__real_fcntl(world.lock, F_GETFD), -1);
	step(4);
}

void
__wrap_priv_enter_namespace(void)
{
	(void)fault("priv_enter_namespace");
}

/* The init's, before it does anything as one. */
void
__wrap_priv_enter_groups(void)
{
	(void)fault("priv_enter_groups");
}

int
__wrap_share_take(struct share *share, struct err *err)
{
	assert_int_equal(world.order, 0);
	world.taken = 1;
	share->nice = 17;
	return (fault("share_take") ? err_set(err, ERR_SYSTEM, "no turn") : 0);
}

/* As the user, whose it is, and with what a ceiling would not leave. */
int
__wrap_separate_mounts(struct err *err)
{
	CHILD_CHECK(was_called("priv_enter_namespace") && !was_called("priv_ceiling"));
	return (fault("separate_mounts") ? err_set(err, ERR_SYSTEM, "not separate") : 0);
}

int
__wrap_share_return(const struct share *share, struct err *err)
{
	CHILD_CHECK(was_called("priv_enter_namespace"));
	CHILD_CHECK(share->nice == (world.taken ? 17 : 0));
	return (fault("share_return") ? err_set(err, ERR_SYSTEM, "not returned") : 0);
}

void
__wrap_priv_ceiling(void)
{
	(void)fault("priv_ceiling");
}

void
__wrap_priv_filter(const struct sock_filter *filter, unsigned short len)
{
	(void)fault("priv_filter");
	CHILD_CHECK(filter == filter_ceiling && len == filter_ceiling_len && len > 0);
	CHILD_CHECK(was_called("priv_ceiling"));
}

void
__wrap_priv_drop_in_namespace(void)
{
	(void)fault("priv_drop_in_namespace");
}

void
__wrap_priv_raise(int cap, int other)
{
	assert_int_equal(cap, CAP_SYS_ADMIN);
	assert_int_equal(other, CAP_DAC_OVERRIDE);
}

int
__wrap_confine(int procfd, struct err *err)
{
	CHILD_CHECK(procfd == 555 && was_called("priv_enter_groups"));
	/* It must not be the user's. */
	CHILD_CHECK(!was_called("priv_enter_namespace"));
	return (fault("confine") ? err_set(err, ERR_BUG, "not confined") : 0);
}

int
__wrap_write_maps(int child, const struct idmap *uids, const struct idmap *gids, struct err *err)
{
	struct pollfd go = { .fd = world.go[0], .events = POLLIN };
	char text[64];

	assert_true(idmap_format(text, sizeof(text), uids) > 0);
	assert_string_equal(
	    text, world.own_maps > 0 ? "0 100000 1\n5 1000 1\n" : "0 1000 1\n1 100000 65536\n");
	assert_true(idmap_format(text, sizeof(text), gids) > 0);
	assert_string_equal(text, world.own_maps > 1 ? "0 100 1\n" : "0 100 1\n1 200000 65530\n");
	assert_true(child >= 0 && was_called("alive"));
	/* The init must not go on before. */
	assert_int_equal(__real_poll(&go, 1, 0), 0);
	if (fault("write_maps"))
		return (err_set(err, ERR_SYSTEM, "no maps"));
	step(3);
	if (world.says != NULL)
		assert_int_equal(__real_write(world.ready[1], world.says, world.says_len),
		    (ssize_t)world.says_len);
	if (!world.chatty)
		close(world.ready[1]);
	return (0);
}

long
__wrap_syscall(long nr, ...)
{
	const struct clone_args *args;
	va_list list;

	va_start(list, nr);
	if (nr == SYS_rt_sigaction) {
		int sig = va_arg(list, int);
		const void *action = va_arg(list, const void *);

		va_end(list);
		return (__real_syscall(nr, sig, action, NULL, NSIG / 8));
	}
	args = va_arg(list, const struct clone_args *);
	assert_int_equal(va_arg(list, size_t), sizeof(*args));
	va_end(list);
	assert_int_equal(nr, SYS_clone3);
	assert_int_equal(args->exit_signal, SIGCHLD);
	assert_int_equal(args->stack, 0);
	if (fault("clone3"))
		return (-1);
	if ((args->flags & CLONE_NEWUSER) == 0) {
		assert_int_equal(args->flags, 0);
		return (world.fork);
	}
	assert_int_equal(
	    args->flags, CLONE_NEWUSER | CLONE_NEWPID | CLONE_PIDFD | CLONE_INTO_CGROUP);
	assert_int_equal(args->cgroup, 777);
	return (world.split);
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	/* Has the init ended, so that its number may be somebody else's? */
	if (timeout == 0) {
		assert_true(was_called("openat"));
		return (fault("alive"));
	}
	/* Nothing waits without a limit. */
	assert_true(timeout > 0);
	if (fault("timeout"))
		return (0);
	if (fault("poll"))
		return (-1);
	timeout = __real_poll(fds, n, timeout < PATIENCE ? timeout : PATIENCE);
	CHILD_CHECK(timeout != 0);
	return (timeout);
}

int
__wrap_openat(int dir, const char *name, int flags, ...)
{
	if (dir != 555)
		return (__real_openat(dir, name, flags));
	assert_string_equal(name, "4242");
	world.dir = fault("openat") ? -1 : __real_openat(AT_FDCWD, "/", flags);
	return (world.dir);
}

/* What an engine starts with is judged here, in its place. */
int
__wrap_execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	unsigned long action[4];
	struct stat null, st;

	if (dirfd < 0) {
		errno = EBADF;
		return (-1);
	}
	CHILD_CHECK(path[0] == '\0' && flags == AT_EMPTY_PATH && envp[0] == NULL);
	CHILD_CHECK(strcmp(argv[0], "berth-engine") == 0 && argv[1] == NULL);
	CHILD_CHECK(dirfd >= ENGINE_FD_END);
	CHILD_CHECK((__real_fcntl(dirfd, F_GETFD) & FD_CLOEXEC) != 0);
	CHILD_CHECK(stat("/dev/null", &null) == 0);
	for (int fd = 0; fd < 3; fd++)
		CHILD_CHECK(__real_fstat(fd, &st) == 0 && st.st_rdev == null.st_rdev);
	for (int fd = 0; fd < ENGINE_FD_END; fd++)
		CHILD_CHECK(__real_fcntl(fd, F_GETFD) == 0);
	for (int fd = ENGINE_FD_END; fd < 200; fd++)
		CHILD_CHECK(__real_fcntl(fd, F_GETFD) != 0);
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction now;

		CHILD_CHECK(sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	}
	/* libc keeps these to itself; a caller can have had them ignored all the same. */
	for (int sig = 32; sig <= 33; sig++)
		CHILD_CHECK(__real_syscall(SYS_rt_sigaction, sig, NULL, action, NSIG / 8) == 0 &&
			    action[0] == 0);
	CHILD_CHECK(was_called("priv_filter") && was_called("listen") && was_called("setsid"));
	CHILD_CHECK(was_called("separate_mounts") && was_called("share_return"));
	if (!fault("execveat"))
		_exit(50);
	return (-1);
}

int
__wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	return (fault("close_range") ? -1 : __real_close_range(first, last, flags));
}

int
__wrap_dup2(int from, int to)
{
	return (fault("dup2") ? -1 : __real_dup2(from, to));
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	return (fault("waitpid") ? -1 : __real_waitpid(pid, status, options));
}

int
__wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	return (fault("fcntl") ? -1 : __real_fcntl(fd, cmd, arg));
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	return (len == 1 && fault("go") ? -1 : __real_write(fd, buf, len));
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	return (fault("read") ? -1 : __real_read(fd, buf, len));
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc = __real_clock_gettime(clock, out);

	assert_int_equal(clock, CLOCK_BOOTTIME);
	out->tv_sec += world.jumped += world.jump;
	return (rc);
}

/* In the engine's process, which the init's session is nothing to. */
pid_t
__wrap_setsid(void)
{
	if (fault("setsid"))
		return (errno == 0 ? 0 : -1);
	return (1);
}

/* Once more by the engine's process, so that SO_PEERCRED of the socket is the user. */
int
__wrap_listen(int fd, int backlog)
{
	(void)backlog;
	CHILD_CHECK(fd >= 0 && was_called("priv_enter_namespace"));
	return (fault("listen") ? -1 : 0);
}

static struct grant grant = { .uid = 1000,
	.gid = 100,
	.owner_id = 2147480000,
	.subuid = { 100000, 65536 },
	.subgid = { 200000, 65530 } };

static gid_t groups[1];
static const struct caller caller = { 1000, 100, 0, groups };
static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.split = 4242;
	world.fork = 4243;
	world.found = 1;
	world.engine_mode = 0711;
	world.born = 1;
	world.says = "R";
	world.says_len = 1;
	grant.until = 0;
	grant.uids.n = grant.gids.n = 0;
	world.ready[0] = world.ready[1] = world.go[0] = world.go[1] = -1;
	fault_none();
	return (0);
}

static int
start(struct err *err)
{
	const struct handles handles = { .etcfd = open("/dev/null", O_PATH | O_CLOEXEC),
		.procfd = 555 };

	return (verb_start(&caller, &grant, &handles, err));
}

static void
test_ready(void **state)
{
	struct err err;
	char go = 0;

	(void)state;
	assert_int_equal(start(&err), 0);
	assert_int_equal(world.order, 4);
	assert_int_equal(read(world.go[0], &go, 1), 1);
	assert_int_equal(world.taken, 0);
	/* Of the pipes the end that it reads, and the init's of none. */
	assert_true(__real_fcntl(world.given[0], F_GETFD) >= 0);
	for (int i = 1; i < 4; i++)
		assert_int_equal(__real_fcntl(world.given[i], F_GETFD), -1);
	assert_int_equal(__real_fcntl(world.dir, F_GETFD), -1);
}

/* What write_maps is given is checked where it is called. */
static void
test_own_maps(void **state)
{
	static const struct idmap_line uids[] = { { 0, 100000, 1 }, { 5, 1000, 1 } },
				       gids[] = { { 0, 100, 1 } };
	struct err err;

	grant.uids = (struct idmap){ 2, uids };
	world.own_maps = 1;
	assert_int_equal(start(&err), 0);
	set_up(state);
	grant.uids = (struct idmap){ 2, uids };
	grant.gids = (struct idmap){ 1, gids };
	world.own_maps = 2;
	assert_int_equal(start(&err), 0);
	assert_int_equal(world.order, 4);
}

/* As root still, when the init cannot have gone on. */
static void
test_watcher(void **state)
{
	struct err err;
	char go[2];

	assert_int_equal(start(&err), 0);
	assert_int_equal(world.watched, 0);
	set_up(state);
	grant.until = 1800000000;
	assert_int_equal(start(&err), 0);
	assert_int_equal(world.watched, 3);
	assert_int_equal(world.taken, 1);
	assert_int_equal(read(world.go[0], go, 2), 1);
	set_up(state);
	grant.until = 1800000000;
	fault_set("split_watch", 1, EIO);
	assert_int_equal(start(&err), -1);
	assert_failed(&err, ERR_SYSTEM, "no watcher");
	assert_false(was_called("go"));
	set_up(state);
	grant.until = 1800000000;
	fault_set("share_take", 1, EIO);
	assert_int_equal(start(&err), -1);
	assert_failed(&err, ERR_SYSTEM, "no turn");
	assert_false(was_called("clone3"));
}

static void
test_faults(void **state)
{
	static const struct {
		const char *call;
		int at;
		int code;
		const char *what;
	} plans[] = { { "trust_dir", 1, ERR_CONFIG, "not trusted" },
		{ "trust_dir_none", 1, ERR_CONFIG, "is missing" },
		{ "trust_file", 1, ERR_CONFIG, "not trusted" },
		{ "fstat", 1, ERR_CONFIG, "is missing" },
		{ "runtime_prepare", 1, ERR_UNAVAILABLE, "busy" },
		{ "cgroup_fresh", 1, ERR_SYSTEM, "no cgroup" },
		{ "io_memfd", 1, ERR_SYSTEM, "cannot hand the facts" },
		{ "facts_write", 1, ERR_SYSTEM, "cannot hand the facts" },
		{ "pipe2", 1, ERR_SYSTEM, "cannot make a pipe" },
		{ "pipe2", 2, ERR_SYSTEM, "cannot make a pipe" },
		{ "clone3", 1, ERR_SYSTEM, "cannot make a user namespace" },
		{ "openat", 1, ERR_SYSTEM, "cannot find the user namespace" },
		{ "alive", 1, ERR_SYSTEM, "cannot find the user namespace" },
		{ "write_maps", 1, ERR_SYSTEM, "no maps" },
		{ "go", 1, ERR_SYSTEM, "the namespace ended" },
		{ "poll", 1, ERR_SYSTEM, "not ready in time" },
		{ "timeout", 1, ERR_SYSTEM, "not ready in time" } };
	struct err err;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		set_up(state);
		fault_set(plans[i].call, plans[i].at, EIO);
		if (start(&err) != -1 || (int)err.code != plans[i].code ||
		    strstr(err.what, plans[i].what) == NULL)
			fail_msg("%s %d: %d '%s'", plans[i].call, plans[i].at, err.code, err.what);
		assert_string_not_equal(err.what, "");
		if (strcmp(plans[i].call, "alive") == 0)
			assert_int_equal(__real_fcntl(world.dir, F_GETFD), -1);
		/* Nobody is told to go on when the maps are not there. */
		assert_true(world.order >= 3 || world.go[0] < 0 || !was_called("go"));
	}
	/* The last one: it may be ready still, and is not ours to end. */
	assert_string_equal(err.what, "the engine was not ready in time");
	assert_non_null(strstr(err.todo, "--force"));
}

/* It may drip: what is left of the time is asked for before each wait, and none is without end. */
static void
test_late(void **state)
{
	struct err err;

	(void)state;
	world.jump = 40;
	assert_int_equal(start(&err), -1);
	assert_failed(&err, ERR_SYSTEM, "the engine was not ready in time");
	assert_false(was_called("read"));
}

static void
test_engine_file(void **state)
{
	static const mode_t readable[] = { 0755, 0751, 0715, 0744, 0741 };
	struct err err;

	world.found = 0;
	assert_int_equal(start(&err), -1);
	assert_failed(&err, ERR_CONFIG, "berth-engine is missing");
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		set_up(state);
		world.engine_mode = readable[i];
		assert_int_equal(start(&err), -1);
		assert_failed(&err, ERR_CONFIG, "others can read it");
		assert_false(was_called("runtime_prepare"));
	}
}

static void
test_no_namespace(void **state)
{
	struct err err;

	fault_set("clone3", 1, ENOSPC);
	assert_int_equal(start(&err), -1);
	assert_non_null(strstr(err.todo, "user.max_user_namespaces"));
	assert_int_equal(world.order, 2);
	set_up(state);
	fault_set("clone3", 1, EPERM);
	assert_int_equal(start(&err), -1);
	assert_non_null(strstr(err.todo, "chroot"));
	set_up(state);
	fault_set("clone3", 1, ENOMEM);
	assert_int_equal(start(&err), -1);
	assert_string_equal(err.todo, "");
}

static struct err said_err;

static void
assert_says(const char *text, size_t len, int code, const char *what)
{
	set_up(NULL);
	world.says = text;
	world.says_len = len;
	assert_int_equal(start(&said_err), -1);
	if ((int)said_err.code != code || strcmp(said_err.what, what) != 0)
		fail_msg("'%.*s': %d '%s'", (int)len, text, said_err.code, said_err.what);
}

/* Whatever an engine says: only "R" alone is ready, and only known codes are taken from it. */
static void
test_says(void **state)
{
	static const char long_text[3000] = "Mlong";
	struct err err;

	(void)state;
	assert_says("Mwhat\nwhy\ntodo", 14, ERR_REFUSED, "what");
	assert_string_equal(said_err.why, "why");
	assert_string_equal(said_err.todo, "todo");
	assert_says("Nx", 2, ERR_CONFIG, "x");
	assert_string_equal(said_err.why, "");
	assert_string_equal(said_err.todo, "");
	assert_says("@x", 2, ERR_USAGE, "x");
	assert_says("Ex", 2, ERR_UNAVAILABLE, "x");
	assert_says("Fx", 2, ERR_BUG, "x");
	assert_says("Gx", 2, ERR_SYSTEM, "x");
	assert_says("", 0, ERR_SYSTEM, "the engine ended before it was ready");
	assert_says("\0", 1, ERR_SYSTEM, "the engine ended before it was ready");
	assert_says("\0R", 2, ERR_SYSTEM, "the engine ended before it was ready");
	assert_says("\1x", 2, ERR_SYSTEM, "x");
	assert_says("\377x", 2, ERR_SYSTEM, "x");
	assert_says("RR", 2, ERR_SYSTEM, "R");
	assert_says("R\n", 2, ERR_SYSTEM, "the engine ended before it was ready");
	assert_says("M\033[2J", 5, ERR_REFUSED, "\\x1b[2J");
	assert_says("M", 1, ERR_REFUSED, "the engine ended before it was ready");
	assert_says(long_text, sizeof(long_text), ERR_REFUSED, "long");
	/* One that never ends is not read for ever. */
	set_up(NULL);
	world.says = long_text;
	world.says_len = sizeof(long_text);
	world.chatty = true;
	assert_int_equal(start(&err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	/* Nor waited for, when all that is read has come. */
	set_up(NULL);
	world.says = long_text;
	world.says_len = 2000;
	world.chatty = true;
	assert_int_equal(start(&err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	/* A read that fails does not make one byte of two. */
	set_up(NULL);
	world.says = "RX";
	world.says_len = 2;
	fault_set("read", 2, EIO);
	assert_int_equal(start(&err), -1);
	assert_failed(&err, ERR_SYSTEM, "X");
}

/* --- the init's half, in a child ----------------------------------------------------------------- */

static char said[256]; /* what came out of the ready pipe */

static struct plan {
	const char *call;
	int at;
	int errnum;
	pid_t fork;
	int go;
	bool ends; /* the grant does: a byte of the watcher's is needed as well */
	bool unborn; /* the init dies before it says that it has closed all */
} plan;

static void
be_init(void)
{
	struct err err;

	/* As sanitize() leaves it: nobody reads here what the init says. */
	signal(SIGPIPE, SIG_IGN);
	fault_set(plan.call, plan.at, plan.errnum);
	world.split = 0;
	world.fork = plan.fork;
	start(&err);
	_exit(60);
}

/* Runs the init; its status. */
static int
run_init(const struct plan *wanted)
{
	int ready[2], status;
	ssize_t got;
	pid_t pid;

	set_up(NULL);
	plan = *wanted;
	grant.until = plan.ends ? 1800000000 : 0;
	assert_int_equal(__real_pipe2(ready, 0), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		world.init_ready = ready[1];
		world.init_go = plan.go;
		world.born = !plan.unborn;
		be_init();
	}
	close(ready[1]);
	got = read(ready[0], said, sizeof(said) - 1);
	said[got < 0 ? 0 : got] = '\0';
	close(ready[0]);
	assert_int_equal(__real_waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status));
}

static void
test_init(void **state)
{
	(void)state;
	/* The launcher died before the namespace was complete. */
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 0, 0, false, false }), ERR_SYSTEM);
	/* Or the watcher did, or the launcher before a watcher that watches already. */
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 0, 0, true, false }), ERR_SYSTEM);
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 4243, 1, true, false }), ERR_SYSTEM);
	assert_string_equal(said, "");
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 4243, 2, true, false }), 0);
	assert_string_equal(said, "");
	/* In time, and not when somebody lets it go on at last. */
	assert_int_equal(
	    run_init(&(struct plan){ "timeout", 1, 0, 4243, 1, false, false }), ERR_SYSTEM);
	/* It reaps: there is nothing to reap here. */
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 4243, 1, false, false }), 0);
	assert_string_equal(said, "");
	assert_int_equal(run_init(&(struct plan){ "waitpid", 1, EINTR, 4243, 1, false, false }), 0);
	assert_int_equal(
	    run_init(&(struct plan){ "close_range", 1, EIO, 4243, 1, false, false }), ERR_SYSTEM);
	/* What goes wrong is told the way an engine would tell it. */
	assert_int_equal(
	    run_init(&(struct plan){ "confine", 1, EIO, 0, 1, false, false }), ERR_SYSTEM);
	assert_string_equal(said, "Fnot confined\n\n");
	assert_int_equal(
	    run_init(&(struct plan){ "pipe2", 3, EMFILE, 4243, 1, false, false }), ERR_SYSTEM);
	assert_int_equal(strncmp(said, "Gcannot start the engine\n", 25), 0);
	assert_int_equal(
	    run_init(&(struct plan){ "clone3", 2, EAGAIN, 0, 1, false, false }), ERR_SYSTEM);
	assert_int_equal(strncmp(said, "Gcannot start the engine\n", 25), 0);
}

static void
test_engine(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "fcntl", 1 }, { "fcntl", 2 }, { "fcntl", 6 }, { "dup2", 1 }, { "dup2", 4 },
		{ "dup2", 8 }, { "close_range", 1 }, { "execveat", 1 } };

	const unsigned long ignore[4] = { 1 }, by_default[4] = { 0 };

	(void)state;
	for (int sig = 32; sig <= 33; sig++)
		assert_int_equal(__real_syscall(SYS_rt_sigaction, sig, ignore, NULL, NSIG / 8), 0);
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 0, 1, false, false }), 50);
	for (int sig = 32; sig <= 33; sig++)
		assert_int_equal(
		    __real_syscall(SYS_rt_sigaction, sig, by_default, NULL, NSIG / 8), 0);
	assert_string_equal(said, "");
	/* With a turn that was taken for it. */
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 0, 2, true, false }), 50);
	/* As long as the init may hold something that it is watched by, there is no engine. */
	assert_int_equal(run_init(&(struct plan){ "", 0, 0, 0, 1, false, true }), ERR_SYSTEM);
	assert_string_equal(said, "");
	/* Nor one in the init's session, whose priority it could set; 0 is success without effect. */
	assert_int_equal(
	    run_init(&(struct plan){ "setsid", 1, EPERM, 0, 1, false, false }), ERR_SYSTEM);
	assert_int_equal(
	    run_init(&(struct plan){ "setsid", 1, 0, 0, 1, false, false }), ERR_SYSTEM);
	assert_int_equal(
	    run_init(&(struct plan){ "listen", 1, EIO, 0, 1, false, false }), ERR_SYSTEM);
	assert_int_equal(strncmp(said, "Gcannot listen as the user\n", 27), 0);
	assert_int_equal(
	    run_init(&(struct plan){ "separate_mounts", 1, EIO, 0, 1, false, false }), ERR_SYSTEM);
	assert_string_equal(said, "Gnot separate\n\n");
	assert_int_equal(
	    run_init(&(struct plan){ "share_return", 1, EIO, 0, 1, false, false }), ERR_SYSTEM);
	assert_string_equal(said, "Gnot returned\n\n");
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct plan now = { plans[i].call, plans[i].at, EMFILE, 0, 1, false, false };

		if (run_init(&now) != ERR_SYSTEM ||
		    strncmp(said, "Gcannot start the engine\n", 25) != 0)
			fail_msg("%s %d: '%s'", plans[i].call, plans[i].at, said);
	}
}

/* --- who is left behind -------------------------------------------------------------------------- */

static void
follow(void *arg)
{
	int how = *(int *)arg;
	pid_t child;

	fault_none();
	if (how == -1)
		launch_follow(1);
	child = fork();
	if (child == 0) {
		if (how > 256)
			kill(getpid(), how - 256);
		_exit(how);
	}
	launch_follow(child);
}

static void
test_follow(void **state)
{
	int ways[] = { 0, 7, 77, 256 + SIGKILL, -1 },
	    wanted[] = { 0, 7, 77, ERR_SYSTEM, ERR_SYSTEM };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_child(in_child(follow, &ways[i]), wanted[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ready, set_up),
		cmocka_unit_test_setup(test_own_maps, set_up),
		cmocka_unit_test_setup(test_watcher, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_late, set_up),
		cmocka_unit_test_setup(test_engine_file, set_up),
		cmocka_unit_test_setup(test_no_namespace, set_up),
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_follow),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
