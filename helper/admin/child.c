/* SPDX-License-Identifier: ISC */
/*
 * Work that is done in a child. Contract in child.h.
 * TRUST: privileged
 * INPUT: an account; what the child prints (may be a user's)
 * MUST: as child.h says
 */
#include "helper/admin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

/* The status of a child that could not become what it should be; no work() returns it. */
#define CHILD_LOST 254

static bool
is_user(const struct account *account)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return (false);
	if (ruid != account->id || euid != account->id || suid != account->id)
		return (false);
	if (rgid != account->gid || egid != account->gid || sgid != account->gid)
		return (false);
	/* What is gone must not come back. */
	return (setuid(0) < 0 && setresuid((uid_t)-1, 0, (uid_t)-1) < 0);
}

static bool
become(enum child_identity identity, const struct account *account)
{
	if (identity == CHILD_ROOT)
		return (true);
	if (account->id == 0 || account->login[0] == '\0' ||
	    initgroups(account->login, account->gid) < 0)
		return (false);
	if (setresgid(account->gid, account->gid, account->gid) < 0)
		return (false);
	if (identity == CHILD_USER)
		return (setresuid(account->id, account->id, account->id) == 0 && is_user(account));
	/* Leaving 0 as fsuid takes CAP_DAC_OVERRIDE and its like out of the effective set. */
	setfsuid(account->id);
	return ((uid_t)setfsuid(account->id) == account->id && prctl(PR_SET_DUMPABLE, 0) == 0);
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void
be_child(const struct child *child, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* No descriptor and no terminal of root's goes to somebody else's process. */
	if (null < 0 || dup2(null, 0) < 0 || dup2(out >= 0 ? out : null, 1) < 0 || dup2(1, 2) < 0 ||
	    close_range(3, ~0U, 0) < 0 || setsid() < 0 || chdir("/") < 0)
		_exit(CHILD_LOST);
	reset_signals();
	if (!become(child->identity, child->account))
		_exit(CHILD_LOST);
	_exit(child->work(child->arg));
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Takes what is there from pipe. */
static void
drain(const struct child *child, int pipe, size_t *used)
{
	char scrap[512];
	ssize_t got;

	if (pipe < 0 || child->output == NULL)
		return;
	do {
		size_t room = child->size - 1 - *used;

		got = room > 0 ? read(pipe, child->output + *used, room)
			       : read(pipe, scrap, sizeof(scrap));
		if (got > 0 && room > 0)
			*used += (size_t)got;
	} while (got > 0);
	child->output[*used] = '\0';
}

/* Waits until pidfd has ended. False when it took too long. */
static bool
attend(const struct child *child, int pidfd, int pipe)
{
	int64_t end = now_ms() + (int64_t)child->seconds * 1000, left;
	size_t used = 0;

	while ((left = end - now_ms()) > 0) {
		struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
			{ .fd = pipe, .events = POLLIN } };

		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return (false);
		if (fds[0].revents != 0) {
			drain(child, pipe, &used);
			return (true);
		}
		if (fds[1].revents & POLLIN)
			drain(child, pipe, &used);
		else if (fds[1].revents != 0)
			pipe = -1;
	}
	return (false);
}

static int
collect(const struct child *child, pid_t pid, int pipe, struct err *err)
{
	AUTO_CLOSE int pidfd = pidfd_open(pid, 0);
	siginfo_t info = { 0 };

	if (pidfd < 0)
		return (err_sys(err, "cannot watch a child"));
	if (!attend(child, pidfd, pipe)) {
		pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
		err_set(err, ERR_SYSTEM, "no answer within %u seconds", child->seconds);
		return (err_why(err, "a file system hangs, or the process was stopped"));
	}
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		return (err_sys(err, "cannot wait for a child"));
	if (info.si_code != CLD_EXITED)
		return (128 + info.si_status);
	if (info.si_status == CHILD_LOST)
		return (err_set(err, ERR_SYSTEM, "cannot take the rights of %s",
		    child->account != NULL ? child->account->shown : "root"));
	return (info.si_status);
}

int
child_run(const struct child *child, struct err *err)
{
	AUTO_CLOSE int in = -1;
	AUTO_CLOSE int out = -1;
	int ends[2];
	pid_t pid;

	if (child->output != NULL) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return (err_sys(err, "cannot make a pipe"));
		in = ends[0];
		out = ends[1];
		if (fcntl(in, F_SETFL, O_NONBLOCK) < 0)
			return (err_sys(err, "cannot make a pipe"));
		child->output[0] = '\0';
	}
	pid = fork();
	if (pid < 0)
		return (err_sys(err, "cannot fork"));
	if (pid == 0)
		be_child(child, out);
	io_close(&out);
	out = -1;
	return (collect(child, pid, in, err));
}

int
child_exec(char *const argv[], bool path)
{
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path ? search : NULL, NULL };

	execve(argv[0], argv, environment);
	return (127);
}
