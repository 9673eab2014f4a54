/* SPDX-License-Identifier: ISC */
/*
 * What of the host a job sees: see binds.h.
 * TRUST: unprivileged
 * INPUT: paths and descriptors from the client, a hostile root
 * MUST: as in binds.h
 */
#include "client/engine/job/binds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/hide_jobs.h"
#include "client/engine/job/handover.h"
#include "client/engine/job/mnt.h"
#include "client/engine/volume/attach.h"
#include "common/io.h"

#define HOSTS_OWN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

int
bind_source(const char *path, int client_fd, struct err *err)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	/* a file system of the client's can leave any other question open for ever */
	const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
	struct statx client;
	struct statx ours;
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd == -1)
		return err_sys(err, "%s cannot be mounted", path);
	/* a job that is started again has no client that could have opened it */
	if (client_fd == -1)
		return fd;
	if (statx(client_fd, "", flags, STATX_INO, &client) == 0 &&
	    statx(fd, "", flags, STATX_INO, &ours) == 0 &&
	    client.stx_dev_major == ours.stx_dev_major &&
	    client.stx_dev_minor == ours.stx_dev_minor && client.stx_ino == ours.stx_ino)
		return fd;
	io_close(&fd);
	err_set(err, ERR_SYSTEM, "%s cannot be mounted", path);
	err_why(err, "it is not the same file for you and for your engine");
	return err_todo(
	    err, "it changed just now (try again), or is a mount of your session's only");
}

int
binds_host(const struct root *root, const struct host *host, struct err *err)
{
	for (size_t i = 0; i < host->nbinds; i++) {
		int AUTO_CLOSE mnt =
		    mnt_clone(AT_FDCWD, host->binds[i], HOSTS_OWN | MOUNT_ATTR_RDONLY);
		int AUTO_CLOSE target = target_open(root, host->binds[i], true);

		if (mnt == -1 || target == -1 || mnt_attach(mnt, target, "") == -1)
			return err_sys(err, "the host's %s cannot be shown", host->binds[i]);
	}
	return 0;
}

