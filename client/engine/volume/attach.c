/* SPDX-License-Identifier: ISC */
/*
 * A volume for a job that starts: see attach.h.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; the state root; an image's files
 * MUST: as in attach.h
 */
#include "client/engine/volume/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "client/engine/job/mnt.h"
#include "client/engine/job/record.h"
#include "client/engine/job/remove.h"
#include "client/engine/owner.h"
#include "client/engine/volume/fill.h"
#include "client/engine/volume/volume.h"
#include "common/io.h"

#define OWN "v" /* in a job's directory: those without a name, by their numbers */
#define TRIES 100 /* who removes it has it for a moment, or it is gone then */
#define PAUSE_NS 20000000L

/* What is being attached. */
struct order {
	const struct job_mount *mount;
	int root;
	int target;
	int conn; /* of who waits for the job */
};

static int
cannot_use(const struct job_mount *mount, struct err *err)
{
	const char *name = mount->source != NULL ? mount->source : mount->target;
	int errnum = errno;

	err_sys(err, "volume %s cannot be used", name);
	if (errnum == ELOOP || errnum == ENOTDIR || errnum == EXDEV)
		err_why(err, "its directory in the state directory was changed: it is a link, a "
			     "file or a mount");
	return -1;
}

static int
cannot_fill(const struct job_mount *mount, struct err *err)
{
	int errnum = errno;

	err_sys(err, "what the image has at %s cannot be copied into the volume", mount->target);
	if (errnum == ECANCELED)
		return err_why(err, "who asked for the job has gone");
	if (errnum == ELOOP)
		err_why(err, "its directories are deeper than %d", FILL_DEPTH_MAX);
	return err_todo(err, "an empty one:  -v ...:nocopy");
}

/* Only of the image itself: what is mounted there, the host's /usr of the image host as well, is not. */
static int
fill(const struct order *order, int data, struct err *err)
{
	uint64_t top;
	uint64_t here;

	if (order->mount->nocopy || mnt_id(order->root, &top) == -1 ||
	    mnt_id(order->target, &here) == -1 || top != here)
		return 0;
	return fill_tree(order->target, data, order->conn) == 0 ? 0
								: cannot_fill(order->mount, err);
}

/* A new directory of the job's root, filled. 0, or -1 with err. */
static int
make_filled(const struct order *order, int dir, const char *name, struct err *err)
{
	int AUTO_CLOSE data = -1;

	if (remove_tree(dir, name) == -1 || mkdirat(dir, name, 0700) == -1)
		return cannot_use(order->mount, err);
	data = beneath_open(dir, name, O_DIRECTORY);
	if (data == -1 || fchown(data, 0, 0) == -1 || fchmod(data, 0755) == -1)
		return cannot_use(order->mount, err);
	return fill(order, data, err);
}

/* --- with a name -------------------------------------------------------------------------------------- */

/* Makes it and has its lock in *dir. 0; 1: somebody was faster; -1 with err. */
static int
make_named(const struct order *order, int volumes, int *dir, struct err *err)
{
	struct volume volume = { .created = record_now(), .labels = order->mount->labels };
	char temp[VOLUME_TEMP_SIZE];
	int AUTO_CLOSE new = volume_begin(volumes, temp);
	int AUTO_CLOSE data = -1;
	int ret = -1;

	if (new == -1)
		return cannot_use(order->mount, err);
	snprintf(volume.name, sizeof(volume.name), "%s", order->mount->source);
	data = volume_data(new);
	if (data == -1)
		cannot_use(order->mount, err);
	else if (fill(order, data, err) == 0) {
		ret = volume_finish(volumes, temp, new, &volume);
		if (ret == -1 && errno == EEXIST)
			ret = 1;
		else if (ret == -1)
			cannot_use(order->mount, err);
	}
	if (ret != 0) {
		volume_abandon(volumes, temp, new);
		return ret;
	}
	*dir = new;
	new = -1;
	return 0;
}

/*
 * Its directory with a shared lock, or an exclusive one while it is unused; -1 with errno: EAGAIN: look again;
 * EBUSY: also, but its first job is filling it, which can take long.
 */
static int
take_named(int volumes, const char *name)
{
	int AUTO_CLOSE dir = volume_open(volumes, name);
	int taken = dir;
	bool unused;

	if (dir == -1)
		return -1;
	unused = volume_is_unused(dir);
	if (!volume_lock(volumes, name, dir, unused ? LOCK_EX : LOCK_SH)) {
		errno = unused ? EBUSY : EAGAIN;
		return -1;
	}
	dir = -1;
	return taken;
}

static bool
has_label(const struct volume *volume, const char *label)
{
	for (size_t i = 0; i < volume->labels.n; i++)
		if (strcmp(volume->labels.v[i], label) == 0)
			return true;
	return false;
}

