/* SPDX-License-Identifier: ISC */
/*
 * What a supervisor may do: see rights.h.
 * TRUST: unprivileged
 * INPUT: a job that was decided upon
 * MUST: as in rights.h
 */
#include "client/engine/job/rights.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/engine/job/identity.h"
#include "client/lib/caps.h"

#define BIT(cap) (UINT64_C(1) << (cap))

/* To remove what other ids of the job wrote, and to end what runs as them. */
#define OWN (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_KILL))

/* To become a user, to give up what the job does not have, to give a terminal to its user. */
#define WAY (BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_CHOWN))

static uint64_t
lasting(const struct task *task)
{
	return caps_of(task->job) | WAY | OWN;
}

int
rights_drop(const struct task *task, struct err *err)
{
	if ((!task_keeps_groups(task) && (setgroups(0, NULL) == -1 || getgroups(0, NULL) != 0)) ||
	    identity_hold(lasting(task) | BIT(CAP_SYS_ADMIN), OWN) == -1)
		return err_sys(err, "the supervisor cannot give up its rights");
	return 0;
}

int
rights_settle(const struct task *task)
{
	if (identity_hold(lasting(task) | BIT(CAP_SYS_ADMIN), OWN | BIT(CAP_SYS_ADMIN)) == -1 ||
	    identity_filter() == -1 || identity_hold(lasting(task), OWN) == -1)
		return -1;
	/* a job whose set-id programs give nothing has no need of another kind of supervisor */
	if (!task->job->no_new_privileges)
		return 0;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
		   ? 0
		   : -1;
}
