/* SPDX-License-Identifier: ISC */
/*
 * Making processes: what an engine gets, and that who fails to become one still knows whom to tell.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: use real descriptors, in children
 */
/* WRAP: syscall execveat open fcntl dup2 close_range waitpid sigprocmask signalfd poll */
#include "tests/unit/launcher_unit.h"

#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "helper/launcher/launch.h"

/* By enum engine_fd; 0: the program. */
static ino_t inodes[ENGINE_FD_END];

/* What fails in the child, from its first call of the launcher on. */
static struct {
	const char *call;
	int at;
	int errnum;
} plan;
static struct clone_args asked;

long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
int __wrap_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
int __real_close_range(unsigned int first, unsigned int last, int flags);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int __real_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

long
__wrap_syscall(long nr, ...)
{
	struct clone_args *args;
	va_list list;
	size_t size;

	va_start(list, nr);
	if (nr == SYS_rt_sigaction) {
		int sig = va_arg(list, int);
		const void *action = va_arg(list, const void *);

		va_end(list);
		return (__real_syscall(nr, sig, action, NULL, NSIG / 8));
	}
	args = va_arg(list, struct clone_args *);
	size = va_arg(list, size_t);
	va_end(list);
	assert_int_equal(nr, SYS_clone3);
	assert_int_equal(size, sizeof(asked));
	asked = *args;
	return (fault("clone3") ? -1 : __real_syscall(nr, args, size));
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
	va_end(list);
	return (fault("open") ? -1 : __real_open(path, flags, mode));
}

int
__wrap_fcntl(int fd, int cmd, ...)
{
	va_list list;
	long arg;

	/* The lock of what the coverage build has counted is a pointer. */
	va_start(list, cmd);
	arg = va_arg(list, long);
	va_end(list);
	return (fault("fcntl") ? -1 : __real_fcntl(fd, cmd, arg));
}

int
__wrap_dup2(int from, int to)
{
	return (fault("dup2") ? -1 : __real_dup2(from, to));
}

int
__wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	return (fault("close_range") ? -1 : __real_close_range(first, last, flags));
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	pid_t got = fault("waitpid") ? -1 : __real_waitpid(pid, status, options);

	/* One that found somebody may leave whatever was there before. */
	if (got > 0)
		errno = ECHILD;
	return (got);
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
	return (fault("sigprocmask") ? -1 : __real_sigprocmask(how, set, before));
}

int
__wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	return (fault("signalfd") ? -1 : __real_signalfd(fd, set, flags));
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	static int polls;

	/* It sleeps between two ends, and does not spin. */
	if (++polls > 100)
		_exit(98);
	return (fault("poll") ? -1 : __real_poll(fds, n, timeout));
}

static void
plan_set(const char *call, int at, int errnum)
{
	plan.call = call;
	plan.at = at;
	plan.errnum = errnum;
	fault_none();
}

static ino_t
inode_of(int fd)
{
	struct stat st;

	return (fstat(fd, &st) < 0 ? 0 : st.st_ino);
}

/* Where the engine would begin: this looks with its eyes, and then fails. */
int
__wrap_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	struct stat null, st;
	struct sigaction now;

	fault("execveat");
	CHILD_CHECK(stat("/dev/null", &null) == 0);
	for (int i = 0; i < 3; i++)
		CHILD_CHECK(fstat(i, &st) == 0 && st.st_rdev == null.st_rdev);
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++) {
		CHILD_CHECK(inode_of(i) == inodes[i]);
		CHILD_CHECK(__real_fcntl(i, F_GETFD, 0) == 0);
	}
	for (int i = ENGINE_FD_END; i < 256; i++) {
		int fdflags = __real_fcntl(i, F_GETFD, 0);

		CHILD_CHECK(fdflags < 0 || (fdflags & FD_CLOEXEC) != 0);
	}
	CHILD_CHECK(fd >= ENGINE_FD_END && inode_of(fd) == inodes[0]);
	CHILD_CHECK(*path == '\0' && flags == AT_EMPTY_PATH && envp[0] == NULL);
	CHILD_CHECK(strcmp(argv[0], "berth-engine") == 0 && argv[1] == NULL);
	CHILD_CHECK(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	errno = ENOEXEC;
	return (-1);
}

/* Where the descriptors of an engine are when it is launched. */
struct layout {
	int engine; /* the place of the program among the six */
	bool no_lock; /* -1 in its place */
	int step; /* 1: one beside the other; 2: with free numbers between them */
};

