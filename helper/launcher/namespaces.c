/* SPDX-License-Identifier: ISC */
/*
 * The user namespace: its maps, written from outside, and its limits, set from inside.
 * TRUST: privileged
 * INPUT: the grant; a procfs of the launcher's own
 * MUST: map the caller's ids and the granted ranges and nothing else; leave no way to nest
 *       further user namespaces, in which an empty bounding set would be full again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* One map. user_namespaces(7): who opens and writes needs CAP_SYS_ADMIN over the namespace and
 * CAP_SETUID or CAP_SETGID in its parent. */
struct map {
	const char *file;
	int cap;
	uint32_t own;
	const struct id_range *range;
};

static int
write_map(int child, const struct map *map, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char text[64];
	bool done;
	int len = idmap_format(text, sizeof(text), map->own, map->range);

	/* PRIV: see struct map. */
	priv_raise(CAP_SYS_ADMIN, map->cap);
	fd = openat(child, map->file, O_WRONLY | O_CLOEXEC);
	/* The kernel takes a map with one write(2) or not at all. */
	done = len > 0 && fd >= 0 && write(fd, text, (size_t)len) == len;
	priv_lower();
	return (done ? 0 : err_sys(err, "cannot write the %s of the user namespace", map->file));
}

int
write_maps(int child, const struct grant *grant, struct err *err)
{
	const struct map uids = { "uid_map", CAP_SETUID, grant->uid, &grant->subuid };
	const struct map gids = { "gid_map", CAP_SETGID, grant->gid, &grant->subgid };

	return (write_map(child, &uids, err) < 0 || write_map(child, &gids, err) < 0 ? -1 : 0);
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
