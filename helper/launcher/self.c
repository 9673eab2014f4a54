/* SPDX-License-Identifier: ISC */
/*
 * Is the launcher installed and started so that it can be what it claims to be?
 * TRUST: privileged
 * INPUT: its own inode and the kernel's view of this process
 * MUST: say which condition failed; use no power before all hold.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define MEND "an administrator mends it with a grant:  sudo berth grant USER"
#define LEAVE "run berth on the host itself, outside of it"

static int
refuse(struct err *err, enum err_code code, const char *why, const char *todo)
{
	err_set(err, code, "the launcher cannot work as it was started");
	err_why(err, "%s", why);
	return (err_todo(err, "%s", todo));
}

static bool
in_initial_namespace(void)
{
	struct stat st;

	return (stat("/proc/self/ns/user", &st) == 0 && st.st_ino == USER_NAMESPACE_INITIAL);
}

/* Why the kernel did not make us root. */
static int
explain_euid(const struct stat *st, const struct statvfs *vfs, struct err *err)
{
	if (!(st->st_mode & S_ISUID))
		return (refuse(err, ERR_CONFIG,
		    "its file has no setuid bit: nobody was granted anything on this host yet",
		    MEND));
	if (vfs->f_flag & ST_NOSUID)
		return (refuse(err, ERR_CONFIG, "its file system is mounted nosuid",
		    "an administrator can mount it with suid, or install berth elsewhere"));
	if (priv_is_no_new_privs())
		return (refuse(err, ERR_SYSTEM,
		    "it was started with no_new_privs, by a sandbox or a service that sets it",
		    LEAVE));
	return (refuse(err, ERR_SYSTEM, "the kernel did not honour its setuid bit: is it traced?",
	    "start it without a debugger or tracer"));
}

int
self_check(struct err *err)
{
	/* /proc/self/exe leads to the inode itself, whatever path was used and is there now. */
	AUTO_CLOSE int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	struct statvfs vfs;
	struct stat st;

	if (self < 0 || fstat(self, &st) < 0 || fstatvfs(self, &vfs) < 0)
		return (err_sys(err, "cannot examine the launcher's own file in /proc"));
	if (!in_initial_namespace())
		return (refuse(err, ERR_SYSTEM,
		    "it is inside a user namespace, of a container perhaps", LEAVE));
	/* A descriptor of it outlives an upgrade. */
	if (st.st_nlink == 0)
		return (
		    refuse(err, ERR_CONFIG, "its file was replaced or removed", "run berth again"));
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH | S_ISGID)) != 0)
		return (refuse(err, ERR_CONFIG,
		    "its file is not owned by root, or others can write it, or it is setgid",
		    MEND));
	return (geteuid() == 0 ? 0 : explain_euid(&st, &vfs, err));
}