/* Six files from number 3 on, in an order that is none: targets are taken by something else, or
 * are free for a copy that is only on its way. arg: a layout. */
static void
engine_fails(void *arg)
{
	static const int order[] = { 5, 4, 7, 3, 6 };
	const struct layout *layout = arg;
	struct stat null;
	int fds[ENGINE_FD_END] = { 0 }, engine = 3 + layout->engine * layout->step;

	signal(SIGPIPE, SIG_IGN);
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	for (int i = 0; i < 6; i++) {
		int fd = 3 + i * layout->step, new = memfd_create("x", 0);

		if (new != fd) {
			CHILD_CHECK(__real_dup2(new, fd) == fd);
			close(new);
		}
		if (i != layout->engine)
			fds[order[i - (i > layout->engine)]] = fd;
	}
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++)
		inodes[i] = inode_of(fds[i]);
	if (layout->no_lock) {
		fds[ENGINE_FD_LOCK] = -1;
		CHILD_CHECK(stat("/dev/null", &null) == 0);
		inodes[ENGINE_FD_LOCK] = null.st_ino;
	}
	inodes[0] = inode_of(engine);
	fault_set(plan.call, plan.at, plan.errnum);
	launch_engine(engine, fds);
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++) {
		if (inode_of(fds[i]) != inodes[i])
			_exit(97);
	}
	/* Not 1, which is how a child ends in which an assertion fails. */
	_exit(was_called("execveat") ? 51 : 52);
}

static void
an_engine_gets_what_the_list_says_whatever_the_numbers_were(void **state)
{
	(void)state;
	plan_set("", 0, 0);
	for (struct layout layout = { .step = 1 }; layout.step <= 2; layout.step++) {
		for (layout.engine = 0; layout.engine < 6; layout.engine++) {
			layout.no_lock = false;
			assert_child(in_child(engine_fails, &layout), 51);
			layout.no_lock = true;
			assert_child(in_child(engine_fails, &layout), 51);
		}
	}
}

static void
who_fails_to_become_an_engine_still_has_its_descriptors(void **state)
{
	static const struct {
		const char *call;
		int times;
	} calls[] = { { "open", 1 }, { "fcntl", 6 }, { "dup2", ENGINE_FD_END },
		{ "close_range", 1 } };
	struct layout layout = { .engine = 1, .step = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int at = 1; at <= calls[i].times; at++) {
			plan_set(calls[i].call, at, EMFILE);
			for (layout.step = 1; layout.step <= 2; layout.step++)
				assert_child(in_child(engine_fails, &layout), 52);
		}
	}
}

static void
clones_into_a_cgroup_only_when_there_is_one(void **state)
{
	int pidfd = -1;

	(void)state;
	fault_set("clone3", 1, EPERM);
	assert_int_equal(launch_clone(CLONE_NEWUSER | CLONE_PIDFD, 5, &pidfd), -1);
	assert_int_equal(errno, EPERM);
	assert_true(asked.flags == (CLONE_NEWUSER | CLONE_PIDFD | CLONE_INTO_CGROUP));
	assert_int_equal(asked.cgroup, 5);
	assert_true(asked.pidfd == (uintptr_t)&pidfd);
	assert_int_equal(asked.exit_signal, SIGCHLD);
	assert_true(asked.stack == 0 && asked.tls == 0);

	fault_set("clone3", 1, EPERM);
	assert_int_equal(launch_clone(0, -1, NULL), -1);
	assert_int_equal(asked.flags, 0);
	assert_int_equal(asked.cgroup, 0);
	assert_int_equal(asked.pidfd, 0);
	/* Descriptor 0 is one as well. */
	fault_set("clone3", 1, EPERM);
	assert_int_equal(launch_clone(0, 0, NULL), -1);
	assert_true(asked.flags == CLONE_INTO_CGROUP);
	/* clone(2): a sibling has its parent's signal, and takes no other. */
	fault_set("clone3", 1, EPERM);
	assert_int_equal(launch_clone(CLONE_PARENT | CLONE_NEWPID, -1, NULL), -1);
	assert_true(asked.flags == (CLONE_PARENT | CLONE_NEWPID));
	assert_int_equal(asked.exit_signal, 0);
}

static void
returns_in_both_processes(void *arg)
{
	pid_t child = launch_clone(0, -1, NULL);
	int status;

	(void)arg;
	if (child == 0)
		_exit(5);
	CHILD_CHECK(child > 0 && __real_waitpid(child, &status, 0) == child);
	_exit(WEXITSTATUS(status));
}

