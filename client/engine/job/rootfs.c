/* SPDX-License-Identifier: ISC */
/*
 * Builds the root of a job and enters it: see rootfs.h.
 * TRUST: unprivileged
 * INPUT: a hostile image, a request that was decided upon
 * MUST: as in rootfs.h
 */
#include "client/engine/job/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/hide_jobs.h"
#include "client/engine/job/beneath.h"
#include "client/engine/job/binds.h"
#include "client/engine/job/dev.h"
#include "client/engine/job/kernfs.h"
#include "client/engine/job/mnt.h"
#include "client/engine/job/overlay.h"
#include "client/engine/job/secrets.h"
#include "client/engine/job/target.h"
#include "client/engine/owner.h"
#include "client/engine/state.h"
#include "common/io.h"

/*
 * Lower layer of a directory image: put into the job's directory first, so that its path, with
 * whatever bytes, never becomes an option of the overlay.
 */
static int
mount_lower(const struct task *task, struct err *err)
{
	const struct job *job = task->job;
	int AUTO_CLOSE source = bind_source(job->image_path, job->image_fd, err);
	int AUTO_CLOSE mnt = -1;

	if (source == -1)
		return -1;
	mnt = mnt_clone(source, "", MOUNT_ATTR_NODEV);
	if (mnt == -1 || mkdirat(task->dir, OVERLAY_LOWER, 0700) == -1 ||
	    mnt_attach(mnt, task->own, OVERLAY_LOWER) == -1)
		return err_sys(err, "the image %s cannot be used", job->image_path);
	return 0;
}

static int
mount_root(const struct task *task, struct root *root, struct err *err)
{
	bool host = task->job->image == JOB_IMAGE_HOST;
	char skeleton[40];

	if (!host && mount_lower(task, err) == -1)
		return -1;
	/* a setuid file of an image acts within the user namespace only: sudo works in it */
	root->fd = overlay_mount(
	    task->own, host ? OVERLAY_HOST : OVERLAY_LOWER, host ? MOUNT_ATTR_NOSUID : 0);
	if (root->fd == -1) {
		/* an engine for one call has not tried before: see main.c */
		if (host)
			return state_no_overlay(task->engine, err);
		err_sys(err, "the root of the job cannot be made");
		return err_why(
		    err, "%s cannot be the lower layer of an overlay", task->job->image_path);
	}
	if (mnt_attach(root->fd, task->own, "") == -1 || root_own(root, root->fd) == -1)
		return err_sys(err, "the root of the job cannot be made");
	/* the skeleton is the user's on disk; nothing else is in there yet */
	snprintf(skeleton, sizeof(skeleton), "/proc/self/fd/%d/.", root->fd);
	if (host && owner_give_below(task->engine, skeleton, "home") == -1)
		return err_sys(err, "the root of the job cannot be made its own");
	return 0;
}

