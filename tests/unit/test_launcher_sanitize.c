/* SPDX-License-Identifier: ISC */
/*
 * What a caller can hand over through execve(2): that all of it is made harmless, and that a call
 * that fails ends the start.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: change this process nowhere but in children
 */
/* WRAP: fcntl open setitimer sigprocmask close_range clearenv chdir setrlimit personality */
/* WRAP: statx priv_step_aside priv_step_back priv_reset_clock */
#include "tests/unit/launcher_unit.h"

#include <signal.h>
#include <sys/personality.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

extern char **environ;

/* In a child: who closes what is the caller's is the caller. */
static bool aside, clock_reset;

int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_setitimer(int which, const struct itimerval *now, struct itimerval *old);
int __wrap_setitimer(int which, const struct itimerval *now, struct itimerval *old);
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __real_close_range(unsigned int first, unsigned int last, int flags);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __real_clearenv(void);
int __wrap_clearenv(void);
int __real_chdir(const char *path);
int __wrap_chdir(const char *path);
int __real_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __real_personality(unsigned long persona);
int __wrap_personality(unsigned long persona);
int __real_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *st);
int __wrap_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *st);
uid_t __wrap_priv_step_aside(void);
void __wrap_priv_step_back(uid_t was);
void __wrap_priv_reset_clock(void);

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

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return (fault("open") ? -1 : __real_open(path, flags, mode));
}

int
__wrap_setitimer(int which, const struct itimerval *now, struct itimerval *old)
{
	return (fault("setitimer") ? -1 : __real_setitimer(which, now, old));
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (fault("sigprocmask") ? -1 : __real_sigprocmask(how, set, old));
}

int
__wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	CHILD_CHECK(aside);
	return (fault("close_range") ? -1 : __real_close_range(first, last, flags));
}

int
__wrap_clearenv(void)
{
	return (fault("clearenv") ? -1 : __real_clearenv());
}

int
__wrap_chdir(const char *path)
{
	return (fault("chdir") ? -1 : __real_chdir(path));
}

int
__wrap_setrlimit(int resource, const struct rlimit *limit)
{
	return (fault("setrlimit") ? -1 : __real_setrlimit(resource, limit));
}

int
__wrap_personality(unsigned long persona)
{
	return (fault("personality") ? -1 : __real_personality(persona));
}

int
__wrap_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *st)
{
	int rc = __real_statx(fd, path, flags, mask, st);

	return (fault("statx") ? -1 : rc);
}

uid_t
__wrap_priv_step_aside(void)
{
	aside = true;
	return (4711);
}

void
__wrap_priv_step_back(uid_t was)
{
	CHILD_CHECK(was == 4711);
	aside = false;
}

void
__wrap_priv_reset_clock(void)
{
	CHILD_CHECK(!aside);
	clock_reset = true;
}

static bool
is_disposition(int sig, void (*wanted)(int))
{
	struct sigaction now;

	return (sigaction(sig, NULL, &now) == 0 && now.sa_handler == wanted);
}

/* All that the caller can set, set; then all of it looked at. */
static void
sanitize_all(void *arg)
{
	const struct itimerval soon = { { 0, 0 }, { 3600, 0 } };
	struct itimerval left;
	struct rlimit core;
	struct err err;
	sigset_t set;
	char cwd[64];

	(void)arg;
	CHILD_CHECK(setenv("LD_PRELOAD", "x", 1) == 0 && open("/", O_RDONLY) >= 3);
	CHILD_CHECK(fcntl(2, F_DUPFD, 200) == 200);
	sigfillset(&set);
	__real_sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGALRM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	__real_setitimer(ITIMER_REAL, &soon, NULL);
	__real_setitimer(ITIMER_VIRTUAL, &soon, NULL);
	__real_setitimer(ITIMER_PROF, &soon, NULL);
	umask(0);
	__real_personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC);
	CHILD_CHECK(sanitize(3, &err) == 0);
	CHILD_CHECK(!aside && clock_reset);
	CHILD_CHECK(environ == NULL || *environ == NULL);
	CHILD_CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/") == 0);
	CHILD_CHECK(umask(0) == 077);
	CHILD_CHECK(__real_fcntl(3, F_GETFD) < 0 && __real_fcntl(200, F_GETFD) < 0);
	CHILD_CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	CHILD_CHECK(__real_personality(0xffffffff) == PER_LINUX);
	__real_sigprocmask(SIG_SETMASK, NULL, &set);
	CHILD_CHECK(sigismember(&set, SIGALRM) == 0 && sigismember(&set, SIGTERM) == 0);
	CHILD_CHECK(is_disposition(SIGALRM, SIG_DFL) && is_disposition(SIGCHLD, SIG_DFL));
	CHILD_CHECK(is_disposition(SIGTERM, SIG_DFL));
	/* A08: limits of the caller's; a write past one must fail, and not end us without a word. */
	CHILD_CHECK(is_disposition(SIGXFSZ, SIG_IGN) && is_disposition(SIGXCPU, SIG_IGN));
	CHILD_CHECK(is_disposition(SIGHUP, SIG_IGN) && is_disposition(SIGINT, SIG_IGN));
	CHILD_CHECK(is_disposition(SIGQUIT, SIG_IGN) && is_disposition(SIGTSTP, SIG_IGN));
	CHILD_CHECK(is_disposition(SIGTTIN, SIG_IGN) && is_disposition(SIGTTOU, SIG_IGN));
	CHILD_CHECK(is_disposition(SIGPIPE, SIG_IGN));
	CHILD_CHECK(getitimer(ITIMER_VIRTUAL, &left) == 0 && left.it_value.tv_sec == 0);
	CHILD_CHECK(getitimer(ITIMER_PROF, &left) == 0 && left.it_value.tv_sec == 0);
	CHILD_CHECK(getitimer(ITIMER_REAL, &left) == 0 && left.it_interval.tv_sec == 0);
	CHILD_CHECK(left.it_value.tv_sec > 0 && left.it_value.tv_sec <= 60);
}