static void
a_clone_is_as_a_fork(void **state)
{
	(void)state;
	plan_set("", 0, 0);
	assert_child(in_child(returns_in_both_processes, NULL), 5);
}

/* arg: what the child ends with; from 256 on a signal. */
static void
follow(void *arg)
{
	int wanted = *(const int *)arg;
	pid_t child = fork();

	if (child == 0) {
		if (wanted >= 256)
			raise(wanted - 256);
		_exit(wanted);
	}
	fault_set(plan.call, plan.at, plan.errnum);
	launch_follow(child);
}

static void
a_parent_ends_with_the_status_of_its_child(void **state)
{
	static const int statuses[] = { 0, 1, 64, 69, 71, 77, 78, 255 };
	int status = 256 + SIGKILL;

	(void)state;
	plan_set("", 0, 0);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		status = statuses[i];
		assert_child(in_child(follow, &status), status);
	}
	/* Neither is a success. */
	status = 256 + SIGKILL;
	assert_child(in_child(follow, &status), 71);
	status = 0;
	plan_set("waitpid", 1, ECHILD);
	assert_child(in_child(follow, &status), 71);
}

/* arg: a pipe whose end is seen, and one whose end lets the child go. */
static void
follow_with_a_pipe(void *arg)
{
	int *ends = arg;
	pid_t child;
	char byte;

	close(ends[0]);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		close(ends[3]);
		_exit(read(ends[2], &byte, 1) == 0 ? 5 : 6);
	}
	fault_none();
	launch_follow(child);
}

/* Who waits for a child keeps nobody else waiting. */
static void
a_parent_that_waits_holds_nothing(void **state)
{
	int ends[4], status;
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(ends + 2), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		follow_with_a_pipe(ends);
	close(ends[1]);
	alarm(60);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	alarm(0);
	close(ends[3]);
	assert_int_equal(__real_waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	close(ends[0]);
	close(ends[2]);
}

/* --- the init ------------------------------------------------------------------------------------ */

static int born[2],
    slow[2]; /* pipes: that of the init's byte, and of a child that takes its time */

static void
make_pipes(void)
{
	assert_int_equal(pipe2(born, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(pipe2(slow, O_NONBLOCK | O_CLOEXEC), 0);
}

static void
close_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(born[i]);
		close(slow[i]);
	}
}

static bool
sleeps(pid_t pid)
{
	char path[64], text[256] = "";
	const char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = __real_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (false);
	if (read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	close(fd);
	end = strrchr(text, ')');
	return (end != NULL && strncmp(end, ") S", 3) == 0);
}

/* Until that init has seen the end of its child, and has nothing to do again; one that spins never has. */
static bool
is_at_rest(pid_t init, pid_t child)
{
	const struct timespec moment = { 0, 1000000 };

	for (int i = 0; i < 5000 && getppid() == init; i++) {
		if (kill(child, 0) < 0 && sleeps(init))
			return (true);
		nanosleep(&moment, NULL);
	}
	return (false);
}

/* Two children: one that ends when the init works, a slow one that has something to say. */
static void
become_init(void *arg)
{
	struct pollfd works = { .fd = born[0], .events = POLLIN };
	pid_t init = getpid(), quick;

	(void)arg;
	quick = fork();
	if (quick == 0) {
		for (int i = 0; i < 5000 && getppid() == init; i++) {
			if (__real_poll(&works, 1, 1) == 1)
				break;
		}
		_exit(3);
	}
	if (fork() == 0) {
		/* Or the end of the init is seen only after this one's. */
		close(2);
		_exit(is_at_rest(init, quick) && write(slow[1], "x", 1) == 1 ? 0 : 1);
	}
	fault_set(plan.call, plan.at, plan.errnum);
	launch_init(born[1], -1);
}

static void
an_init_reaps_until_nothing_is_left(void **state)
{
	/* A wait that is interrupted is none that found nobody, and a poll that fails none either. */
	static const char *const calls[] = { "", "waitpid", "poll" };
	char byte;

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		make_pipes();
		plan_set(calls[i], 1, EINTR);
		assert_child(in_child(become_init, NULL), 0);
		assert_int_equal(read(slow[0], &byte, 1), 1);
		assert_int_equal(read(born[0], &byte, 1), 1);
		assert_int_equal(byte, 'g');
		close_pipes();
	}
}

static void
become_init_alone(void *arg)
{
	fault_set(plan.call, plan.at, plan.errnum);
	launch_init(born[1], *(const int *)arg);
}

/* Nor does it say that it has closed all when it has not: what waits for that must never begin. */
static void
an_init_keeps_no_descriptor_or_ends(void **state)
{
	static const struct {
		const char *call;
		int at;
	} calls[] = { { "dup2", 1 }, { "dup2", 2 }, { "close_range", 1 }, { "sigprocmask", 1 },
		{ "signalfd", 1 } };
	int parents[2] = { -1, pidfd_open(getpid(), 0) };
	char byte;

	(void)state;
	make_pipes();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		plan_set(calls[i].call, calls[i].at, ENOSYS);
		for (int j = 0; j < 2; j++) {
			assert_child(in_child(become_init_alone, &parents[j]), 71);
			assert_int_equal(read(born[0], &byte, 1), -1);
		}
	}
	plan_set("", 0, 0);
	for (int j = 0; j < 2; j++)
		assert_child(in_child(become_init_alone, &parents[j]), 0);
	close(parents[1]);
	close_pipes();
}