int
rootfs_scratch(const char *mode)
{
	const struct mnt_option options[] = { { "mode", mode }, { NULL, NULL } };

	return mnt_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static int
mount_scratch(struct root *root, const char *name, int ahead, const char *mode, struct err *err)
{
	int AUTO_CLOSE target = target_replace(root, "/", name, true);
	int AUTO_CLOSE mnt = ahead != -1 ? ahead : rootfs_scratch(mode);

	if (target == -1 || mnt == -1 || mnt_attach(mnt, target, "") == -1 ||
	    root_own(root, mnt) == -1)
		return err_sys(err, "the job's /%s cannot be made", name);
	return 0;
}

static int
fill(struct task *task, struct root *root, const int clones[JOB_MOUNTS_MAX], struct err *err)
{
	struct kernfs kernfs = { .host_network = task->job->network == JOB_NETWORK_HOST,
		.cpus = task->engine->host.cpus };
	int AUTO_CLOSE dev = dev_mount(root, task, err);

	if (dev == -1)
		return -1;
	kernfs.dev = dev;
	task->proc = kernfs_mount(root, &kernfs, &task->stage, err);
	if (task->proc == -1 || mount_scratch(root, "tmp", task->stage.tmp, "1777", err) == -1 ||
	    mount_scratch(root, "run", task->stage.run, "755", err) == -1)
		return -1;
	if (task->job->image == JOB_IMAGE_HOST && binds_host(root, &task->engine->host, err) == -1)
		return -1;
	if (task->job->network == JOB_NETWORK_HOST)
		binds_network(root);
	return binds_job(root, task, clones, err) == -1 ? -1 : secrets_mount(root, task->job, err);
}

/* What is named on the host is opened as the user, before; what is made here is the job's. */
static int
populate(struct task *task, struct root *root, const int clones[JOB_MOUNTS_MAX], struct err *err)
{
	int ret;

	if (owner_job(task->engine) == -1)
		return err_sys(err, "the root of the job cannot be made its own");
	ret = fill(task, root, clones, err);
	if (owner_user(task->engine) == 0 || ret == -1)
		return ret;
	return err_sys(err, "the supervisor cannot act as its user");
}

/* The new root is put over the old one, which is then taken away from beneath: pivot_root(2). */
static int
enter(const struct root *root, bool readonly, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (readonly && mount_setattr(root->fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == -1)
		return err_sys(err, "the root of the job cannot be made read-only");
	if (fchdir(root->fd) == -1 || syscall(SYS_pivot_root, ".", ".") == -1 ||
	    umount2(".", MNT_DETACH) == -1 || chdir("/") == -1)
		return err_sys(err, "the root of the job cannot be entered");
	return 0;
}

/* Does the job see directories or files of the host's that the client has named? */
static bool
has_binds(const struct job *job)
{
	for (size_t i = 0; i < job->nmounts; i++)
		if (job->mounts[i].type == JOB_MOUNT_BIND)
			return true;
	return false;
}

/* What the image shows is found out before anything is hidden: the image can be in there itself. */
static int
hide(const struct task *task, struct hide_image *in, struct err *err)
{
	const struct job *job = task->job;
	struct hide_wanted wanted = {
		.engine = task->engine, .image = -1, .covers = has_binds(job)
	};
	int AUTO_CLOSE image = -1;

	if (job->image != JOB_IMAGE_HOST) {
		image = bind_source(job->image_path, job->image_fd, err);
		if (image == -1)
			return -1;
	}
	wanted.image = image;
	return hide_jobs(&wanted, in, err);
}

/*
 * The directories that the client names, without what this user's jobs have on disk: a job that is shown
 * the state root, only to be read even, must not reach the sockets of other jobs.
 */
static int
clone_binds(
    const struct task *task, int clones[JOB_MOUNTS_MAX], struct hide_image *in, struct err *err)
{
	if (task->job->image == JOB_IMAGE_HOST && !has_binds(task->job))
		return 0;
	/* they stay hidden: the covers go with the old root */
	return hide(task, in, err) == -1 ? -1 : binds_clone(task, clones, err);
}

/*
 * The job's directory as a mount of this namespace, before it is hidden and the root is mounted over it. What
 * it was opened as came from another namespace, and nothing can be mounted from that, or there.
 */
static int
open_own(struct task *task, struct err *err)
{
	char dir[sizeof(STATE_JOBS) + 1 + JOB_ID_LEN];

	snprintf(dir, sizeof(dir), STATE_JOBS "/%s", task->id);
	task->own = beneath_open(AT_FDCWD, dir, O_DIRECTORY);
	return task->own != -1 ? 0 : err_sys(err, "the job's directory cannot be used");
}

static int
use_again(const struct task *task, struct err *err)
{
	return overlay_again(task->dir) == 0
		   ? 0
		   : err_sys(err, "the root of job %s cannot be used again", task->id);
}

int
rootfs_look(struct task *task, struct err *err)
{
	struct root root = { .fd = -1 };
	int ret = -1;

	task->own = -1;
	if (use_again(task, err) == 0 && open_own(task, err) == 0 &&
	    mount_root(task, &root, err) == 0 &&
	    (task->job->image != JOB_IMAGE_HOST ||
		binds_host(&root, &task->engine->host, err) == 0)) {
		ret = root.fd;
		root.fd = -1;
	}
	io_close(&task->own);
	io_close(&root.fd);
	return ret;
}

int
rootfs_enter(struct task *task, struct err *err)
{
	static struct hide_image in;
	struct root root = { .fd = -1 };
	int clones[JOB_MOUNTS_MAX];
	int ret = -1;

	for (size_t i = 0; i < JOB_MOUNTS_MAX; i++)
		clones[i] = -1;
	task->own = -1;
	if ((!task->again || use_again(task, err) == 0) && open_own(task, err) == 0 &&
	    clone_binds(task, clones, &in, err) == 0 && mount_root(task, &root, err) == 0 &&
	    hide_image(&in, root.fd, err) == 0 && populate(task, &root, clones, err) == 0)
		ret = enter(&root, task->job->read_only, err);
	io_close(&task->own);
	task->own = -1;
	binds_close(task->job, clones);
	io_close(&root.fd);
	return ret;
}
