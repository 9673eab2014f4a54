/* SPDX-License-Identifier: ISC */
/*
 * Executes a program the way no shell does:
 *	odd_exec argc0 PROGRAM                 with no argument at all, not even a name
 *	odd_exec ids R,E,S R,E,S PROGRAM ARGS  with these user and group ids (real, effective, saved)
 *	odd_exec fds HIGH LIMIT PROGRAM ARGS   with descriptors of many kinds up to HIGH, and then
 *	                                       RLIMIT_NOFILE lowered to LIMIT
 *	odd_exec environ KIND PROGRAM ARGS     environments that are malformed: twice, bare, many
 *	odd_exec signals KIND PROGRAM ARGS     every signal "ignored" or "blocked"; the signal with
 *	                                       number KIND blocked and pending; a timer that fires
 *	                                       again and again: "real", "virtual", "prof" (5 ms),
 *	                                       "alarm" (a second, once)
 *	odd_exec cwd DIR PROGRAM ARGS          in DIR, looked at no further than chdir(2) does
 *	odd_exec deep N PROGRAM ARGS           N directories further down, made on the way
 *	odd_exec groups N PROGRAM ARGS         with N more groups, if root calls
 *	odd_exec idle CPU PROGRAM ARGS         on that processor, when nothing else runs there
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: fail loudly when the odd state could not be made
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define MANY 20000

extern char **environ;

static void
parse_ids(const char *text, unsigned int ids[3])
{
	if (sscanf(text, "%u,%u,%u", &ids[0], &ids[1], &ids[2]) != 3)
		errx(99, "not three ids: %s", text);
}

static void
set_ids(char *argv[])
{
	unsigned int uid[3], gid[3];

	parse_ids(argv[0], uid);
	parse_ids(argv[1], gid);
	if (setresgid(gid[0], gid[1], gid[2]) < 0 || setresuid(uid[0], uid[1], uid[2]) < 0)
		err(99, "setresuid");
}

/* A descriptor of the i-th kind. */
static int
open_one(int i)
{
	int pair[2];

	switch (i % 7) {
	case 0:
		return (open("/", O_RDONLY | O_DIRECTORY));
	case 1:
		return (open("/", O_PATH));
	case 2:
		return (memfd_create("odd", 0));
	case 3:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			return (-1);
		close(pair[1]);
		return (pair[0]);
	case 4:
		return (open("/dev/ptmx", O_RDWR | O_NOCTTY));
	case 5:
		return (open("/proc/self/ns/mnt", O_RDONLY));
	default:
		return (open("/proc/self/ns/user", O_RDONLY));
	}
}

static void
open_fds(char *argv[])
{
	int high = atoi(argv[0]);
	struct rlimit limit;

	for (int i = 3; i <= high; i++) {
		int fd = open_one(i);

		/* Ones that run out of their own kind are replaced. */
		if (fd < 0)
			fd = open("/", O_PATH);
		if (fd < 0)
			err(99, "descriptor %d", i);
		if (fd != i && (dup2(fd, i) < 0 || close(fd) < 0))
			err(99, "descriptor %d", i);
	}
	limit.rlim_cur = limit.rlim_max = (rlim_t)atoi(argv[1]);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(99, "setrlimit");
}

static void
set_environ(const char *kind)
{
	static char path[] = "PATH=/tmp/trap", other[] = "PATH=/tmp/trap/2";
	static char bare[] = "BARE", nothing[] = "", equals[] = "=", pair[] = "A=B";
	static char *block[MANY + 1];

	if (strcmp(kind, "twice") == 0) {
		block[0] = path, block[1] = other;
	} else if (strcmp(kind, "bare") == 0) {
		block[0] = bare, block[1] = nothing, block[2] = equals;
	} else {
		for (int i = 0; i < MANY; i++)
			block[i] = pair;
	}
	environ = block;
}

/* By the system call: libc keeps two signals for itself. */
static void
set_signals(const char *kind)
{
	const unsigned long ignored[4] = { 1 }; /* the kernel's struct sigaction; SIG_IGN */
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	uint64_t set = ~UINT64_C(0);
	int sig = atoi(kind);

	if (strcmp(kind, "ignored") == 0) {
		for (sig = 1; sig < NSIG; sig++)
			(void)!syscall(SYS_rt_sigaction, sig, ignored, NULL, sizeof(set));
	} else if (strcmp(kind, "alarm") == 0) {
		alarm(1);
	} else if (strcmp(kind, "real") == 0) {
		setitimer(ITIMER_REAL, &often, NULL);
	} else if (strcmp(kind, "virtual") == 0) {
		setitimer(ITIMER_VIRTUAL, &often, NULL);
	} else if (strcmp(kind, "prof") == 0) {
		setitimer(ITIMER_PROF, &often, NULL);
	} else {
		if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, sizeof(set)) < 0 ||
		    (sig > 0 && syscall(SYS_kill, getpid(), sig) < 0))
			err(99, "signal %s", kind);
	}
}

static void
go_down(const char *count)
{
	for (int i = atoi(count); i > 0; i--) {
		if ((mkdir("d", 0755) < 0 && errno != EEXIST) || chdir("d") < 0)
			err(99, "directory %d", i);
	}
}

static void
set_groups(const char *count)
{
	static gid_t groups[65536];
	size_t n = (size_t)atoi(count);

	for (size_t i = 0; i < n; i++)
		groups[i] = (gid_t)(70000 + i);
	if (setgroups(n, groups) < 0)
		err(99, "setgroups");
}

static void
set_idle(const char *cpu)
{
	const struct sched_param none = { 0 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(atoi(cpu), &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || setpriority(PRIO_PROCESS, 0, 19) < 0 ||
	    sched_setscheduler(0, SCHED_IDLE, &none) < 0)
		err(99, "SCHED_IDLE");
}

/* The words of one argument. */
static bool
prepare(const char *verb, const char *arg)
{
	if (strcmp(verb, "environ") == 0)
		set_environ(arg);
	else if (strcmp(verb, "signals") == 0)
		set_signals(arg);
	else if (strcmp(verb, "deep") == 0)
		go_down(arg);
	else if (strcmp(verb, "groups") == 0)
		set_groups(arg);
	else if (strcmp(verb, "idle") == 0)
		set_idle(arg);
	else if (strcmp(verb, "cwd") != 0)
		return (false);
	else if (chdir(arg) < 0)
		err(99, "%s", arg);
	return (true);
}

int
main(int argc, char *argv[])
{
	char *none[] = { NULL };

	if (argc == 3 && strcmp(argv[1], "argc0") == 0)
		execve(argv[2], none, environ);
	else if (argc > 4 && strcmp(argv[1], "ids") == 0)
		set_ids(argv + 2), argv += 4;
	else if (argc > 4 && strcmp(argv[1], "fds") == 0)
		open_fds(argv + 2), argv += 4;
	else if (argc > 3 && prepare(argv[1], argv[2]))
		argv += 3;
	else
		errx(99, "usage");
	execv(argv[0], argv);
	err(99, "%s", argv[0]);
}