/* Which descriptors a process has, as bits; 16: one beyond 15. */
static int
descriptors_of(pid_t pid)
{
	char path[64], link[64];
	int mask = 0;

	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		if (readlink(path, link, sizeof(link)) > 0)
			mask |= 1 << (fd < 16 ? fd : 16);
	}
	return (mask);
}

/* With a child that looks at what it has. The first that it may keep is its word, until it is said; the
 * second its parent, the third the end of its children. arg: the pidfd of a parent or -1. */
static void
become_init_of_a_witness(void *arg)
{
	const struct timespec moment = { 0, 1000000 };
	int parent = *(const int *)arg;
	pid_t init = getpid();
	char byte;

	if (fork() == 0) {
		while (read(born[0], &byte, 1) != 1)
			nanosleep(&moment, NULL);
		CHILD_CHECK(byte == 'g' && descriptors_of(init) < 1 << 3);
		for (int i = 0; i < 5000; i++) {
			if (descriptors_of(init) == (parent < 0 ? 1 << 2 : 1 << 1 | 1 << 2))
				_exit(write(slow[1], "x", 1) == 1 ? 0 : 1);
			nanosleep(&moment, NULL);
		}
		_exit(1);
	}
	fault_none();
	launch_init(born[1], parent);
}

static void
an_init_has_nothing_when_it_says_so(void **state)
{
	int parents[2] = { -1, pidfd_open(getpid(), 0) };
	char byte;

	(void)state;
	for (int i = 0; i < 2; i++) {
		make_pipes();
		assert_child(in_child(become_init_of_a_witness, &parents[i]), 0);
		if (read(slow[0], &byte, 1) != 1)
			fail_msg("the witness says: %s", child_text);
		close_pipes();
	}
	close(parents[1]);
}

/* An init whose child never ends; arg: a pidfd. */
static void
become_init_for_ever(void *arg)
{
	pid_t init = getpid();

	if (fork() == 0) {
		close(2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == init)
			pause();
		_exit(0);
	}
	fault_set(plan.call, plan.at, plan.errnum);
	launch_init(born[1], *(const int *)arg);
}

static void
an_init_ends_with_whom_it_serves(void **state)
{
	int parent, status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	parent = pidfd_open(pid, 0);
	assert_true(parent >= 0);
	assert_int_equal(__real_waitpid(pid, &status, 0), pid);
	make_pipes();
	plan_set("", 0, 0);
	assert_child(in_child(become_init_for_ever, &parent), 71);
	/* Nor is that missed for a poll that fails: nothing here waits for the children alone. */
	plan_set("poll", 1, ENOMEM);
	assert_child(in_child(become_init_for_ever, &parent), 71);
	close(parent);
	close_pipes();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_gets_what_the_list_says_whatever_the_numbers_were),
		cmocka_unit_test(who_fails_to_become_an_engine_still_has_its_descriptors),
		cmocka_unit_test(clones_into_a_cgroup_only_when_there_is_one),
		cmocka_unit_test(a_clone_is_as_a_fork),
		cmocka_unit_test(a_parent_ends_with_the_status_of_its_child),
		cmocka_unit_test(a_parent_that_waits_holds_nothing),
		cmocka_unit_test(an_init_reaps_until_nothing_is_left),
		cmocka_unit_test(an_init_keeps_no_descriptor_or_ends),
		cmocka_unit_test(an_init_has_nothing_when_it_says_so),
		cmocka_unit_test(an_init_ends_with_whom_it_serves),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
