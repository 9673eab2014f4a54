/* SPDX-License-Identifier: ISC */
/*
 * Out of what belongs to the caller, into what belongs to the host: the mount and network
 * namespaces of pid 1, so that the first caller's private /tmp or network does not become that of
 * all later calls.
 * TRUST: privileged
 * INPUT: the caller's namespaces and root directory; pid 1's
 * MUST: trust no procfs that is mounted already; refuse in a chroot: entering a mount namespace
 *       would leave it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* A detached procfs of this pid namespace, without hidepid: nobody can have covered it. */
static int
make_procfs(void)
{
	AUTO_CLOSE int fs = fsopen("proc", FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return (-1);
	return (
	    fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
}

/* Has pid 1 another one? 1 or 0, and *fd of it; -1 with err. */
static int
differs(int procfd, const char *theirs, const char *ours, int *fd, struct err *err)
{
	struct stat there, here;

	/* PRIV: proc(5), PTRACE_MODE_READ: pid 1 may have capabilities that we do not have. */
	priv_raise(CAP_SYS_PTRACE, CAP_SYS_PTRACE);
	*fd = openat(procfd, theirs, O_RDONLY | O_CLOEXEC);
	priv_lower();
	if (*fd < 0)
		return (err_sys(err, "cannot look at %s of the host", theirs));
	if (fstat(*fd, &there) < 0 || fstatat(procfd, ours, &here, 0) < 0)
		return (err_sys(err, "cannot compare %s with %s", ours, theirs));
	return (there.st_dev != here.st_dev || there.st_ino != here.st_ino);
}

/* Pid 1 of a pid namespace may be anybody's (unshare(1) --pid), and have made its others in a user
 * namespace of its own. */
static bool
is_of_host(int fd)
{
	AUTO_CLOSE int owner = ioctl(fd, NS_GET_USERNS);
	struct stat st;

	return (fstat(owner, &st) == 0 && st.st_ino == USER_NAMESPACE_INITIAL);
}

static int
enter(int procfd, const char *theirs, const char *ours, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int rc = differs(procfd, theirs, ours, &fd, err);

	if (rc <= 0)
		return (rc);
	if (!is_of_host(fd)) {
		err_set(err, ERR_SYSTEM, "%s is in a user namespace", theirs);
		err_why(err, "pid 1 is not the host's, whose policy it would be");
		return (err_todo(err, "run berth on the host, outside of it"));
	}
	/* PRIV: setns(2). */
	priv_raise(CAP_SYS_ADMIN, CAP_SYS_CHROOT);
	rc = setns(fd, 0);
	priv_lower();
	return (rc < 0 ? err_sys(err, "cannot enter %s of pid 1", theirs) : 0);
}

static int
check_root(int procfd, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int rc = differs(procfd, "1/root", "self/root", &fd, err);

	if (rc <= 0)
		return (rc);
	err_set(err, ERR_SYSTEM, "the launcher does not work inside a chroot or container");
	err_why(err, "its root directory is not the one that pid 1 has");
	return (err_todo(err, "run berth on the host, outside of it"));
}

/* The child cannot be frozen with the caller's cgroup, nor be reached by their terminal; who is
 * left behind in that cgroup holds nothing that anybody waits for. */
static int
leave(const struct grant *grant, int procfd, struct err *err)
{
	AUTO_CLOSE int cgroup = -1;
	pid_t child;

	if (cgroup_launcher(&cgroup, err) < 0)
		return (-1);
	child = launch_clone(0, cgroup, NULL);
	if (child < 0)
		return (err_sys(err, "cannot leave the caller's cgroup"));
	if (child > 0) {
		priv_drop_forever(grant->uid, grant->gid);
		launch_follow(child);
	}
	alarm(START_SECONDS);
	return (setsid() <= 0 ? err_sys(err, "cannot make a session") : share_reset(procfd, err));
}

int
procfs_open(int *procfd, struct err *err)
{
	/* PRIV: a mount. */
	priv_raise(CAP_SYS_ADMIN, CAP_SYS_ADMIN);
	*procfd = make_procfs();
	priv_lower();
	return (*procfd < 0 ? err_sys(err, "cannot make a procfs of its own") : 0);
}

int
place(const struct grant *grant, int procfd, struct err *err)
{
	if (check_root(procfd, err) < 0 || enter(procfd, "1/ns/mnt", "self/ns/mnt", err) < 0 ||
	    enter(procfd, "1/ns/net", "self/ns/net", err) < 0)
		return (-1);
	return (leave(grant, procfd, err));
}
