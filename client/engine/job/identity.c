/* SPDX-License-Identifier: ISC */
/*
 * The last steps down: see identity.h.
 * TRUST: unprivileged
 * INPUT: numbers that were decided upon
 * MUST: as in identity.h; believe no call that says it succeeded (CVE-2026-35535, CVE-2023-38496)
 */
#include "client/engine/job/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/filter.h"

static int
failed(void)
{
	errno = EPERM;
	return -1;
}

int
identity_prepare(uint64_t caps)
{
	for (int cap = 0; cap < 64; cap++) {
		if ((caps >> cap & 1) != 0)
			continue;
		/* EINVAL: the kernel knows no such capability, nor any after it */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1) {
			if (errno != EINVAL)
				return -1;
			break;
		}
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return failed();
	}
	if (prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == 0 ? 0 : failed();
}

int
identity_filter(void)
{
	struct sock_fprog program = { .len = filter_job_len,
		.filter = (struct sock_filter *)(uintptr_t)filter_job };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1)
		return -1;
	return identity_filtered() ? 0 : failed();
}

/*
 * PR_GET_SECCOMP tells of the ceiling, too. Only this filter refuses a call that would read from
 * nowhere: without it that is EFAULT.
 */
bool
identity_filtered(void)
{
	return syscall(SYS_umount2, NULL, 0) == -1 && errno == EPERM;
}

/* The three sets of the caller. */
struct sets {
	uint64_t permitted;
	uint64_t effective;
	uint64_t inheritable;
};

static int
get_sets(struct sets *sets)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) == -1)
		return -1;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

/* With nothing to inherit. */
static int
set_caps(uint64_t may, uint64_t does)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	struct sets sets;

	data[0].permitted = (uint32_t)may;
	data[1].permitted = (uint32_t)(may >> 32);
	data[0].effective = (uint32_t)does;
	data[1].effective = (uint32_t)(does >> 32);
	if (syscall(SYS_capset, &head, data) == -1 || get_sets(&sets) == -1)
		return -1;
	return sets.permitted == may && sets.effective == does && sets.inheritable == 0 ? 0
											: failed();
}

int
identity_hold(uint64_t may, uint64_t does)
{
	struct sets sets;

	if (get_sets(&sets) == -1)
		return -1;
	return set_caps(may & sets.permitted, does & sets.permitted);
}

int
identity_raise(void)
{
	struct sets sets;

	return get_sets(&sets) == -1 ? -1 : set_caps(sets.permitted, sets.permitted);
}

/* The kernel has its own order for them. */
static bool
has_groups(const struct identity *identity)
{
	gid_t now[IDENTITY_GROUPS_MAX];
	size_t n = 0;

	if (getgroups(IDENTITY_GROUPS_MAX, now) != (int)identity->ngroups)
		return false;
	for (size_t i = 0; i < identity->ngroups; i++)
		for (size_t j = 0; j < identity->ngroups; j++)
			n += now[j] == identity->groups[i];
	return n == identity->ngroups;
}

static bool
has_ids(const struct identity *identity)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(&u[0], &u[1], &u[2]) == -1 || getresgid(&g[0], &g[1], &g[2]) == -1)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (u[i] != identity->uid || g[i] != identity->gid)
			return false;
	return identity->keeps_groups || has_groups(identity);
}

/* caps less what the launcher's ceiling took from the bounding set before. */
static uint64_t
within_bounds(uint64_t caps)
{
	for (int cap = 0; cap < 64; cap++)
		if ((caps >> cap & 1) != 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
			caps &= ~(UINT64_C(1) << cap);
	return caps;
}

int
identity_take(const struct identity *identity, uint64_t caps)
{
	caps = identity->uid == 0 ? within_bounds(caps) : 0;
	if ((!identity->keeps_groups && setgroups(identity->ngroups, identity->groups) == -1) ||
	    setresgid(identity->gid, identity->gid, identity->gid) == -1 ||
	    setresuid(identity->uid, identity->uid, identity->uid) == -1)
		return -1;
	if (set_caps(caps, caps) == -1)
		return -1;
	if (!has_ids(identity))
		return failed();
	if (identity->uid != 0 && setresuid(0, 0, 0) != -1)
		return failed();
	return 0;
}
