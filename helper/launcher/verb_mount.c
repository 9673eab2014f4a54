/* SPDX-License-Identifier: ISC */
/*
 * The verb "mount": a directory of the caller's as a mount of its own, in which the caller's files belong
 * to ids of the job. The caller gets back a detached mount, which only who holds it can attach and which
 * allows no more than the mount that the directory was opened in: it is made inside the namespace that the
 * grant's own start made, where what the host forbids is locked (mount_namespaces(7)). One of a mount of
 * the host's, made anywhere else, could be stripped of nodev, nosuid and ro by whoever attaches it. The
 * nosuid and nodev that are set here are not locked where the host has set neither: who attaches the
 * mount can take them off, and then has what the directory is without a map.
 *
 * The kernel copies mounts of the namespace that asks alone, and from Linux 6.15 on also what fsmount(2)
 * has made and nobody has attached: that is no mount of the host's, but of a user namespace which the
 * caller has power over anyway, and worth nothing outside it.
 *
 * The host side of the map is the caller, one uid and one gid: whatever the job writes is theirs, and
 * nobody else's file gets another owner.
 * TRUST: privileged
 * INPUT: a grant from decide(); two numbers; three descriptors, which are whatever the caller made them
 * MUST: ask no file system with privilege before it is known which it is: one of the caller's own may
 *       never answer; resolve no path once it is in that namespace; show the mount to nobody before it
 *       has its map and its flags.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

/* A file system that is mapped answers at once; who asks may have to wait for a turn. */
#define ANSWER_SECONDS 5
/* statfs(2); not in linux/magic.h. */
#define XFS_MAGIC 0x58465342

/* What can be mapped, on some kernel. Other file systems have names where nobody has power. */
static const unsigned long mapped_types[] = { EXT4_SUPER_MAGIC, XFS_MAGIC, BTRFS_SUPER_MAGIC,
	F2FS_SUPER_MAGIC, TMPFS_MAGIC };

static int
wrong(int fd, const char *wanted, struct err *err)
{
	err_set(err, ERR_USAGE, "descriptor %d is not %s", fd, wanted);
	return (
	    err_why(err, "berth hands it over; a path or a number would be worth nothing here"));
}

/* Callers tell this from a refusal: there may be another way to run the job. */
static int
no_map(const char *why, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "this directory cannot be mounted with other ids");
	err_why(err, "%s", why);
	return (err_todo(err, "mount it without uid and gid, or take one on ext4, xfs or btrfs"));
}

/* Of which file systems are namespace and directory? Whoever is asked may be the caller's own process (FUSE)
 * and hold who asks for good, against SIGKILL too: so it is a process of theirs that asks, and nobody
 * waits for an end of anything because of it. */
static _Noreturn void
ask(const struct grant *grant, int to)
{
	struct statfs fs[2];

	priv_drop_forever(grant->uid, grant->gid);
	alarm(ANSWER_SECONDS);
	if (dup2(to, MOUNT_FD_REPLY) != MOUNT_FD_REPLY || close_range(0, 2, 0) < 0 ||
	    close_range(MOUNT_FD_END, ~0U, 0) < 0 || fstatfs(MOUNT_FD_NAMESPACE, &fs[0]) < 0 ||
	    fstatfs(MOUNT_FD_DIRECTORY, &fs[1]) < 0)
		_exit(ERR_SYSTEM);
	_exit(io_write_all(MOUNT_FD_REPLY, fs, sizeof(fs)) < 0 ? ERR_SYSTEM : 0);
}

static int
ask_in_child(const struct grant *grant, struct statfs fs[2], struct err *err)
{
	AUTO_CLOSE int from = -1;
	struct pollfd answer = { .events = POLLIN };
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return (err_sys(err, "cannot make a pipe"));
	answer.fd = from = ends[0];
	child = launch_clone(0, -1, NULL);
	if (child == 0)
		ask(grant, ends[1]);
	close(ends[1]);
	if (child < 0)
		return (err_sys(err, "cannot ask for the file system"));
	/* Of a pipe: so little comes as a whole. Its end is not waited for: it may be stopped. */
	if (poll(&answer, 1, ANSWER_SECONDS * 1000) > 0 &&
	    read(from, fs, 2 * sizeof(*fs)) == (ssize_t)(2 * sizeof(*fs)))
		return (0);
	return (no_map("its file system does not answer", err));
}

