/* SPDX-License-Identifier: ISC */
/*
 * The user namespace: its maps, written from outside, and its limits, set from inside.
 * TRUST: privileged
 * INPUT: maps that decide() has allowed; a procfs of the launcher's own
 * MUST: write the maps that it is given and nothing else; leave no way to nest
 *       further user namespaces, in which an empty bounding set would be full again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* user_namespaces(7): who opens and writes a map needs CAP_SYS_ADMIN over the namespace and cap,
 * CAP_SETUID or CAP_SETGID, in its parent. */
static int
write_map(int child, const char *file, int cap, const struct idmap *map)
{
	AUTO_CLOSE int fd = -1;
	char text[IDMAP_TEXT_MAX];
	bool done;
	int len = idmap_format(text, sizeof(text), map);

	/* PRIV: see above. */
	priv_raise(CAP_SYS_ADMIN, cap);
	fd = openat(child, file, O_WRONLY | O_CLOEXEC);
	/* The kernel takes a map with one write(2) or not at all. */
	done = len > 0 && fd >= 0 && write(fd, text, (size_t)len) == len;
	priv_lower();
	return (done ? 0 : -1);
}

int
write_maps(int child, const struct idmap *uids, const struct idmap *gids, struct err *err)
{
	if (write_map(child, "uid_map", CAP_SETUID, uids) < 0)
		return (err_sys(err, "cannot write the uid_map of the user namespace"));
	if (write_map(child, "gid_map", CAP_SETGID, gids) < 0)
		return (err_sys(err, "cannot write the gid_map of the user namespace"));
	return (0);
}

/* /proc/sys/user belongs to the user namespace of who opens it (namespaces(7)). */
static int
forbid_nesting(int procfd, struct err *err)
{
	AUTO_CLOSE int fd = openat(procfd, "sys/user/max_user_namespaces", O_RDWR | O_CLOEXEC);
	char text[4] = "";

	if (fd < 0 || io_write_all(fd, "0", 1) < 0 || pread(fd, text, sizeof(text) - 1, 0) < 0)
		return (err_sys(err, "cannot forbid nested user namespaces"));
	if (strcmp(text, "0\n") != 0)
		return (err_set(err, ERR_BUG, "nested user namespaces were not forbidden"));
	return (0);
}

int
confine(int procfd, struct err *err)
{
	if (setsid() <= 0)
		return (err_sys(err, "cannot make a session"));
	/* Only now: its root is the cgroup in which this process was born. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		return (err_sys(err, "cannot make a cgroup namespace"));
	/* SYSCALL: keyctl(2) has no wrapper in libc. Not the session keyring of whoever called first
	 * (keyrings(7)); some kernels have none. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return (err_sys(err, "cannot make a session keyring"));
	return (forbid_nesting(procfd, err));
}

int
separate_mounts(struct err *err)
{
	/* Mounts of the host arrive, none of ours leaves. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return (err_sys(err, "cannot separate the mount namespace"));
	return (0);
}
