/* SPDX-License-Identifier: ISC */
/*
 * Making processes. Contract in launch.h.
 * TRUST: privileged
 * INPUT: descriptors that were judged before
 * MUST: as launch.h says
 */
#include "helper/launcher/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/launcher/launcher.h"

pid_t
launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)pidfd,
		/* clone(2): a sibling has the signal of its parent's other child. */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup >= 0 ? (unsigned int)cgroup : 0,
	};

	/* SYSCALL: clone3(2) has no wrapper; without a stack it returns twice, as fork(2) does. */
	return ((pid_t)syscall(SYS_clone3, &args, sizeof(args)));
}

_Noreturn void
launch_follow(pid_t child)
{
	struct err err;
	int status = 0;

	close_range(3, ~0U, 0);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	/* The child could not say it: a limit of the caller's, as on its time, ended it. */
	err_set(&err, ERR_SYSTEM, "the start was ended by signal %d", WTERMSIG(status));
	err_todo(&err, "try again; if it stays so, look at the limits:  ulimit -aH");
	end_with(&err);
}

/* First out of the way of the targets, then onto them; dup2(2) also clears close-on-exec. What
 * fds names stays valid, so that a failure can still be told. */
static int
arrange(int *engine, int fds[ENGINE_FD_END])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*engine = fcntl(*engine, F_DUPFD_CLOEXEC, ENGINE_FD_END);
	if (*engine < ENGINE_FD_END)
		return (-1);
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++) {
		int high = fcntl(fds[i] < 0 ? null : fds[i], F_DUPFD_CLOEXEC, ENGINE_FD_END);

		if (high < ENGINE_FD_END)
			return (-1);
		fds[i] = high;
	}
	for (int i = 0; i < ENGINE_FD_END; i++) {
		if (dup2(i < ENGINE_FD_SOCKET ? null : fds[i], i) != i)
			return (-1);
	}
	return (0);
}

void
launch_engine(int engine, int fds[ENGINE_FD_END])
{
	char name[] = "berth-engine";
	char *const argv[] = { name, NULL }, *const envp[] = { NULL };
	const unsigned long by_default[4] = { 0 }; /* the kernel's struct sigaction */

	/* CLOEXEC and not closed now: engine itself is still needed for the call. */
	if (arrange(&engine, fds) < 0 || close_range(ENGINE_FD_END, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return;
	/* What is ignored would stay so; execve(2) resets only handlers. SYSCALL: rt_sigaction(2),
	 * as libc leaves out two signals that it keeps for itself, and a caller can have had them
	 * ignored. All zero is SIG_DFL. */
	for (int sig = 1; sig < NSIG; sig++)
		(void)syscall(SYS_rt_sigaction, sig, by_default, NULL, NSIG / 8);
	execveat(engine, "", argv, envp, AT_EMPTY_PATH);
}

_Noreturn void
launch_init(int born, int parent)
{
	enum {
		BORN,
		PARENT,
		ENDED
	}; /* descriptors */
	struct pollfd fds[] = { { .fd = parent < 0 ? -1 : PARENT, .events = POLLIN },
		{ .fd = ENDED, .events = POLLIN } };
	struct signalfd_siginfo child;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	/* close_range(2) has closed, and not only begun to, when it returns. */
	if (dup2(born, BORN) != BORN || dup2(parent < 0 ? born : parent, PARENT) != PARENT ||
	    close_range(ENDED, ~0U, 0) < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    signalfd(-1, &set, SFD_NONBLOCK) != ENDED)
		_exit(ERR_SYSTEM);
	(void)!write(BORN, "g", 1);
	close(BORN);
	if (parent < 0)
		close(PARENT);
	while ((pid = waitpid(-1, NULL, __WALL | WNOHANG)) >= 0 || errno != ECHILD) {
		if (pid != 0)
			continue;
		(void)!poll(fds, 2, -1);
		if (fds[0].revents != 0)
			_exit(ERR_SYSTEM);
		(void)!read(ENDED, &child, sizeof(child));
	}
	_exit(0);
}
