/* SPDX-License-Identifier: ISC */
/*
 * The watcher of a grant that ends: the one process that a start leaves behind besides the namespace.
 * It sleeps until the grant's time or the end of the namespace's init, kills the init in the first
 * case, and with it by the kernel's hand all that lives there, stopped or frozen (but by a freezer of
 * cgroup v1, which holds SIGKILL too).
 *
 * Its right to do so is not a capability: the owner of a user namespace who lives in the parent has
 * all of them in there, and none elsewhere (user_namespaces(7)). cgroup.kill, opened before, would do
 * with even less, but an engine for one call has no cgroup of ours and old hosts have none at all:
 * one way that holds everywhere is better than two. What it could do otherwise with the owner's
 * number, its filter withholds.
 * TRUST: privileged
 * INPUT: a grant from decide(); the wall clock
 * MUST: be there before the engine; have no descriptor but the init's, the timer's and, for one byte,
 *       the one that lets the init go on; be nobody's whom the user could be: they can neither stop,
 *       kill nor trace it, nor have it chosen when memory runs out.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/filter.h"
#include "common/io.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/priv.h"
#include "helper/launcher/split.h"

/* The numbers stand in config/seccomp/watch.list too. */
enum watch_fd {
	WATCH_FD_INIT = 3,
	WATCH_FD_TIMER,
	WATCH_FD_GO,
	WATCH_FD_END
};

#define BADNESS_MAX 1000
#define AGAIN_MILLISECONDS 1000

static int
set_badness(int fd, int badness)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", badness);

	return (fd >= 0 && pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1);
}

/* Who calls us may have made themselves the first to go when memory runs out, and can make it run
 * out. Down to what root has set last everybody may go without a capability
 * (proc_pid_oom_score_adj(5)); who is there already lets the init stand above. */
static int
stand_below(int procfd, int init)
{
	AUTO_CLOSE int own = openat(procfd, "self/oom_score_adj", O_RDWR | O_CLOEXEC);
	AUTO_CLOSE int inits = openat(init, "oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	int was, now = 0;

	if (own < 0 || pread(own, text, sizeof(text) - 1, 0) <= 0)
		return (-1);
	was = (int)strtol(text, NULL, 10);
	while (now < was && set_badness(own, now) < 0)
		now++;
	if (now < was || was == BADNESS_MAX)
		return (0);
	return (set_badness(inits, was + 1));
}

/* First out of the way of the targets, then onto them. */
static int
arrange(int init, int timer, int go)
{
	int fds[WATCH_FD_END] = {
		[WATCH_FD_INIT] = init, [WATCH_FD_TIMER] = timer, [WATCH_FD_GO] = go
	};

	for (int i = WATCH_FD_INIT; i < WATCH_FD_END; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, WATCH_FD_END);
		if (fds[i] < WATCH_FD_END)
			return (-1);
	}
	for (int i = WATCH_FD_INIT; i < WATCH_FD_END; i++) {
		if (dup2(fds[i], i) != i)
			return (-1);
	}
	return (close_range(WATCH_FD_END, ~0U, 0));
}

static _Noreturn void
watch(const struct split *split, int init, int timer)
{
	struct pollfd fds[] = { { .fd = WATCH_FD_INIT, .events = POLLIN },
		{ .fd = WATCH_FD_TIMER, .events = POLLIN } };

	if (stand_below(split->procfd, init) < 0 || setsid() <= 0 ||
	    arrange(split->pidfd, timer, split->go[1]) < 0)
		_exit(ERR_SYSTEM);
	priv_become_watcher(split->grant->owner_id, split->grant->watch_id);
	if (close_range(0, 2, 0) < 0)
		_exit(ERR_SYSTEM);
	priv_filter(filter_watch, filter_watch_len);
	/* Without this byte the init does not go on; behind it nothing ends us but its end. */
	if (write(WATCH_FD_GO, "w", 1) != 1)
		_exit(ERR_SYSTEM);
	(void)close(WATCH_FD_GO);
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	/* Whatever woke us: an init that has ended is not hurt by it. Until it has. */
	do
		(void)pidfd_send_signal(WATCH_FD_INIT, SIGKILL, NULL, 0);
	while (poll(fds, 1, AGAIN_MILLISECONDS) <= 0);
	_exit(0);
}

int
split_watch(const struct split *split, int init, struct err *err)
{
	/* On the wall clock, as decide() is: the kernel follows when it is set, forwards or backwards
	 * (timer_settime(2)). Not the timeout of poll(2), which a caller's timer slack stretches. */
	const struct itimerspec end = { .it_value = { .tv_sec = (time_t)split->grant->until } };
	AUTO_CLOSE int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	AUTO_CLOSE int cgroup = -1;
	pid_t pid;

	if (timer < 0 || timerfd_settime(timer, TFD_TIMER_ABSTIME, &end, NULL) < 0)
		return (err_sys(err, "cannot set a timer for the end of the grant"));
	/* An engine for one call is started in a cgroup that may be the user's own to freeze and kill. */
	if (cgroup_launcher(&cgroup, err) < 0)
		return (-1);
	pid = launch_clone(0, cgroup, NULL);
	if (pid == 0)
		watch(split, init, timer);
	return (pid < 0 ? err_sys(err, "cannot leave a watcher for the end of the grant") : 0);
}
