/* SPDX-License-Identifier: ISC */
/*
 * The caller's share of the machine: limits, priority, processors, place in the queue of the
 * out-of-memory killer. A shared engine serves all later calls of its user, who cannot have wanted
 * for all of them what the first happened to have; so it begins with what the user could have at
 * most. `once` keeps the caller's, and does not come here.
 * TRUST: privileged
 * INPUT: what the caller's process has
 * MUST: raise no capability: a hard limit, a nice value or a score that an administrator has put
 *       on the user binds here as it binds their shell. A grant lifts none of these; the limits
 *       of the caller's cgroup are another matter (SECURITY.md, known limits).
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"

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
	if (score >= 0)
		(void)!write(score, "0", 1);
	return (0);
}