static void
test_all(void **state)
{
	(void)state;
	fault_none();
	assert_child(in_child(sanitize_all, NULL), 0);
}

/* A verb's own descriptor stays, the next one does not. */
static void
sanitize_but_one(void *arg)
{
	struct err err;

	(void)arg;
	CHILD_CHECK(dup2(2, 3) == 3 && dup2(2, 4) == 4);
	CHILD_CHECK(sanitize(4, &err) == 0);
	CHILD_CHECK(__real_fcntl(3, F_GETFD) >= 0 && __real_fcntl(4, F_GETFD) < 0);
}

static void
test_but_one(void **state)
{
	(void)state;
	fault_none();
	assert_child(in_child(sanitize_but_one, NULL), 0);
}

/* A06: arg has a bit for each descriptor that is closed. */
static void
sanitize_without(void *arg)
{
	unsigned int closed = *(unsigned int *)arg;
	struct stat null, now;
	struct err err;
	int kept = __real_fcntl(2, F_DUPFD, 100);

	for (int fd = 0; fd < 3; fd++) {
		if (closed & (1U << fd))
			close(fd);
	}
	if (sanitize(3, &err) < 0)
		_exit(90);
	if (stat("/dev/null", &null) < 0)
		_exit(91);
	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &now) < 0)
			_exit(92);
		if ((closed & (1U << fd)) != 0 && now.st_rdev != null.st_rdev)
			_exit(93);
	}
	_exit(__real_fcntl(kept, F_GETFD) < 0 ? 0 : 94);
}

static void
test_closed(void **state)
{
	(void)state;
	fault_none();
	for (unsigned int closed = 0; closed < 8; closed++)
		assert_child(in_child(sanitize_without, &closed), 0);
}

/* What 2 is; 0 and 1 are the caller's for nobody behind this. */
static void
sanitize_streams(void *arg)
{
	const char kind = *(const char *)arg;
	int ends[2] = { -1, -1 }, fd = -1;
	struct stat null, now;
	struct err err;

	if (kind == 'p')
		CHILD_CHECK(pipe(ends) == 0);
	else if (kind == 's')
		CHILD_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	else
		fd = kind == 'c' ? __real_open("/dev/full", O_RDWR)
				 : memfd_create("of the caller's own", 0);
	CHILD_CHECK(
	    dup2(ends[1] != -1 ? ends[1] : fd, 2) == 2 && dup2(2, 0) == 0 && dup2(2, 1) == 1);
	if (sanitize(3, &err) < 0 || stat("/dev/null", &null) < 0)
		_exit(80);
	for (int i = 0; i < 3; i++) {
		if (fstat(i, &now) < 0)
			_exit(81);
		if ((now.st_rdev == null.st_rdev) != (i < 2 || kind == 'f'))
			_exit(82 + i);
	}
	_exit(0);
}

static void
test_streams(void **state)
{
	char kinds[] = "pscf";

	(void)state;
	fault_none();
	for (size_t i = 0; kinds[i] != '\0'; i++)
		assert_child(in_child(sanitize_streams, &kinds[i]), 0);
}

/* What could not be asked is not believed, whatever the answer looks like. */
static void
sanitize_untold(void *arg)
{
	struct stat null, now;
	struct err err;
	int ends[2];

	(void)arg;
	CHILD_CHECK(pipe(ends) == 0 && dup2(ends[1], 2) == 2);
	if (sanitize(3, &err) < 0 || stat("/dev/null", &null) < 0 || fstat(2, &now) < 0)
		_exit(80);
	_exit(now.st_rdev == null.st_rdev ? 0 : 81);
}

static void
test_untold(void **state)
{
	(void)state;
	fault_set("statx", 1, EIO);
	assert_child(in_child(sanitize_untold, NULL), 0);
}

static void
sanitize_faulty(void *arg)
{
	struct err err = { 0 };

	(void)arg;
	close(0);
	CHILD_CHECK(sanitize(3, &err) == -1);
	CHILD_CHECK(err.code == ERR_SYSTEM && err.what[0] != '\0' && err.why[0] != '\0');
	_exit(40);
}

static void
test_faults(void **state)
{
	static const char *const calls[] = { "open", "setitimer", "sigprocmask", "close_range",
		"clearenv", "chdir", "setrlimit", "personality" };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fault_set(calls[i], 1, EPERM);
		assert_child(in_child(sanitize_faulty, NULL), 40);
	}
	for (int at = 2; at <= 3; at++) {
		fault_set("setitimer", at, EPERM);
		assert_child(in_child(sanitize_faulty, NULL), 40);
	}
	/* The second /dev/null, that takes the places of the caller's. */
	fault_set("open", 2, EMFILE);
	assert_child(in_child(sanitize_faulty, NULL), 40);
	fault_set("close_range", 2, EPERM);
	assert_child(in_child(sanitize_faulty, NULL), 40);
	/* Not EBADF: it is there and cannot be looked at. */
	fault_set("fcntl", 1, EPERM);
	assert_child(in_child(sanitize_faulty, NULL), 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_but_one),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_untold),
		cmocka_unit_test(test_faults),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