/* The image's own file may be a symlink into a /run that is not there: it is replaced. */
static void
bind_etc(const struct root *root, const char *name)
{
	char path[32];
	int AUTO_CLOSE source = -1;
	int AUTO_CLOSE mnt = -1;
	int AUTO_CLOSE target = -1;
	struct stat st;

	snprintf(path, sizeof(path), "/etc/%s", name);
	source = open(path, O_PATH | O_CLOEXEC);
	if (source == -1 || fstat(source, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	mnt = mnt_clone(source, "", HOSTS_OWN | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
	target = target_replace(root, "/etc", name, false);
	if (mnt != -1 && target != -1)
		(void)!mnt_attach(mnt, target, "");
}

void
binds_network(const struct root *root)
{
	bind_etc(root, "resolv.conf");
	bind_etc(root, "hosts");
}

static int
explain_target(const struct job_mount *mount, bool directory, struct err *err)
{
	err_sys(err, "nothing can be mounted on %s in the job", mount->target);
	switch (err->errnum) {
	case EXDEV:
		err_why(err, "it does not exist, and would have to be made on the host");
		return err_todo(err, "make it first, in the directory that is mounted above it");
	case ENOTDIR:
	case EISDIR:
		return err_why(err, "what is there is not a %s", directory ? "directory" : "file");
	case EPERM:
		return err_why(err, "that is a part of the job's own /proc or /sys");
	case EBUSY:
		return err_why(err, "a symlink leads to the root of the job");
	case ENOENT:
	case ELOOP:
		return err_why(err, "a symlink of the image leads nowhere");
	default:
		return -1;
	}
}

/*
 * The kernel writes to no file whose user or group has no number in the map, and there is one of each: without
 * a word all that the job does in such a directory would fail.
 */
static int
check_source(const struct job_mount *mount, int source, struct err *err)
{
	struct stat st;

	if (fstat(source, &st) == -1)
		return err_sys(err, "%s cannot be mounted", mount->source);
	if (S_ISDIR(st.st_mode) &&
	    (mount->readonly || st.st_uid != geteuid() || st.st_gid == getegid()))
		return 0;
	err_set(err, ERR_UNAVAILABLE, "%s cannot belong to %u:%u in the job", mount->source,
	    mount->uid, mount->gid);
	if (!S_ISDIR(st.st_mode)) {
		err_why(err, "only a directory can have another owner than on the host");
		return err_todo(err, "mount the directory that it is in");
	}
	err_why(err, "its group is not your own: nobody could write in it");
	return err_todo(err, "mount it read-only (ro), or without uid= and gid=");
}

/* The one that its client has made. */
static int
clone_mapped(const struct task *task, const struct job_mount *mount, int source, struct err *err)
{
	const struct handover wanted = {
		.source = mount->source, .directory = source, .uid = mount->uid, .gid = mount->gid
	};
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int mnt;

	if (check_source(mount, source, err) == -1 ||
	    hide_check_alone(task->engine, source, err) == -1) {
		/* who runs a job may know another way to run it; the engine that starts one again does not */
		if (!task->again)
			(void)!reply_unmappable(task->conn);
		return -1;
	}
	mnt = handover_mount(task->conn, &wanted, err);
	if (mnt == -1 || !mount->readonly ||
	    mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return mnt;
	err_sys(err, "%s cannot be mounted read-only", mount->source);
	io_close(&mnt);
	return -1;
}

/* With its submounts: one that has any cannot be cloned without, as they can cover what is not to be seen. */
static int
clone_plain(const struct job_mount *mount, int source, struct err *err)
{
	const struct mnt_how how = { .attributes =
					 HOSTS_OWN | (mount->readonly ? MOUNT_ATTR_RDONLY : 0),
		.follows = mount->propagation == JOB_PROPAGATION_SLAVE };
	int mnt = mnt_clone_how(source, "", &how);

	return mnt != -1 ? mnt : err_sys(err, "%s cannot be mounted", mount->source);
}

/* A detached mount of what the host has at source, or -1 with err. */
static int
clone_bind(const struct task *task, const struct job_mount *mount, struct err *err)
{
	int AUTO_CLOSE source = bind_source(mount->source, mount->fd, err);

	if (source == -1)
		return -1;
	return job_mount_is_mapped(mount) ? clone_mapped(task, mount, source, err)
					  : clone_plain(mount, source, err);
}

int
binds_clone(const struct task *task, int clones[JOB_MOUNTS_MAX], struct err *err)
{
	const struct job *job = task->job;

	for (size_t i = 0; i < job->nmounts; i++)
		clones[i] = -1;
	for (size_t i = 0; i < job->nmounts; i++) {
		if (job->mounts[i].type != JOB_MOUNT_BIND)
			continue;
		clones[i] = clone_bind(task, &job->mounts[i], err);
		if (clones[i] == -1)
			return -1;
	}
	return 0;
}

void
binds_close(const struct job *job, int clones[JOB_MOUNTS_MAX])
{
	for (size_t i = 0; i < job->nmounts; i++)
		io_close(&clones[i]);
}

/*
 * The client can have this very mount, and have mounted something in it, made it shared, or taken its flags away.
 * Only now that it is in the job's namespace can nobody else change it: so this is for good. What the directory
 * itself has of them is locked in each clone.
 */
static int
settle(const struct task *task, const struct job_mount *mount, int clone, struct err *err)
{
	struct mount_attr attr = { .attr_set =
				       HOSTS_OWN | (mount->readonly ? MOUNT_ATTR_RDONLY : 0),
		.propagation = MS_PRIVATE };

	if (mount_setattr(clone, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) == -1)
		return err_sys(err, "%s cannot be mounted", mount->source);
	return hide_mount(task->engine, clone, mount->source, err);
}

/* What is beneath our covers shows in a mount without them. */
static int
cover_alone(const struct task *task, const struct job_mount *mount, int clone, struct err *err)
{
	if (job_mount_is_mapped(mount))
		return settle(task, mount, clone, err);
	return mount->nonrecursive ? hide_submounts(clone, err) : 0;
}

static int
mount_bind(const struct root *root, const struct job_mount *mount, int clone, struct err *err)
{
	int AUTO_CLOSE target = -1;
	struct stat st;

	if (fstat(clone, &st) == -1)
		return err_sys(err, "%s cannot be mounted", mount->source);
	target = target_open(root, mount->target, S_ISDIR(st.st_mode));
	if (target == -1 || mnt_attach(clone, target, "") == -1)
		return explain_target(mount, S_ISDIR(st.st_mode), err);
	return 0;
}

static int
mount_tmpfs(struct root *root, const struct job_mount *mount, struct err *err)
{
	struct job_tmpfs tmpfs = { .size = "" };
	struct mnt_option options[] = {
		{ "mode", tmpfs.mode },
		{ NULL, NULL },
		{ NULL, NULL },
	};
	int AUTO_CLOSE mnt = -1;
	int AUTO_CLOSE target = -1;

	if (job_tmpfs_parse(mount->options, &tmpfs) == -1)
		return err_set(err, ERR_USAGE, "tmpfs %s has wrong options", mount->target);
	if (tmpfs.size[0] != '\0')
		options[1] = (struct mnt_option){ "size", tmpfs.size };
	mnt = mnt_new("tmpfs", options,
	    HOSTS_OWN | (tmpfs.readonly || mount->readonly ? MOUNT_ATTR_RDONLY : 0) |
		(tmpfs.noexec ? MOUNT_ATTR_NOEXEC : 0));
	if (mnt == -1)
		return err_sys(err, "tmpfs %s cannot be made", mount->target);
	target = target_open(root, mount->target, true);
	if (target == -1 || mnt_attach(mnt, target, "") == -1 || root_own(root, mnt) == -1)
		return explain_target(mount, true, err);
	return 0;
}

static int
mount_volume(const struct root *root, struct task *task, size_t index, struct err *err)
{
	const struct job_mount *mount = &task->job->mounts[index];
	const struct mnt_how how = {
		.attributes = HOSTS_OWN | (mount->readonly ? MOUNT_ATTR_RDONLY : 0), .alone = true
	};
	int AUTO_CLOSE target = target_open(root, mount->target, true);
	int AUTO_CLOSE data = -1;
	int AUTO_CLOSE mnt = -1;

	if (target == -1)
		return explain_target(mount, true, err);
	data = volume_attach(task, index, root->fd, target, err);
	if (data == -1)
		return -1;
	mnt = mnt_clone_how(data, "", &how);
	if (mnt == -1)
		return err_sys(err, "the volume of %s cannot be mounted", mount->target);
	return mnt_attach(mnt, target, "") == 0 ? 0 : explain_target(mount, true, err);
}

static size_t
depth(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* Parents before children, else in the order of the command line. */
static void
sort_by_depth(const struct job *job, size_t *order)
{
	for (size_t i = 0; i < job->nmounts; i++) {
		size_t at = i;

		for (; at > 0 &&
		       depth(job->mounts[order[at - 1]].target) > depth(job->mounts[i].target);
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static int
mount_one(struct root *root, struct task *task, size_t index, int clone, struct err *err)
{
	const struct job_mount *mount = &task->job->mounts[index];

	switch (mount->type) {
	case JOB_MOUNT_BIND:
		return mount_bind(root, mount, clone, err);
	case JOB_MOUNT_TMPFS:
		return mount_tmpfs(root, mount, err);
	case JOB_MOUNT_VOLUME:
		return mount_volume(root, task, index, err);
	case JOB_MOUNT_SECRET:
		return 0;
	case JOB_MOUNT_INVALID:
		break;
	}
	return err_set(err, ERR_BUG, "%s cannot be mounted", mount->target);
}

int
binds_job(struct root *root, struct task *task, const int clones[JOB_MOUNTS_MAX], struct err *err)
{
	const struct job *job = task->job;
	size_t order[JOB_MOUNTS_MAX];

	sort_by_depth(job, order);
	for (size_t i = 0; i < job->nmounts; i++) {
		size_t at = order[i];

		if (mount_one(root, task, at, clones[at], err) == -1 ||
		    cover_alone(task, &job->mounts[at], clones[at], err) == -1)
			return -1;
	}
	return 0;
}
