/* SPDX-License-Identifier: ISC */
/*
 * What must be there before a grant. Contract in setup.h.
 * TRUST: privileged
 * INPUT: the file system below BERTH_LIBEXEC and BERTH_STATE_DIR
 * MUST: as setup.h says
 */
#include "helper/admin/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/admin/admin.h"
#include "helper/admin/trust.h"

/* As helper/launcher/audit.c lays it out: under a limit of its caller's the launcher could not make it
 * longer, and what cannot be counted is not limited. */
#define AUDIT_RATE_SIZE 16384

static const struct {
	cap_value_t cap;
	const char *name;
} needed[] = {
	{ CAP_CHOWN, "chown" }, /* state and runtime directories go to the user */
	{ CAP_DAC_OVERRIDE, "dac_override" }, /* files of others: the launcher's user's */
	{ CAP_FOWNER, "fowner" }, /* the launcher's mode */
	{ CAP_KILL, "kill" }, /* revoke */
	{ CAP_SETGID, "setgid" }, /* gid_map; becoming the user */
	{ CAP_SETUID, "setuid" }, /* uid_map; becoming the user */
	{ CAP_SETPCAP, "setpcap" }, /* emptying the bounding set */
	{ CAP_SYS_ADMIN, "sys_admin" }, /* mounts and namespaces */
	{ CAP_SYS_CHROOT, "sys_chroot" }, /* setns(2) into a mount namespace */
	{ CAP_SYS_PTRACE, "sys_ptrace" }, /* whose namespace a process lives in */
};

int
setup_capabilities(struct err *err)
{
	cap_t own = cap_get_proc();
	char missing[256] = "";
	size_t used = 0;

	if (own == NULL)
		return (err_sys(err, "cannot read the own capabilities"));
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		cap_flag_value_t effective = CAP_CLEAR;

		/* The launcher gets what the bounding set lets through. */
		if (cap_get_flag(own, needed[i].cap, CAP_EFFECTIVE, &effective) == 0 &&
		    effective == CAP_SET && cap_get_bound(needed[i].cap) == 1)
			continue;
		used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%scap_%s",
		    used > 0 ? " " : "", needed[i].name);
	}
	cap_free(own);
	if (used == 0)
		return (0);
	err_set(err, ERR_REFUSED, "root has not the capabilities that berth needs");
	err_why(err, "missing: %s", missing);
	return (err_todo(err, "run it on the host, or give the container around it these "
			      "capabilities"));
}

static int
judge_engine(int dir, struct err *err)
{
	struct stat st;

	if (fstatat(dir, "berth-engine", &st, AT_SYMLINK_NOFOLLOW) < 0) {
		err_sys(err, "cannot look at " BERTH_LIBEXEC "/berth-engine");
		return (err_todo(err, "install berth again:  sudo make install"));
	}
	if (!S_ISREG(st.st_mode))
		return (
		    err_set(err, ERR_CONFIG, BERTH_LIBEXEC "/berth-engine is not a regular file"));
	if (trust_judge(&st, BERTH_LIBEXEC "/berth-engine", err) < 0)
		return (-1);
	if ((st.st_mode & 07777) == 0711)
		return (0);
	err_set(err, ERR_CONFIG, BERTH_LIBEXEC "/berth-engine has mode %04o, not 0711",
	    st.st_mode & 07777U);
	err_why(err, "who may read it may also trace it and enter the namespace it lives in");
	return (err_todo(err, "sudo chmod 0711 " BERTH_LIBEXEC "/berth-engine"));
}

static int
judge_mount(int fd, struct err *err)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) < 0)
		return (err_sys(err, "cannot look at the file system of " BERTH_LAUNCHER));
	if ((fs.f_flag & ST_NOSUID) == 0)
		return (0);
	err_set(err, ERR_CONFIG, BERTH_LAUNCHER " is on a file system mounted nosuid");
	err_why(err, "the kernel ignores setuid bits there, so no user could start anything");
	return (err_todo(
	    err, "sudo mount -o remount,suid \"$(findmnt -nro TARGET -T " BERTH_LAUNCHER ")\""));
}

int
setup_launcher_open(struct err *err)
{
	AUTO_CLOSE int dir = trust_open_dir(BERTH_LIBEXEC, err);
	int fd;

	if (dir < 0)
		return (-1);
	fd = trust_open_file(dir, "berth-launcher", BERTH_LAUNCHER, err);
	if (fd < 0) {
		if (errno == ENOENT)
			err_todo(err, "install berth again:  sudo make install");
		return (-1);
	}
	if (judge_mount(fd, err) == 0 && judge_engine(dir, err) == 0)
		return (fd);
	close(fd);
	return (-1);
}

int
setup_launcher_enable(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return (err_sys(err, "cannot look at " BERTH_LAUNCHER));
	if (st.st_uid == 0 && st.st_gid == 0 && (st.st_mode & 07777) == 04755)
		return (0);
	/* A change of owner clears the bit: first whose it is, then what it may. */
	if (fchown(fd, 0, 0) < 0 || fchmod(fd, 04755) < 0) {
		err_sys(err, "cannot make " BERTH_LAUNCHER " setuid");
		return (err_todo(err, "look at its file system:  findmnt -T " BERTH_LAUNCHER));
	}
	if (fstat(fd, &st) < 0 || st.st_uid != 0 || (st.st_mode & 07777) != 04755)
		return (err_set(err, ERR_SYSTEM,
		    "the file system of " BERTH_LAUNCHER " does not keep its mode"));
	return (0);
}

int
setup_state(struct err *err)
{
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int fd = -1;

	if (mkdir(BERTH_STATE_DIR, 0755) < 0) {
		if (errno != EEXIST)
			return (err_sys(err, "cannot make " BERTH_STATE_DIR));
	} else if (chmod(BERTH_STATE_DIR, 0755) < 0) {
		return (err_sys(err, "cannot set the mode of " BERTH_STATE_DIR));
	}
	dir = trust_open_dir(BERTH_STATE_DIR, err);
	if (dir < 0)
		return (-1);
	fd = openat(
	    dir, "audit-rate", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	/* With all its blocks: lines are to be counted when the disk is full, too. */
	if (fd < 0 || posix_fallocate(fd, 0, AUDIT_RATE_SIZE) != 0)
		return (err_sys(err, "cannot make " BERTH_STATE_DIR "/audit-rate"));
	return (0);
}
