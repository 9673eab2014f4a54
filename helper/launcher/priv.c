/* SPDX-License-Identifier: ISC */
/*
 * Privilege as a verb. Contract in priv.h.
 * TRUST: privileged
 * INPUT: ids that decide() has put into a grant
 * MUST: as priv.h says
 */
#include "helper/launcher/priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "helper/launcher/launcher.h"

#define BIT(cap) (1U << (cap))
#define TIMER_SLACK \
	50000 /* nanoseconds; PR_SET_TIMERSLACK(2const): that of every process at first */

/* What the launcher needs, one by one, each raised around the few calls that need it. */
static const uint32_t needed =
    BIT(CAP_SETUID) | /* become root and the owner; uid_map */
    BIT(CAP_SETGID) | /* become root; gid_map */
    BIT(CAP_SYS_ADMIN) | /* mounts, setns(2), clone3(2) where it is closed to users */
    BIT(CAP_SYS_CHROOT) | /* setns(2) into a mount namespace */
    BIT(CAP_SYS_PTRACE) | /* look at the namespaces of pid 1 and of a child */
    BIT(CAP_DAC_OVERRIDE) | /* cgroups: their root has mode 0555 */
    BIT(CAP_SYS_NICE) | /* whether the end of a grant gets its turn is not the caller's to choose */
    BIT(CAP_CHOWN); /* hand socket and state directory to the user */

/* The ceiling: capabilities that anything of a confined grant can ever have, in its own user
 * namespace only. The first row is for the engine, the others are what jobs get by default. */
static const uint32_t ceiling =
    BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN) | BIT(CAP_SETPCAP) | BIT(CAP_CHOWN) |
    BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) |
    BIT(CAP_SETUID) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) |
    BIT(CAP_MKNOD) | BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);

static _Noreturn void
die(const char *what)
{
	struct err err;

	err_sys(&err, "%s", what);
	/* Perhaps as root still, and the caller's stderr may be a pipe that is full. */
	alarm(1);
	end_with(&err);
}

/* All that we ever hold is below 32; the sets must be exactly these, inheritable empty, and with
 * it the ambient set, which never exceeds it (capabilities(7)). */
static void
set_caps(uint32_t permitted, uint32_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct want[2] = { { effective, permitted, 0 } }, have[2];

	if (capset(&header, want) < 0 || capget(&header, have) < 0 ||
	    memcmp(want, have, sizeof(want)) != 0)
		die("the capabilities were not set as asked");
}

/* A change of identity sets "dumpable" to fs.suid_dumpable, which may be 1 (prctl(2)). */
static void
forbid_tracing(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		die("cannot forbid tracing");
}

static void
set_uids(uid_t real, uid_t effective, uid_t saved)
{
	uid_t now[3];

	if (setresuid(real, effective, saved) < 0 || getresuid(&now[0], &now[1], &now[2]) < 0 ||
	    now[0] != real || now[1] != effective || now[2] != saved)
		die("the user ids were not set as asked");
	forbid_tracing();
}

static void
set_gids(gid_t id)
{
	gid_t now[3];

	if (setresgid(id, id, id) < 0 || getresgid(&now[0], &now[1], &now[2]) < 0 || now[0] != id ||
	    now[1] != id || now[2] != id)
		die("the group ids were not set as asked");
	forbid_tracing();
}

/* Beyond the last capability of the kernel PR_CAPBSET_READ fails, and only there may it
 * (capabilities(7)): an error before that is no end. */
static void
set_bounding(uint32_t keep)
{
	for (int cap = 0; cap <= CAP_LAST_CAP || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		int kept = cap < 32 && (keep & BIT(cap)) != 0;

		if (!kept && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			die("cannot reduce the bounding set");
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != kept)
			die("the bounding set is not what it must be");
	}
}

static void
set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !priv_is_no_new_privs())
		die("cannot set no_new_privs");
}

void
priv_init(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2];
	struct err err;

	if (capget(&header, have) < 0)
		die("cannot read capabilities");
	if ((have[0].permitted & needed) != needed) {
		err_set(&err, ERR_SYSTEM, "the launcher lacks capabilities that root has");
		err_why(&err,
		    "missing: 0x%x (capabilities(7)); is this a container with a bounded root?",
		    needed & ~have[0].permitted);
		err_todo(&err, "use berth on the host, or give the container these capabilities");
		end_with(&err);
	}
	forbid_tracing();
	set_caps(needed, 0);
}

static void
read_uids(uid_t ids[3])
{
	if (getresuid(&ids[0], &ids[1], &ids[2]) < 0)
		die("cannot read the user ids");
}

