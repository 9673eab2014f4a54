/* SPDX-License-Identifier: ISC */
/*
 * The verb "start": an engine for all calls of the user, out of the caller's reach.
 * TRUST: privileged
 * INPUT: a grant from decide()
 * MUST: leave nothing that the next start does not repair, wherever this one dies.
 */
#include "helper/launcher/split.h"

int
verb_start(const struct caller *caller, const struct grant *grant, const struct handles *handles,
    struct err *err)
{
	struct split split = { .grant = grant, .mode = FACTS_SHARED, .parent = -1 };
	struct runtime runtime = { -1, -1 };

	if (split_prepare(&split, caller, handles, err) < 0 ||
	    runtime_prepare(grant, &runtime, err) < 0 ||
	    cgroup_fresh(caller->uid, &split.cgroup, err) < 0)
		return (-1);
	split.fds[ENGINE_FD_SOCKET] = runtime.socket;
	split.fds[ENGINE_FD_LOCK] = runtime.lock;
	return (split_engine(&split, err));
}