/* A job file is somebody else's: what is in volumes that others made is not for it. */
static int
check_match(const struct job_mount *mount, int dir, struct err *err)
{
	struct volume volume;
	bool has = true;

	if (!mount->match)
		return 0;
	volume_read(dir, mount->source, &volume);
	for (size_t i = 0; i < mount->labels.n && has; i++)
		has = has_label(&volume, mount->labels.v[i]);
	volume_free(&volume);
	if (has)
		return 0;
	err_set(err, ERR_FAILED, "volume %s cannot be used for %s", mount->source, mount->target);
	err_why(err, "it is there already, and was not made by this job file");
	return err_todo(
	    err, "if it is meant, give it:  --param MOUNT=%s  (of [mount MOUNT])", mount->source);
}

/*
 * What was made without a job gets what the image has, as a whole, unless its user has put something there;
 * with an exclusive lock. 0, or -1 with err.
 */
static int
fill_unused(const struct order *order, int dir, struct err *err)
{
	const char *temp = "." VOLUME_DATA;

	if (check_match(order->mount, dir, err) == -1)
		return -1;
	if (make_filled(order, dir, temp, err) == -1) {
		(void)!remove_tree(dir, temp);
		return -1;
	}
	/* in the place of an empty one */
	if (renameat(dir, temp, dir, VOLUME_DATA) == -1) {
		if (errno != ENOTEMPTY && errno != EEXIST)
			return cannot_use(order->mount, err);
		(void)!remove_tree(dir, temp);
	}
	return volume_is_used_now(dir) == 0 ? 0 : cannot_use(order->mount, err);
}

/* The volume with a shared lock, its descriptor; or -1 with err. */
static int
find_named(const struct order *order, int volumes, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const char *name = order->mount->source;
	int dir = -1;

	for (int tries = 0; tries < TRIES; tries++) {
		int ret = 0;

		dir = take_named(volumes, name);
		if (dir != -1) {
			ret = volume_is_unused(dir) ? fill_unused(order, dir, err) : 0;
		} else if (errno == ENOENT) {
			ret = make_named(order, volumes, &dir, err);
		} else if (errno == EAGAIN) {
			nanosleep(&pause, NULL);
		} else if (errno == EBUSY) {
			if (fill_is_wanted(order->conn) == -1)
				return cannot_fill(order->mount, err);
			nanosleep(&pause, NULL);
			tries = 0;
		} else {
			return cannot_use(order->mount, err);
		}
		/* the lock is let go on the way to a shared one: it can be gone then */
		if (ret == 0 && dir != -1 && volume_lock(volumes, name, dir, LOCK_SH))
			return dir;
		io_close(&dir);
		if (ret == -1)
			return -1;
	}
	err_set(err, ERR_FAILED, "volume %s cannot be used", name);
	err_why(err, "somebody has a lock on it");
	return err_todo(err, "try again");
}

/* --- without ------------------------------------------------------------------------------------------ */

/* Under another name until it is filled: a job that is started again would take it as it is. */
static int
make_own(const struct order *order, int own, const char *name, struct err *err)
{
	char temp[24];

	snprintf(temp, sizeof(temp), ".%s", name);
	if (make_filled(order, own, temp, err) == -1)
		return -1;
	if (renameat2(own, temp, own, name, RENAME_NOREPLACE) == -1)
		return cannot_use(order->mount, err);
	return 0;
}

static int
attach_own(const struct order *order, int dir, size_t index, struct err *err)
{
	char name[20];
	int AUTO_CLOSE own = -1;
	int data;

	if (mkdirat(dir, OWN, 0700) == -1 && errno != EEXIST)
		return cannot_use(order->mount, err);
	own = beneath_open(dir, OWN, O_DIRECTORY);
	if (own == -1)
		return cannot_use(order->mount, err);
	snprintf(name, sizeof(name), "%zu", index);
	data = beneath_open(own, name, O_DIRECTORY);
	if (data == -1 && errno == ENOENT) {
		if (make_own(order, own, name, err) == -1)
			return -1;
		data = beneath_open(own, name, O_DIRECTORY);
	}
	return data == -1 ? cannot_use(order->mount, err) : data;
}

/* The directory, or -1 with err. */
static int
attach(struct task *task, const struct order *order, size_t index, struct err *err)
{
	int AUTO_CLOSE volumes = -1;
	int dir, data;

	if (order->mount->source == NULL)
		return attach_own(order, task->own, index, err);
	volumes = volumes_open(true);
	if (volumes == -1)
		return cannot_use(order->mount, err);
	dir = find_named(order, volumes, err);
	if (dir == -1)
		return -1;
	task->volumes[task->nvolumes++] = dir;
	if (check_match(order->mount, dir, err) == -1)
		return -1;
	data = volume_data(dir);
	return data == -1 ? cannot_use(order->mount, err) : data;
}

int
volume_attach(struct task *task, size_t index, int root, int target, struct err *err)
{
	const struct order order = { .mount = &task->job->mounts[index],
		.root = root,
		.target = target,
		.conn = task->conn };
	int AUTO_CLOSE data = -1;
	int attached;

	/* the root of the job is made as the job's; what is in the state root is its user's */
	if (owner_user(task->engine) == -1)
		return cannot_use(order.mount, err);
	data = attach(task, &order, index, err);
	attached = data;
	if (owner_job(task->engine) == -1)
		return cannot_use(order.mount, err);
	data = -1;
	return attached;
}
