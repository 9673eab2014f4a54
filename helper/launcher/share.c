/* SPDX-License-Identifier: ISC */
/*
 * The caller's share of the machine: limits, priority, processors, place in the queue of the
 * out-of-memory killer. A shared engine serves all later calls of its user, who cannot have wanted
 * for all of them what the first happened to have; so it begins with what the user could have at
 * most. `once` keeps the caller's. With either, the init and the watcher of a grant that ends have
 * their turn on the processor whatever the caller had.
 * TRUST: privileged
 * INPUT: what the caller's process has
 * MUST: raise no capability for what the engine has: a hard limit, a nice value or a score that an administrator has put
 *       on the user binds here as it binds their shell. A grant lifts none of these; the limits
 *       of the caller's cgroup are another matter (SECURITY.md, known limits).
 */
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* More has side effects: threads' stacks as large as the limit, select(2) beyond its bitmap. */
#define USUAL_STACK (8U << 20)
#define USUAL_NOFILE 1024U

static rlim_t
usual(int resource, rlim_t most)
{
	rlim_t wanted = resource == RLIMIT_STACK    ? USUAL_STACK
			: resource == RLIMIT_NOFILE ? USUAL_NOFILE
						    : most;

	return (wanted < most ? wanted : most);
}

int
share_reset(int procfd, struct err *err)
{
	const struct sched_param none = { 0 };
	AUTO_CLOSE int score = openat(procfd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	struct rlimit limit;
	cpu_set_t all;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		enum __rlimit_resource resource = (enum __rlimit_resource)i;

		if (getrlimit(resource, &limit) < 0)
			return (err_sys(err, "cannot read the limit %d", i));
		limit.rlim_cur = usual(i, limit.rlim_max);
		if (setrlimit(resource, &limit) < 0)
			return (err_sys(err, "cannot reset the limit %d", i));
	}
	/* As far as the kernel lets the user: see MUST. */
	memset(&all, 0xff, sizeof(all));
	(void)!sched_setaffinity(0, sizeof(all), &all);
	(void)!sched_setscheduler(0, SCHED_OTHER, &none);
	(void)!setpriority(PRIO_PROCESS, 0, 0);
	/* SYSCALL: these have no wrapper in libc. None of its own, and the system's. */
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	(void)syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0);
	if (score >= 0)
		(void)!write(score, "0", 1);
	return (0);
}

int
share_take(struct share *share, struct err *err)
{
	const struct sched_param none = { 0 };
	cpu_set_t all[SHARE_CPU_SETS];
	bool done;

	share->policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	share->nice = getpriority(PRIO_PROCESS, 0);
	if (share->policy < 0 || sched_getaffinity(0, sizeof(share->cpus), share->cpus) < 0)
		return (err_sys(err, "cannot read the priority"));
	share->taken = true;
	memset(all, 0xff, sizeof(all));
	/* PRIV: who is in SCHED_IDLE, or nicer than others, cannot leave that alone (sched(7)). */
	priv_raise(CAP_SYS_NICE, CAP_SYS_NICE);
	done = sched_setaffinity(0, sizeof(all), all) == 0 &&
	       (share->policy != SCHED_IDLE || sched_setscheduler(0, SCHED_OTHER, &none) == 0) &&
	       (share->nice <= 0 || setpriority(PRIO_PROCESS, 0, 0) == 0);
	priv_lower();
	return (done ? 0 : err_sys(err, "cannot take a turn on the processor"));
}

int
share_return(const struct share *share, struct err *err)
{
	const struct sched_param none = { 0 };

	if (!share->taken ||
	    (sched_setaffinity(0, sizeof(share->cpus), share->cpus) == 0 &&
		setpriority(PRIO_PROCESS, 0, share->nice) == 0 &&
		(share->policy != SCHED_IDLE || sched_setscheduler(0, SCHED_IDLE, &none) == 0)))
		return (0);
	return (err_sys(err, "cannot give the caller's priority back"));
}
