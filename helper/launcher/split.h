/* SPDX-License-Identifier: ISC */
/*
 * From a decision to an engine that is ready: split, confine, vanish. What every verb that starts an
 * engine has in common.
 * TRUST: privileged
 * INPUT: a grant from decide(); descriptors that were judged before
 * MUST: keep no privilege once the maps are written; hold the lock in nobody but the engine once it runs.
 */
#ifndef HELPER_LAUNCHER_SPLIT_H
#define HELPER_LAUNCHER_SPLIT_H

#include "common/facts.h"
#include "helper/launcher/launcher.h"

struct split {
	const struct grant *grant;
	enum facts_mode mode;
	int procfd;
	int engine; /* the program, O_PATH */
	int cgroup; /* of all that is started, or -1: the launcher's own */
	int fds[ENGINE_FD_END]; /* by enum engine_fd */
	int ready; /* our end of the pipe in fds */
	int go[2]; /* a byte: the maps are written; and one: the watcher watches, if one must */
	int pidfd; /* of the namespace's init */
	int parent; /* pidfd of the process with which all ends, or -1 */
	struct share share; /* what share_take() took, for the engine */
};

/* Sets all but socket, lock and cgroup, which are the verb's. Makes nothing that anybody can see. */
int split_prepare(struct split *split, const struct caller *caller, const struct handles *handles,
    struct err *err) __attribute__((warn_unused_result));

/* watch.c: leaves a process behind that ends the namespace when the grant ends, and that gives the
 * init its second byte once it is there. init is its directory in a procfs. */
int split_watch(const struct split *split, int init, struct err *err)
    __attribute__((warn_unused_result));

/* Makes the namespace and the engine in it, and waits until that is ready. The launcher, if it goes
 * on at all, is the caller's own process after it. */
int split_engine(struct split *split, struct err *err) __attribute__((warn_unused_result));

#endif