uid_t
priv_step_aside(void)
{
	uid_t ids[3];

	read_uids(ids);
	/* In a user namespace ids may have no name to set them by. */
	if (ids[1] != ids[0])
		set_uids(ids[0], ids[0], ids[2]);
	return (ids[1]);
}

void
priv_step_back(uid_t was)
{
	uid_t ids[3];

	read_uids(ids);
	if (was != ids[1])
		set_uids(ids[0], was, ids[2]);
}

void
priv_abandon(void)
{
	uid_t ids[3];

	read_uids(ids);
	if (ids[1] != ids[0] || ids[2] != ids[0])
		set_uids(ids[0], ids[0], ids[0]);
}

void
priv_reset_clock(void)
{
	int now = PR_TSC_ENABLE;
	bool done =
	    prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0) == 0 && prctl(PR_GET_TSC, &now, 0, 0, 0) == 0;

	/* EINVAL: no such thing on this processor. */
	if ((!done && errno != EINVAL) || now != PR_TSC_ENABLE)
		die("cannot allow the clock to be read");
	/* Not 0: that is what the caller's parent had. Who runs in real time has none. */
	if (prctl(PR_SET_TIMERSLACK, TIMER_SLACK, 0, 0, 0) < 0 ||
	    (unsigned int)prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) > TIMER_SLACK)
		die("cannot reset the timer slack");
}

void
priv_raise(int cap, int other)
{
	set_caps(needed, BIT(cap) | BIT(other));
}

void
priv_lower(void)
{
	set_caps(needed, 0);
}

/* Does the permitted set outlive the last id of root's (capabilities(7))? */
static void
keep_caps(int keep)
{
	if (prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0) < 0 || prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) != keep)
		die("cannot say what becomes of the capabilities");
}

void
priv_become_root(void)
{
	/* PRIV: the caller's gid is not 0, nor are the owner's uids. An effective uid that becomes 0
	 * fills the effective set, so lower after it. */
	priv_raise(CAP_SETGID, CAP_SETUID);
	set_gids(0);
	set_uids(0, 0, 0);
	priv_lower();
	keep_caps(0);
}

void
priv_become_owner(uint32_t owner_id)
{
	/* The child that is made now keeps these ids, in a namespace that has no name for any of them:
	 * not even the saved one may be root's. */
	keep_caps(1);
	/* PRIV: owner_id is none of our ids. */
	priv_raise(CAP_SETUID, CAP_SETUID);
	set_uids(owner_id, owner_id, owner_id);
	priv_lower();
}

/* Once no id is root's. A caller of group 0, whom decide() refuses, keeps it. */
static void
leave_privilege(uint32_t gid)
{
	set_caps(0, 0);
	set_no_new_privs();
	if (setresuid(0, 0, 0) == 0 || setuid(0) == 0 || (gid != 0 && setresgid(0, 0, 0) == 0))
		die("root could be regained");
}

void
priv_drop_forever(uint32_t uid, uint32_t gid)
{
	/* PRIV: for the last time. The supplementary groups have been the caller's all along. */
	priv_raise(CAP_SETGID, CAP_SETUID);
	set_gids(gid);
	set_uids(uid, uid, uid);
	leave_privilege(gid);
}

void
priv_become_watcher(uint32_t owner_id, uint32_t watch_id)
{
	/* PRIV: none of these ids is ours. */
	priv_raise(CAP_SETGID, CAP_SETUID);
	if (setgroups(0, NULL) < 0 || getgroups(0, NULL) != 0)
		die("the groups were not given up as asked");
	set_gids(watch_id);
	set_uids(watch_id, owner_id, watch_id);
	leave_privilege(watch_id);
}

void
priv_enter_groups(void)
{
	/* A new user namespace begins with every capability in it, and only in it. */
	set_gids(0);
}

void
priv_enter_namespace(void)
{
	set_uids(0, 0, 0);
	/* In the host's namespace root could take any id. */
	if (setresuid(ID_RESERVED_MIN, ID_RESERVED_MIN, ID_RESERVED_MIN) == 0)
		die("an id outside the map could be taken");
}

void
priv_ceiling(void)
{
	set_bounding(ceiling);
	set_caps(ceiling, ceiling);
}

void
priv_drop_in_namespace(void)
{
	set_bounding(0);
	set_caps(0, 0);
	set_no_new_privs();
}

void
priv_filter(const struct sock_filter *filter, unsigned short len)
{
	/* The kernel only reads it; struct sock_fprog knows no const. */
	const struct sock_fprog prog = { len, (struct sock_filter *)(uintptr_t)filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0 ||
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		die("cannot install the system call filter");
}

bool
priv_is_no_new_privs(void)
{
	return (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}