static int
check_types(const struct grant *grant, struct err *err)
{
	struct statfs fs[2] = { 0 };

	if (ask_in_child(grant, fs, err) < 0)
		return (-1);
	/* What the question would do elsewhere is not known. */
	if (fs[0].f_type != NSFS_MAGIC || ioctl(MOUNT_FD_NAMESPACE, NS_GET_NSTYPE) != CLONE_NEWNS)
		return (wrong(MOUNT_FD_NAMESPACE, "a mount namespace", err));
	for (size_t i = 0; i < sizeof(mapped_types) / sizeof(mapped_types[0]); i++) {
		if (mapped_types[i] == (unsigned long)fs[1].f_type)
			return (0);
	}
	return (no_map("its file system is none that berth maps", err));
}

/* Of a file system that answers at once, by now. */
static int
check_directory(const struct grant *grant, struct err *err)
{
	struct stat st;

	if (fstat(MOUNT_FD_DIRECTORY, &st) < 0 || !S_ISDIR(st.st_mode))
		return (wrong(MOUNT_FD_DIRECTORY, "a directory", err));
	if (st.st_uid == grant->uid)
		return (0);
	err_set(err, ERR_REFUSED, "refused: the directory is not the caller's own");
	err_why(err, "it belongs to uid %u", st.st_uid);
	return (err_todo(err, "mount it without uid and gid"));
}

int
mount_check_request(struct err *err)
{
	int flags = fcntl(MOUNT_FD_DIRECTORY, F_GETFL);

	/* All three are there, so that none is one of our own. With O_PATH nothing was opened. */
	if (fcntl(MOUNT_FD_NAMESPACE, F_GETFD) < 0)
		return (wrong(MOUNT_FD_NAMESPACE, "open", err));
	if (flags < 0 || (flags & O_PATH) == 0)
		return (wrong(MOUNT_FD_DIRECTORY, "opened with O_PATH", err));
	if (!is_callers_stream(MOUNT_FD_REPLY))
		return (wrong(MOUNT_FD_REPLY, "a connected stream socket of the caller's", err));
	return (0);
}

/* What the job calls id has this number on the host, by idmap_usual. In an engine with a map of its own it
 * has another one: then the supervisor sees a wrong owner, and refuses the mount. */
static int
host_id(uint32_t id, uint32_t own, const struct id_range *range, uint32_t *host)
{
	if (id > range->count)
		return (-1);
	*host = id == 0 ? own : range->start + (id - 1);
	return (0);
}

/* Is the namespace of this grant's making? Nobody else ever has the owner's id. */
static int
check_namespace(const struct grant *grant, struct err *err)
{
	AUTO_CLOSE int users = ioctl(MOUNT_FD_NAMESPACE, NS_GET_USERNS);
	uid_t owner = 0;

	if (users >= 0 && ioctl(users, NS_GET_OWNER_UID, &owner) == 0 && owner == grant->owner_id)
		return (0);
	err_set(err, ERR_REFUSED, "refused: the mount namespace is not one of this user's engine");
	return (err_why(err, "a mount made elsewhere would not keep what the host forbids"));
}

/* A user namespace is its maps here, and lives on in what refers to it. Its one process knows no privilege
 * outside, does nothing, and ends with us. */
