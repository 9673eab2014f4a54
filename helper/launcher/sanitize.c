/* SPDX-License-Identifier: ISC */
/*
 * What a caller can hand over through execve(2), made harmless: descriptors, environment,
 * directory, umask, limits, signals, timers.
 * TRUST: privileged
 * INPUT: all of it is the caller's
 * MUST: open nothing that the caller can name; leave no descriptor but 0, 1 and 2, and the one that a
 *       verb takes (CVE-2024-21626); leave no file of a file system that is the caller's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* A file opened as descriptor 2 would get our messages. */
static int
fill_standard(struct err *err)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (errno != EBADF || open("/dev/null", O_RDWR) != fd)
			return (err_sys(err, "cannot open /dev/null as descriptor %d", fd));
	}
	return (0);
}

/*
 * What lies on a file system of the caller's own (FUSE) holds whoever closes it for as long as the
 * caller likes, against SIGKILL too. Here, where one may be closed, we are the caller. A pipe, a
 * socket or a device asks no file system and stays for our messages; who must not be held by anything
 * has closed it before anybody depends on them (split.c run_init, watch.c). Nor is the file system
 * asked what it is: AT_STATX_DONT_SYNC.
 */
static int
close_inherited(unsigned int first)
{
	uid_t was = priv_step_aside();
	struct statx st = { 0 };
	bool told = statx(2, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
		    (S_ISFIFO(st.stx_mode) || S_ISSOCK(st.stx_mode) || S_ISCHR(st.stx_mode));
	int rc;

	/* Not closefrom(3): RLIMIT_NOFILE may be lower than what is open. */
	rc = close_range(first, ~0U, 0) < 0 || close_range(0, told ? 1 : 2, 0) < 0 ? -1 : 0;
	priv_step_back(was);
	return (rc);
}

/* From a terminal these reach even a process with another uid (CVE class: signals from a tty). */
static int
reset_signals(struct err *err)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE,
		SIGXFSZ, SIGXCPU };
	const struct itimerval off = { 0 };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	if (setitimer(ITIMER_REAL, &off, NULL) < 0 || setitimer(ITIMER_VIRTUAL, &off, NULL) < 0 ||
	    setitimer(ITIMER_PROF, &off, NULL) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return (err_sys(err, "cannot reset signals"));
	alarm(START_SECONDS);
	return (0);
}

int
sanitize(unsigned int first, struct err *err)
{
	const struct rlimit no_core = { 0, 0 };

	if (reset_signals(err) < 0)
		return (-1);
	if (close_inherited(first) < 0)
		return (err_sys(err, "cannot close inherited descriptors"));
	if (fill_standard(err) < 0)
		return (-1);
	priv_reset_clock();
	if (clearenv() != 0 || chdir("/") < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0)
		return (err_sys(err, "cannot reset what was inherited"));
	if (personality(PER_LINUX) < 0)
		return (err_sys(err, "cannot reset the personality"));
	umask(077);
	return (0);
}