static int
write_namespace(int procfd, pid_t child, const struct idmap maps[2], int *map, struct err *err)
{
	AUTO_CLOSE int dir = -1;
	char name[16];

	/* A child that was not waited for keeps its number. */
	snprintf(name, sizeof(name), "%d", child);
	dir = openat(procfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return (err_sys(err, "cannot find the user namespace"));
	if (write_maps(dir, &maps[0], &maps[1], err) < 0)
		return (-1);
	/* PRIV: proc(5), PTRACE_MODE_READ: nobody may trace a child of ours. */
	priv_raise(CAP_SYS_PTRACE, CAP_SYS_PTRACE);
	*map = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
	priv_lower();
	return (*map < 0 ? err_sys(err, "cannot open the user namespace") : 0);
}

/* Without a descriptor of the caller's: who closes one last can be held by them (epoll(7), with a file on a
 * FUSE of theirs), against SIGKILL too. Nor for longer than we may: a frozen caller ends nothing. */
static _Noreturn void
wait_for_end(const int ends[2])
{
	char byte;

	alarm(START_SECONDS);
	if (dup2(ends[0], 0) != 0 || close_range(1, ~0U, 0) < 0)
		_exit(ERR_SYSTEM);
	_exit(read(0, &byte, 1) == 0 ? 0 : ERR_SYSTEM);
}

static int
make_map(
    const struct grant *grant, int procfd, const struct idmap maps[2], int *map, struct err *err)
{
	int ends[2], rc;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return (err_sys(err, "cannot make a pipe"));
	priv_become_owner(grant->owner_id);
	/* PRIV: hosts that close user namespaces to users open them to CAP_SYS_ADMIN. */
	priv_raise(CAP_SYS_ADMIN, CAP_SYS_ADMIN);
	child = launch_clone(CLONE_NEWUSER, -1, NULL);
	if (child == 0)
		wait_for_end(ends);
	priv_become_root();
	rc = child < 0 ? err_sys(err, "cannot make a user namespace")
		       : write_namespace(procfd, child, maps, map, err);
	close(ends[0]);
	close(ends[1]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return (rc);
}

/* open_tree(2) and mount_setattr(2) have one error for several things: which of them it can be here. */
static int
explain(int tree, struct err *err)
{
	if (tree < 0 && errno == EINVAL)
		return (no_map("it has mounts beneath it, or is not of that mount namespace", err));
	if (errno == EINVAL)
		return (no_map("this kernel cannot map its file system", err));
	if (tree >= 0 && errno == EPERM)
		return (no_map("it is mapped already", err));
	return (err_sys(err, "cannot mount the directory with other ids"));
}

/* After it our root directory is in a namespace that the engine has furnished. */
static int
enter_namespace(struct err *err)
{
	int rc;

	/* PRIV: setns(2). */
	priv_raise(CAP_SYS_ADMIN, CAP_SYS_CHROOT);
	rc = setns(MOUNT_FD_NAMESPACE, CLONE_NEWNS);
	priv_lower();
	return (rc < 0 ? err_sys(err, "cannot enter the mount namespace") : 0);
}

static int
clone_directory(int map, int *tree, struct err *err)
{
	struct mount_attr attr = { .attr_set =
				       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP,
		.propagation = MS_PRIVATE,
		.userns_fd = (unsigned int)map };
	int set = -1;

	/* PRIV: open_tree(2), mount_setattr(2). */
	priv_raise(CAP_SYS_ADMIN, CAP_SYS_ADMIN);
	/* Not recursive: this file system was judged, and no other. */
	*tree =
	    open_tree(MOUNT_FD_DIRECTORY, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*tree >= 0)
		set = mount_setattr(*tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	priv_lower();
	return (set < 0 ? explain(*tree, err) : 0);
}

/* The caller's own process by now. */
static int
reply(int tree, struct err *err)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(tree)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	char byte = 'm';
	struct iovec iov = { &byte, 1 };
	const struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &tree, sizeof(tree));
	if (sendmsg(MOUNT_FD_REPLY, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		return (err_sys(err, "cannot hand over the mount"));
	return (0);
}

/* The one line of each map. */
static int
make_lines(const struct grant *grant, const struct handles *handles, struct idmap_line lines[2])
{
	lines[0] = (struct idmap_line){ .inside = grant->uid, .count = 1 };
	lines[1] = (struct idmap_line){ .inside = grant->gid, .count = 1 };
	return (host_id(handles->uid, grant->uid, &grant->subuid, &lines[0].outside) < 0 ||
			host_id(handles->gid, grant->gid, &grant->subgid, &lines[1].outside) < 0
		    ? -1
		    : 0);
}

int
mount_check_grant(const struct grant *grant, const struct handles *handles, struct err *err)
{
	struct idmap_line lines[2];

	if (make_lines(grant, handles, lines) == 0)
		return (check_types(grant, err) < 0 || check_namespace(grant, err) < 0
			    ? -1
			    : check_directory(grant, err));
	err_set(err, ERR_REFUSED, "refused: %u:%u are not ids of this user's jobs", handles->uid,
	    handles->gid);
	return (err_why(err, "granted are 0 to %u for users and 0 to %u for groups",
	    grant->subuid.count, grant->subgid.count));
}

int
verb_mount(const struct caller *caller, const struct grant *grant, const struct handles *handles,
    struct err *err)
{
	struct idmap_line lines[2];
	const struct idmap maps[2] = { { 1, &lines[0] }, { 1, &lines[1] } };
	AUTO_CLOSE int map = -1;
	AUTO_CLOSE int tree = -1;

	(void)caller;
	if (make_lines(grant, handles, lines) < 0)
		return (err_set(err, ERR_BUG, "the ids of the job were not looked at"));
	if (make_map(grant, handles->procfd, maps, &map, err) < 0 || enter_namespace(err) < 0 ||
	    clone_directory(map, &tree, err) < 0)
		return (-1);
	priv_drop_forever(grant->uid, grant->gid);
	return (reply(tree, err));
}
